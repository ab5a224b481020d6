//! `values.security` (citadel) and `values.nodeagent`.

use meshhost_istio::pod::AntiAffinityRule;
use meshhost_istio::scalar::text_map;
use meshhost_istio::{CountOrPercent, Duration, Object, Resources, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

/// Citadel: the authority that makes certificates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Security {
    /// Whether it is installed; follows the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    /// Where it is installed; follows the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    /// Image: a name below `global.hub`.
    pub(crate) image: String,
    /// Number of pods.
    pub(crate) replica_count: u32,
    /// Pods beyond the wanted number while a new version comes in.
    pub(crate) rolling_max_surge: CountOrPercent,
    /// Pods that may be away while a new version comes in.
    pub(crate) rolling_max_unavailable: CountOrPercent,
    /// Whether citadel makes its own root; else it comes from the secret `cacerts`.
    pub(crate) self_signed: bool,
    /// How long certificates of workloads are good.
    pub(crate) workload_cert_ttl: Duration,
    /// Further environment of the main container.
    pub(crate) env: TextMap,
    /// Whether namespaces without a label get certificates.
    pub(crate) enable_namespaces_by_default: bool,
    /// Further DNS names in certificates: `ACCOUNT.NAMESPACE: NAME`.
    pub(crate) dns_certs: TextMap,
    /// Node labels that the pods need.
    pub(crate) node_selector: TextMap,
    /// Taints that the pods put up with.
    pub(crate) tolerations: Vec<Object>,
    /// Further annotations of the pods.
    pub(crate) pod_annotations: TextMap,
    /// Pods that must not share a node with these.
    pub(crate) pod_anti_affinity_label_selector: Vec<AntiAffinityRule>,
    /// Pods that should not share a node with these.
    pub(crate) pod_anti_affinity_term_label_selector: Vec<AntiAffinityRule>,
    /// Resources of the main container; `global.defaultResources` if empty.
    pub(crate) resources: Resources,
    /// Read by no chart of 1.4, which use `global.trustDomain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trust_domain: Option<String>,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) create_mesh_policy: Option<bool>,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) citadel_health_check: Option<bool>,
}

impl Default for Security {
    fn default() -> Self {
        Self {
            enabled: None,
            namespace: None,
            image: "citadel".to_owned(),
            replica_count: 1,
            rolling_max_surge: "100%".into(),
            rolling_max_unavailable: "25%".into(),
            self_signed: true,
            workload_cert_ttl: "2160h".into(),
            env: TextMap::new(),
            enable_namespaces_by_default: true,
            dns_certs: text_map(&DNS_CERTS),
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_annotations: TextMap::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
            resources: Resources::default(),
            trust_domain: None,
            create_mesh_policy: None,
            citadel_health_check: None,
        }
    }
}

/// Names for which citadel makes certificates, by service account and namespace.
const DNS_CERTS: [(&str, &str); 12] = [
    (
        "istio-galley-service-account.istio-config",
        "istio-galley.istio-config.svc",
    ),
    (
        "istio-galley-service-account.istio-control",
        "istio-galley.istio-control.svc",
    ),
    (
        "istio-galley-service-account.istio-control-master",
        "istio-galley.istio-control-master.svc",
    ),
    (
        "istio-galley-service-account.istio-master",
        "istio-galley.istio-master.svc",
    ),
    (
        "istio-galley-service-account.istio-pilot11",
        "istio-galley.istio-pilot11.svc",
    ),
    (
        "istio-pilot-service-account.istio-control",
        "istio-pilot.istio-control",
    ),
    (
        "istio-pilot-service-account.istio-pilot11",
        "istio-pilot.istio-system",
    ),
    (
        "istio-sidecar-injector-service-account.istio-control",
        "istio-sidecar-injector.istio-control.svc",
    ),
    (
        "istio-sidecar-injector-service-account.istio-control-master",
        "istio-sidecar-injector.istio-control-master.svc",
    ),
    (
        "istio-sidecar-injector-service-account.istio-master",
        "istio-sidecar-injector.istio-master.svc",
    ),
    (
        "istio-sidecar-injector-service-account.istio-pilot11",
        "istio-sidecar-injector.istio-pilot11.svc",
    ),
    (
        "istio-sidecar-injector-service-account.istio-remote",
        "istio-sidecar-injector.istio-remote.svc",
    ),
];

/// The node agent: hands certificates to the proxies of its node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct NodeAgent {
    /// Whether it is installed; follows the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    /// Where it is installed; follows the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    /// Image: a name below `global.hub`, or a whole reference if it has a `/`.
    pub(crate) image: String,
    /// Environment: `CA_PROVIDER`, `CA_ADDR`, `PLUGINS` and more.
    pub(crate) env: TextMap,
    /// Node labels that the pods need.
    pub(crate) node_selector: TextMap,
    /// Taints that the pods put up with.
    pub(crate) tolerations: Vec<Object>,
    /// Further annotations of the pods.
    pub(crate) pod_annotations: TextMap,
    /// Pods that must not share a node with these.
    pub(crate) pod_anti_affinity_label_selector: Vec<AntiAffinityRule>,
    /// Pods that should not share a node with these.
    pub(crate) pod_anti_affinity_term_label_selector: Vec<AntiAffinityRule>,
}

impl Default for NodeAgent {
    fn default() -> Self {
        Self {
            enabled: None,
            namespace: None,
            image: "node-agent-k8s".to_owned(),
            env: text_map(&[("CA_ADDR", ""), ("CA_PROVIDER", ""), ("PLUGINS", "")]),
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_annotations: TextMap::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
        }
    }
}
