//! `values.istiocoredns` and `values.certmanager`.

use meshhost_istio::pod::AntiAffinityRule;
use meshhost_istio::{CountOrPercent, Object, Resources, Text, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

/// CoreDNS for names of other clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct CoreDns {
    /// Whether it is installed; follows the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    /// Where it is installed; follows the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    /// Number of pods.
    pub(crate) replica_count: u32,
    /// Pods beyond the wanted number while a new version comes in.
    pub(crate) rolling_max_surge: CountOrPercent,
    /// Pods that may be away while a new version comes in.
    pub(crate) rolling_max_unavailable: CountOrPercent,
    /// Image of CoreDNS.
    #[serde(rename = "coreDNSImage")]
    pub(crate) core_dns_image: String,
    /// Its tag; decides how its configuration is written.
    #[serde(rename = "coreDNSTag")]
    pub(crate) core_dns_tag: Text,
    /// Image and tag of the plug-in.
    #[serde(rename = "coreDNSPluginImage")]
    pub(crate) core_dns_plugin_image: String,
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
}

impl Default for CoreDns {
    fn default() -> Self {
        Self {
            enabled: None,
            namespace: None,
            replica_count: 1,
            rolling_max_surge: "100%".into(),
            rolling_max_unavailable: "25%".into(),
            core_dns_image: "coredns/coredns".to_owned(),
            core_dns_tag: "1.6.2".into(),
            core_dns_plugin_image: "istio/coredns-plugin:0.2-istio-1.1".to_owned(),
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_annotations: TextMap::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
            resources: Resources::default(),
        }
    }
}

/// cert-manager, with issuers for Let's Encrypt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct CertManager {
    /// Whether it is installed; follows the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    /// Where it is installed; follows the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    /// Number of pods.
    pub(crate) replica_count: u32,
    /// Registry and folder of the image.
    pub(crate) hub: String,
    /// Name of the image.
    pub(crate) image: String,
    /// Its tag.
    pub(crate) tag: Text,
    /// Resources of the container.
    pub(crate) resources: Resources,
    /// Further labels of the pods.
    pub(crate) pod_labels: TextMap,
    /// Further arguments.
    pub(crate) extra_args: Vec<String>,
    /// DNS policy of the pods.
    pub(crate) pod_dns_policy: String,
    /// DNS configuration of the pods.
    pub(crate) pod_dns_config: Object,
    /// Address that Let's Encrypt writes to.
    pub(crate) email: String,
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

impl Default for CertManager {
    fn default() -> Self {
        Self {
            enabled: None,
            namespace: None,
            replica_count: 1,
            hub: "quay.io/jetstack".to_owned(),
            image: "cert-manager-controller".to_owned(),
            tag: "v0.6.2".into(),
            resources: Resources::default(),
            pod_labels: TextMap::new(),
            extra_args: Vec::new(),
            pod_dns_policy: String::new(),
            pod_dns_config: Object::new(),
            email: String::new(),
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_annotations: TextMap::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
        }
    }
}
