//! `values.sidecarInjectorWebhook`.

use meshhost_istio::pod::AntiAffinityRule;
use meshhost_istio::{CountOrPercent, Object, Resources, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

/// The sidecar injector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Injector {
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
    /// Whether namespaces without a label are injected.
    pub(crate) enable_namespaces_by_default: bool,
    /// Whether HTTP probes of applications go through the agent, so that they pass with mutual TLS.
    #[serde(rename = "rewriteAppHTTPProbe")]
    pub(crate) rewrite_app_http_probe: bool,
    /// Whether the webhook has a certificate of its own. Not supported: it needs a new key at each rendering; use citadel's or `global.certificates`.
    pub(crate) self_signed: bool,
    /// Annotations that injected pods get.
    pub(crate) injected_annotations: TextMap,
    /// `istio-injection`, or any other word to inject namespaces labelled `istio-env: NAMESPACE`.
    pub(crate) inject_label: String,
    /// Label selectors of pods that are never injected.
    pub(crate) never_inject_selector: Vec<Object>,
    /// Label selectors of pods that are always injected.
    pub(crate) always_inject_selector: Vec<Object>,
    /// Choosing pods by their labels before the webhook is asked.
    pub(crate) object_selector: ObjectSelector,
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

impl Default for Injector {
    fn default() -> Self {
        Self {
            enabled: None,
            namespace: None,
            image: "sidecar_injector".to_owned(),
            replica_count: 1,
            rolling_max_surge: "100%".into(),
            rolling_max_unavailable: "25%".into(),
            enable_namespaces_by_default: false,
            rewrite_app_http_probe: false,
            self_signed: false,
            injected_annotations: TextMap::new(),
            inject_label: "istio-injection".to_owned(),
            never_inject_selector: Vec::new(),
            always_inject_selector: Vec::new(),
            object_selector: ObjectSelector::default(),
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_annotations: TextMap::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
            resources: Resources::default(),
        }
    }
}

/// Choosing pods by their labels before the webhook is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ObjectSelector {
    /// Whether it is done.
    pub(crate) enabled: bool,
    /// Whether pods without the label `sidecar.istio.io/inject` are chosen.
    pub(crate) auto_inject: bool,
}

impl Default for ObjectSelector {
    fn default() -> Self {
        Self {
            enabled: false,
            auto_inject: true,
        }
    }
}
