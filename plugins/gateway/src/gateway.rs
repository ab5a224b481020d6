//! One gateway to install: what ingress and egress have in common, seen through one shape. Owns the differences in
//! names; must not know how objects are written.

use meshhost_istio::pod::{AntiAffinityRule, Scheduling};
use meshhost_istio::scalar::CountOrPercent;
use meshhost_istio::{Global, Object, Resources, TextMap};
use meshhost_piece::{Value, json};

use crate::values::{ConfigVolume, Cpu, GatewaySds, Port, SecretVolume, Values};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    /// Name of Deployment, Service and autoscaler; also the value of the label `app`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ingress => "istio-ingressgateway",
            Self::Egress => "istio-egressgateway",
        }
    }

    /// Path of its values.
    pub(crate) fn root(self) -> String {
        format!("values.gateways.{}", self.name())
    }

    /// Value of the label `istio`, by which Gateways choose the proxy.
    pub(crate) fn role(self) -> &'static str {
        match self {
            Self::Ingress => "ingressgateway",
            Self::Egress => "egressgateway",
        }
    }

    /// Labels by which the pods are chosen.
    pub(crate) fn labels(self) -> Value {
        json!({ "app": self.name(), "istio": self.role() })
    }

    /// Name of the disruption budget.
    pub(crate) fn budget(self) -> &'static str {
        match self {
            Self::Ingress => "ingressgateway",
            Self::Egress => "istio-egressgateway",
        }
    }

    /// Name of the service account.
    pub(crate) fn account(self) -> String {
        format!("{}-service-account", self.name())
    }

    /// Secret with the proxy's own certificate, that citadel writes for the service account.
    pub(crate) fn certificate(self) -> &'static str {
        match self {
            Self::Ingress => "istio.istio-ingressgateway-service-account",
            Self::Egress => "istio.default",
        }
    }
}

/// A gateway's values, borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gateway<'a> {
    pub(crate) direction: Direction,
    pub(crate) namespace: &'a str,
    pub(crate) global: &'a Global,
    pub(crate) ports: &'a [Port],
    /// Of the container, beyond `ports`.
    pub(crate) further_ports: &'a [Port],
    pub(crate) service_annotations: &'a TextMap,
    pub(crate) autoscale_enabled: bool,
    pub(crate) autoscale_min: u32,
    pub(crate) autoscale_max: u32,
    pub(crate) cpu: &'a Cpu,
    pub(crate) replica_count: Option<u32>,
    pub(crate) rolling_max_surge: &'a CountOrPercent,
    pub(crate) rolling_max_unavailable: &'a CountOrPercent,
    pub(crate) resources: &'a Resources,
    pub(crate) env: &'a TextMap,
    pub(crate) application_ports: &'a str,
    pub(crate) pod_annotations: &'a TextMap,
    pub(crate) scheduling: Scheduling<'a>,
    pub(crate) tolerations: &'a [Object],
    pub(crate) secret_volumes: &'a [SecretVolume],
    pub(crate) config_volumes: &'a [ConfigVolume],
    pub(crate) additional_containers: &'a [Object],
    pub(crate) sds: &'a GatewaySds,
}

impl<'a> Gateway<'a> {
    pub(crate) fn ingress(values: &'a Values, namespace: &'a str) -> Self {
        let own = &values.gateways.ingress;
        Self {
            direction: Direction::Ingress,
            namespace,
            global: &values.global,
            ports: &own.ports,
            further_ports: &own.mesh_expansion_ports,
            service_annotations: &own.service_annotations,
            autoscale_enabled: own.autoscale_enabled,
            autoscale_min: own.autoscale_min,
            autoscale_max: own.autoscale_max,
            cpu: &own.cpu,
            replica_count: own.replica_count,
            rolling_max_surge: &own.rolling_max_surge,
            rolling_max_unavailable: &own.rolling_max_unavailable,
            resources: &own.resources,
            env: &own.env,
            application_ports: own.application_ports.as_str(),
            pod_annotations: &own.pod_annotations,
            scheduling: scheduling(
                &own.node_selector,
                &own.pod_anti_affinity_label_selector,
                &own.pod_anti_affinity_term_label_selector,
            ),
            tolerations: &own.tolerations,
            secret_volumes: &own.secret_volumes,
            config_volumes: &own.config_volumes,
            additional_containers: &own.additional_containers,
            sds: &own.sds,
        }
    }

    pub(crate) fn egress(values: &'a Values, namespace: &'a str) -> Self {
        let own = &values.gateways.egress;
        Self {
            direction: Direction::Egress,
            namespace,
            global: &values.global,
            ports: &own.ports,
            further_ports: &[],
            service_annotations: &own.service_annotations,
            autoscale_enabled: own.autoscale_enabled,
            autoscale_min: own.autoscale_min,
            autoscale_max: own.autoscale_max,
            cpu: &own.cpu,
            replica_count: own.replica_count,
            rolling_max_surge: &own.rolling_max_surge,
            rolling_max_unavailable: &own.rolling_max_unavailable,
            resources: &own.resources,
            env: &own.env,
            application_ports: "",
            pod_annotations: &own.pod_annotations,
            scheduling: scheduling(
                &own.node_selector,
                &own.pod_anti_affinity_label_selector,
                &own.pod_anti_affinity_term_label_selector,
            ),
            tolerations: &own.tolerations,
            secret_volumes: &own.secret_volumes,
            config_volumes: &own.config_volumes,
            additional_containers: &own.additional_containers,
            sds: &own.sds,
        }
    }

    /// Whether an agent runs next to the proxy: the ingress gateway alone has one.
    pub(crate) fn has_agent(&self) -> bool {
        self.sds.enabled && self.direction == Direction::Ingress
    }
}

fn scheduling<'a>(
    node_selector: &'a TextMap,
    required: &'a [AntiAffinityRule],
    preferred: &'a [AntiAffinityRule],
) -> Scheduling<'a> {
    Scheduling {
        node_selector,
        required,
        preferred,
    }
}
