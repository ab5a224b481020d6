//! `values.galley`.

use meshhost_istio::pod::AntiAffinityRule;
use meshhost_istio::{CountOrPercent, Object, Resources, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

/// Galley: checks and hands out configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Galley {
    /// Whether it is installed; follows the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    /// Where it is installed; follows the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    /// Image: a name below `global.hub`, or a whole reference if it has a `/`.
    pub(crate) image: String,
    /// Number of pods.
    pub(crate) replica_count: u32,
    /// Pods beyond the wanted number while a new version comes in.
    pub(crate) rolling_max_surge: CountOrPercent,
    /// Pods that may be away while a new version comes in.
    pub(crate) rolling_max_unavailable: CountOrPercent,
    /// Resources of the main container; `global.defaultResources` if empty.
    pub(crate) resources: Resources,
    /// Mesh configuration that galley itself reads.
    pub(crate) mesh: Object,
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
    /// Whether configuration is analysed and the findings written into the status of resources.
    pub(crate) enable_analysis: bool,
}

impl Default for Galley {
    fn default() -> Self {
        Self {
            enabled: None,
            namespace: None,
            image: "galley".to_owned(),
            replica_count: 1,
            rolling_max_surge: "100%".into(),
            rolling_max_unavailable: "25%".into(),
            resources: Resources::requests(&[("cpu", "100m")]),
            mesh: Object::new(),
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_annotations: TextMap::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
            enable_analysis: false,
        }
    }
}
