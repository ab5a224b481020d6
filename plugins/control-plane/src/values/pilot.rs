//! `values.pilot`.

use std::collections::BTreeMap;

use meshhost_istio::pod::AntiAffinityRule;
use meshhost_istio::{CountOrPercent, Duration, Object, Resources, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use meshhost_piece::serde_json::Value;
use serde::{Deserialize, Serialize};

use super::CpuTarget;

/// Pilot and the mesh configuration. The whole tree is also handed to pilot, in the ConfigMap `istio`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Pilot {
    /// Whether it is installed; follows the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    /// Where it is installed; follows the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    /// Image: a name below `global.hub`, or a whole reference if it has a `/`.
    pub(crate) image: String,
    /// Whether the number of pods follows the load.
    pub(crate) autoscale_enabled: bool,
    /// Fewest pods; 0 makes no autoscaler.
    pub(crate) autoscale_min: u32,
    /// Most pods; 0 makes no autoscaler.
    pub(crate) autoscale_max: u32,
    /// Pods without autoscaling.
    pub(crate) replica_count: u32,
    /// Pods beyond the wanted number while a new version comes in.
    pub(crate) rolling_max_surge: CountOrPercent,
    /// Pods that may be away while a new version comes in.
    pub(crate) rolling_max_unavailable: CountOrPercent,
    /// Percentage of requests that are traced.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub(crate) trace_sampling: f64,
    /// Resources of the main container.
    pub(crate) resources: Resources,
    /// Namespace for configuration of the whole mesh.
    pub(crate) config_namespace: String,
    /// Namespaces that pilot looks at; all if empty.
    pub(crate) app_namespaces: Vec<String>,
    /// Further environment of the main container.
    pub(crate) env: TextMap,
    /// When the autoscaler adds pods.
    pub(crate) cpu: CpuTarget,
    /// Whether the protocol of outbound traffic is found out by looking at it.
    pub(crate) enable_protocol_sniffing_for_outbound: bool,
    /// Whether the protocol of inbound traffic is found out by looking at it.
    pub(crate) enable_protocol_sniffing_for_inbound: bool,
    /// Node labels that the pods need.
    pub(crate) node_selector: TextMap,
    /// Taints that the pods put up with.
    pub(crate) tolerations: Vec<Object>,
    /// Further annotations of the pods.
    pub(crate) pod_annotations: TextMap,
    /// Plug-ins of pilot, by name.
    pub(crate) plugins: Vec<String>,
    /// Pods that must not share a node with these.
    pub(crate) pod_anti_affinity_label_selector: Vec<AntiAffinityRule>,
    /// Pods that should not share a node with these.
    pub(crate) pod_anti_affinity_term_label_selector: Vec<AntiAffinityRule>,
    /// How long a proxy stays connected to one pilot.
    pub(crate) keepalive_max_server_connection_age: Duration,
    /// Further labels of the Deployment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) deployment_labels: TextMap,
    /// Networks of the mesh, handed to pilot.
    pub(crate) mesh_networks: Object,
    /// Whether the mesh configuration is installed.
    pub(crate) config_map: bool,
    /// Kubernetes Ingress resources.
    pub(crate) ingress: Ingress,
    /// Asking the policy service.
    pub(crate) policy: Policy,
    /// Whether configuration comes from galley.
    #[serde(rename = "useMCP")]
    pub(crate) use_mcp: bool,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sidecar: Option<bool>,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) config_source: Option<ConfigSource>,
}

impl Default for Pilot {
    fn default() -> Self {
        Self {
            enabled: None,
            namespace: None,
            image: "pilot".to_owned(),
            autoscale_enabled: true,
            autoscale_min: 1,
            autoscale_max: 5,
            replica_count: 1,
            rolling_max_surge: "100%".into(),
            rolling_max_unavailable: "25%".into(),
            trace_sampling: 1.0,
            resources: Resources::requests(&[("cpu", "500m"), ("memory", "2048Mi")]),
            config_namespace: "istio-config".to_owned(),
            app_namespaces: Vec::new(),
            env: TextMap::new(),
            cpu: CpuTarget::default(),
            enable_protocol_sniffing_for_outbound: true,
            enable_protocol_sniffing_for_inbound: false,
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_annotations: TextMap::new(),
            plugins: Vec::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
            keepalive_max_server_connection_age: "30m".into(),
            deployment_labels: TextMap::new(),
            mesh_networks: Object::from_iter([(
                "networks".to_owned(),
                Value::Object(Object::new()),
            )]),
            config_map: true,
            ingress: Ingress::default(),
            policy: Policy::default(),
            use_mcp: true,
            sidecar: None,
            config_source: None,
        }
    }
}

/// Kubernetes Ingress resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Ingress {
    /// Service that serves them; nothing about ingress is configured if empty.
    pub(crate) ingress_service: String,
    /// Which of them are served.
    pub(crate) ingress_controller_mode: IngressMode,
    /// Their `kubernetes.io/ingress.class`.
    pub(crate) ingress_class: String,
}

impl Default for Ingress {
    fn default() -> Self {
        Self {
            ingress_service: "istio-ingressgateway".to_owned(),
            ingress_controller_mode: IngressMode::Off,
            ingress_class: "istio".to_owned(),
        }
    }
}

/// Which Ingress resources are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum IngressMode {
    /// Those with the class, and those without any.
    Default,
    /// Those with the class.
    Strict,
    /// None.
    Off,
}

/// Asking the policy service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Policy {
    /// Whether proxies ask it.
    pub(crate) enabled: bool,
}

/// Where pilot takes configuration from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ConfigSource {
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subscribed_resources: Option<String>,
}
