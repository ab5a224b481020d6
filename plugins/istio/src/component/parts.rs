//! Parts of pods, autoscalers and budgets that Kubernetes settings are made of, as the Kubernetes API has them. Owns their
//! shape; must not know where they go.

use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::scalar::CountOrPercent;
use crate::settings::Object;

/// Where pods may run, as in a pod's spec.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Affinity {
    /// On which nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_affinity: Option<Object>,
    /// With which other pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_affinity: Option<Object>,
    /// Away from which other pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_anti_affinity: Option<Object>,
}

/// Spec of a horizontal pod autoscaler (autoscaling/v2beta1).
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct AutoscalerSpec {
    /// Fewest pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_replicas: Option<u32>,
    /// Most pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_replicas: Option<u32>,
    /// What is scaled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_target_ref: Option<ScaleTarget>,
    /// When pods are added or taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Vec<Object>>,
}

/// What an autoscaler scales.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ScaleTarget {
    /// Version of its API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A probe of a container. Numbers that are 0 are left as the component has them, as in istioctl 1.4.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Probe {
    /// A command that must end with 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<Object>,
    /// A request that must be answered with 200 to 399.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_get: Option<Object>,
    /// A port that must accept connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_socket: Option<Object>,
    /// Seconds before the first check.
    #[serde(skip_serializing_if = "is_zero")]
    pub initial_delay_seconds: u32,
    /// Seconds until a check has failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub timeout_seconds: u32,
    /// Seconds between checks.
    #[serde(skip_serializing_if = "is_zero")]
    pub period_seconds: u32,
    /// Checks that must pass until the pod is ready.
    #[serde(skip_serializing_if = "is_zero")]
    pub success_threshold: u32,
    /// Checks that must fail until the pod is not ready.
    #[serde(skip_serializing_if = "is_zero")]
    pub failure_threshold: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where the value is taken from, as in a pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_from: Option<Object>,
}

/// When an image is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum PullPolicy {
    /// At each start of a container.
    Always,
    /// When the node does not have it.
    IfNotPresent,
    /// Never.
    Never,
}

/// Spec of a pod disruption budget.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct DisruptionBudget {
    /// Pods that must stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_available: Option<CountOrPercent>,
    /// Pods that may be away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<CountOrPercent>,
    /// Which pods are meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<Object>,
}

/// How a workload is brought up to date.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Strategy {
    /// `RollingUpdate` or `Recreate`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<StrategyKind>,
    /// Bounds of a rolling update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolling_update: Option<RollingUpdate>,
}

/// Kinds of strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum StrategyKind {
    /// Pod by pod.
    RollingUpdate,
    /// All old pods end first.
    Recreate,
}

/// Bounds of a rolling update: a count, or a percentage of the wanted pods.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct RollingUpdate {
    /// Pods beyond the wanted number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<CountOrPercent>,
    /// Pods that may be away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<CountOrPercent>,
}

/// A taint that pods put up with.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Toleration {
    /// Key of the taint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether the value counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<TolerationOperator>,
    /// Value of the taint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What the taint does; anything if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<TaintEffect>,
    /// Seconds for which a `NoExecute` taint is put up with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toleration_seconds: Option<i64>,
}

/// Whether the value of a taint counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum TolerationOperator {
    /// Any value.
    Exists,
    /// The same value.
    Equal,
}

/// What a taint does to pods that do not put up with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum TaintEffect {
    /// New ones are kept away.
    NoSchedule,
    /// New ones are kept away if they can go elsewhere.
    PreferNoSchedule,
    /// Running ones are ended too.
    NoExecute,
}
