//! `values.global` of the Istio 1.4 charts: every key, with the default that 1.4 has. Owns keys and defaults; must not
//! know which component reads them.

use std::collections::BTreeMap;

use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::component::PullPolicy;
use crate::scalar::{Resources, Text, TextMap};
use crate::settings::Object;

mod mesh;
mod proxy;

pub use mesh::{
    DatadogTracer, LightstepTracer, MeshExpansion, Mtls, MultiCluster, OutboundMode,
    OutboundTrafficPolicy, Sds, SdsToken, Tracers, ZipkinTracer,
};
pub use proxy::{
    AutoInject, EnvoyEndpoint, LogEncoding, MetricsService, MetricsTls, Proxy, ProxyInit,
    TcpKeepalive, TlsMode, Tracer,
};

/// What all charts share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Global {
    /// Registry and folder of all Istio images.
    pub hub: String,
    /// Tag of all Istio images.
    pub tag: Text,
    /// When images of the control plane are pulled.
    pub image_pull_policy: PullPolicy,
    /// Names of secrets for pulling images; each service account gets them.
    pub image_pull_secrets: Vec<String>,

    /// Namespace of pilot. This and the next ones are where the component is installed, if empty.
    pub istio_namespace: String,
    /// Namespace of galley.
    pub config_namespace: String,
    /// Namespace of telemetry and tracing.
    pub telemetry_namespace: String,
    /// Namespace of policy.
    pub policy_namespace: String,
    /// Namespace of prometheus.
    pub prometheus_namespace: String,
    /// Namespace of citadel.
    pub security_namespace: String,
    /// Namespace whose configuration is for the whole mesh; read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_root_namespace: Option<String>,

    /// What the control plane logs.
    pub logging: Logging,
    /// Whether the control plane logs in JSON.
    pub log_as_json: bool,
    /// Port of a component's own metrics; read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring_port: Option<u16>,

    /// Kubernetes Ingress through the ingress gateway.
    pub k8s_ingress: K8sIngress,
    /// The proxy next to each workload, and the one of control plane pods.
    pub proxy: Proxy,
    /// The container that sets traffic redirection up when there is no CNI plug-in.
    #[serde(rename = "proxy_init")]
    pub proxy_init: ProxyInit,

    /// Whether traffic between proxies and control plane is encrypted and authenticated.
    pub control_plane_security_enabled: bool,
    /// Whether proxies skip asking the policy service.
    pub disable_policy_checks: bool,
    /// Whether traffic passes when the policy service does not answer.
    pub policy_check_fail_open: bool,
    /// Whether requests are traced.
    pub enable_tracing: bool,
    /// Where traces go.
    pub tracer: Tracers,
    /// Encryption between workloads.
    pub mtls: Mtls,
    /// Certificates for control plane services that pilot has Kubernetes sign.
    pub certificates: Vec<Object>,
    /// Whether webhook configurations are left to an operator.
    pub operator_manage_webhooks: bool,

    /// Weight of each processor architecture: 0 never, 1 least, 2 no preference, 3 most.
    pub arch: Arch,
    /// Node labels that pods need when their component does not say any.
    pub default_node_selector: TextMap,
    /// Resources of containers that do not say any.
    pub default_resources: Resources,
    /// Disruption budgets of the control plane.
    pub default_pod_disruption_budget: Switch,
    /// Priority class of control plane pods.
    pub priority_class_name: String,

    /// Whether pilot looks only at its own namespace.
    pub one_namespace: bool,
    /// Whether galley checks Istio resources when they are written.
    pub config_validation: bool,
    /// Further DNS search domains of injected pods.
    #[serde(rename = "podDNSSearchNamespaces")]
    pub pod_dns_search_namespaces: Vec<String>,
    /// Control plane for machines outside of the cluster.
    pub mesh_expansion: MeshExpansion,
    /// A mesh of several clusters.
    pub multi_cluster: MultiCluster,
    /// Whether the injector's ConfigMap is left out.
    pub omit_sidecar_injector_config_map: bool,
    /// Network that this cluster is in.
    pub network: String,
    /// Networks of the mesh and their gateways.
    pub mesh_networks: Object,
    /// Whether configuration comes from galley.
    #[serde(rename = "useMCP")]
    pub use_mcp: bool,
    /// Trust domain of all identities.
    pub trust_domain: String,
    /// Other trust domains that are treated as this one.
    pub trust_domain_aliases: Vec<String>,
    /// Name of the mesh.
    #[serde(rename = "meshID")]
    pub mesh_id: String,
    /// Traffic to places that the mesh does not know.
    pub outbound_traffic_policy: OutboundTrafficPolicy,
    /// To which namespaces resources are visible when they do not say.
    pub default_config_visibility_settings: Vec<String>,
    /// Certificates through the secret discovery service.
    pub sds: Sds,
    /// Load balancing by place.
    pub locality_lb_setting: Object,
    /// Whether the charts' own tests are rendered; there are none here.
    pub enable_helm_test: bool,

    /// Whether this cluster uses the control plane of another one.
    pub istio_remote: bool,
    /// Whether Services and Endpoints for the other cluster's control plane are made.
    pub create_remote_svc_endpoints: bool,
    /// The same for pilot alone.
    pub remote_pilot_create_svc_endpoint: bool,
    /// Address of the other cluster's policy service.
    pub remote_policy_address: String,
    /// Address of the other cluster's pilot.
    pub remote_pilot_address: String,
    /// Address of the other cluster's telemetry service.
    pub remote_telemetry_address: String,
}

impl Default for Global {
    fn default() -> Self {
        Self {
            hub: "docker.io/istio".to_owned(),
            tag: "1.4.2".into(),
            image_pull_policy: PullPolicy::IfNotPresent,
            image_pull_secrets: Vec::new(),
            istio_namespace: String::new(),
            config_namespace: String::new(),
            telemetry_namespace: String::new(),
            policy_namespace: String::new(),
            prometheus_namespace: String::new(),
            security_namespace: String::new(),
            config_root_namespace: None,
            logging: Logging::default(),
            log_as_json: false,
            monitoring_port: None,
            k8s_ingress: K8sIngress::default(),
            proxy: Proxy::default(),
            proxy_init: ProxyInit::default(),
            control_plane_security_enabled: true,
            disable_policy_checks: true,
            policy_check_fail_open: false,
            enable_tracing: true,
            tracer: Tracers::default(),
            mtls: Mtls::default(),
            certificates: Vec::new(),
            operator_manage_webhooks: false,
            arch: Arch::default(),
            default_node_selector: TextMap::new(),
            default_resources: Resources::requests(&[("cpu", "10m")]),
            default_pod_disruption_budget: Switch { enabled: true },
            priority_class_name: String::new(),
            one_namespace: false,
            config_validation: true,
            pod_dns_search_namespaces: Vec::new(),
            mesh_expansion: MeshExpansion::default(),
            multi_cluster: MultiCluster::default(),
            omit_sidecar_injector_config_map: false,
            network: String::new(),
            mesh_networks: Object::new(),
            use_mcp: true,
            trust_domain: "cluster.local".to_owned(),
            trust_domain_aliases: Vec::new(),
            mesh_id: String::new(),
            outbound_traffic_policy: OutboundTrafficPolicy::default(),
            default_config_visibility_settings: Vec::new(),
            sds: Sds::default(),
            locality_lb_setting: Object::from_iter([("enabled".to_owned(), true.into())]),
            enable_helm_test: false,
            istio_remote: false,
            create_remote_svc_endpoints: false,
            remote_pilot_create_svc_endpoint: false,
            remote_policy_address: String::new(),
            remote_pilot_address: String::new(),
            remote_telemetry_address: String::new(),
        }
    }
}

impl Global {
    /// Gives the namespaces that nobody said: those of a control plane that is all in one namespace.
    pub fn fill_namespaces(&mut self, namespace: &str) {
        for field in [
            &mut self.istio_namespace,
            &mut self.config_namespace,
            &mut self.telemetry_namespace,
            &mut self.policy_namespace,
            &mut self.prometheus_namespace,
            &mut self.security_namespace,
        ] {
            if field.is_empty() {
                namespace.clone_into(field);
            }
        }
    }
}

/// Something that is on or off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Switch {
    /// Whether it is on.
    pub enabled: bool,
}

/// Logging of the control plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Logging {
    /// Least level by scope, `SCOPE:LEVEL,…`.
    pub level: String,
}

impl Default for Logging {
    fn default() -> Self {
        Self {
            level: "default:info".to_owned(),
        }
    }
}

/// Kubernetes Ingress resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct K8sIngress {
    /// Whether a Gateway for them is made.
    pub enabled: bool,
    /// The gateway that serves them, by its `istio` label.
    pub gateway_name: String,
    /// Whether port 443 is served as well; needs the certificates to be there.
    pub enable_https: bool,
}

impl Default for K8sIngress {
    fn default() -> Self {
        Self {
            enabled: false,
            gateway_name: "ingressgateway".to_owned(),
            enable_https: false,
        }
    }
}

/// Weights of processor architectures, 0 to 3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Arch {
    /// x86, 64 bit.
    #[schemars(range(max = 3))]
    pub amd64: u8,
    /// POWER, 64 bit little endian.
    #[schemars(range(max = 3))]
    pub ppc64le: u8,
    /// IBM Z.
    #[schemars(range(max = 3))]
    pub s390x: u8,
}

impl Arch {
    /// Names and weights, by name.
    #[must_use]
    pub fn weights(&self) -> BTreeMap<&'static str, u8> {
        BTreeMap::from([
            ("amd64", self.amd64),
            ("ppc64le", self.ppc64le),
            ("s390x", self.s390x),
        ])
    }
}

impl Default for Arch {
    fn default() -> Self {
        Self {
            amd64: 2,
            ppc64le: 2,
            s390x: 2,
        }
    }
}
