//! `values.mixer`: policy and telemetry.

use meshhost_istio::pod::AntiAffinityRule;
use meshhost_istio::scalar::text_map;
use meshhost_istio::{CountOrPercent, Duration, Object, Resources, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::CpuTarget;

mod adapters;

pub(crate) use adapters::{Adapters, PolicyAdapters};

/// Policy and telemetry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Mixer {
    /// What telemetry is handed to.
    pub(crate) adapters: Adapters,
    /// The policy service.
    pub(crate) policy: MixerPolicy,
    /// The telemetry service.
    pub(crate) telemetry: MixerTelemetry,
}

/// The policy service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct MixerPolicy {
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
    /// Whether the number of pods follows the load.
    pub(crate) autoscale_enabled: bool,
    /// Fewest pods; 0 makes no autoscaler.
    pub(crate) autoscale_min: u32,
    /// Most pods.
    pub(crate) autoscale_max: u32,
    /// When the autoscaler adds pods.
    pub(crate) cpu: CpuTarget,
    /// Whether a client stays with one pod.
    pub(crate) session_affinity_enabled: bool,
    /// Further environment of the main container.
    pub(crate) env: TextMap,
    /// What policy uses.
    pub(crate) adapters: PolicyAdapters,
    /// Resources of the main container; `global.defaultResources` if empty.
    pub(crate) resources: Resources,
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

impl Default for MixerPolicy {
    fn default() -> Self {
        Self {
            enabled: None,
            namespace: None,
            image: "mixer".to_owned(),
            replica_count: 1,
            rolling_max_surge: "100%".into(),
            rolling_max_unavailable: "25%".into(),
            autoscale_enabled: true,
            autoscale_min: 1,
            autoscale_max: 5,
            cpu: CpuTarget::default(),
            session_affinity_enabled: false,
            env: TextMap::new(),
            adapters: PolicyAdapters::default(),
            resources: Resources::default(),
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_annotations: TextMap::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
        }
    }
}

/// The telemetry service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct MixerTelemetry {
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
    /// Whether the number of pods follows the load.
    pub(crate) autoscale_enabled: bool,
    /// Fewest pods; 0 makes no autoscaler.
    pub(crate) autoscale_min: u32,
    /// Most pods.
    pub(crate) autoscale_max: u32,
    /// When the autoscaler adds pods.
    pub(crate) cpu: CpuTarget,
    /// Whether a client stays with one pod.
    pub(crate) session_affinity_enabled: bool,
    /// Further environment of the main container.
    pub(crate) env: TextMap,
    /// Turning requests away when there are too many.
    pub(crate) loadshedding: LoadShedding,
    /// Resources of the main container; `global.defaultResources` if empty.
    pub(crate) resources: Resources,
    /// Requests that a proxy reports at once; 0 is its own choice.
    pub(crate) report_batch_max_entries: u32,
    /// Longest time until a proxy reports; empty is its own choice.
    pub(crate) report_batch_max_time: Duration,
    /// Whether configuration comes from galley.
    #[serde(rename = "useMCP")]
    pub(crate) use_mcp: bool,
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

impl Default for MixerTelemetry {
    fn default() -> Self {
        Self {
            enabled: None,
            namespace: None,
            image: "mixer".to_owned(),
            replica_count: 1,
            rolling_max_surge: "100%".into(),
            rolling_max_unavailable: "25%".into(),
            autoscale_enabled: true,
            autoscale_min: 1,
            autoscale_max: 5,
            cpu: CpuTarget::default(),
            session_affinity_enabled: false,
            env: text_map(&[("GOMAXPROCS", "6")]),
            loadshedding: LoadShedding::default(),
            resources: Resources::requests(&[("cpu", "1000m"), ("memory", "1G")])
                .limits(&[("cpu", "4800m"), ("memory", "4G")]),
            report_batch_max_entries: 100,
            report_batch_max_time: "1s".into(),
            use_mcp: true,
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_annotations: TextMap::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
        }
    }
}

/// Turning requests away when there are too many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct LoadShedding {
    /// What is done.
    pub(crate) mode: LoadSheddingMode,
    /// How slow answers may become.
    pub(crate) latency_threshold: Duration,
}

impl Default for LoadShedding {
    fn default() -> Self {
        Self {
            mode: LoadSheddingMode::Enforce,
            latency_threshold: "100ms".into(),
        }
    }
}

/// What is done when there are too many requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LoadSheddingMode {
    /// Nothing.
    Disabled,
    /// It is logged.
    #[serde(rename = "log_only")]
    LogOnly,
    /// They are turned away.
    Enforce,
}
