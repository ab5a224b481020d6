//! `values.mixer.adapters` and `values.mixer.policy.adapters`.

use meshhost_istio::Duration;
use meshhost_istio::global::Switch;
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

/// Adapters of the policy service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct PolicyAdapters {
    /// Attributes of pods, from Kubernetes.
    pub(crate) kubernetesenv: Switch,
    /// Whether adapters have a kind of resource each.
    #[serde(rename = "useAdapterCRDs")]
    pub(crate) use_adapter_crds: bool,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prometheus: Option<Prometheus>,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stdio: Option<Stdio>,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stackdriver: Option<Stackdriver>,
}

impl Default for PolicyAdapters {
    fn default() -> Self {
        Self {
            kubernetesenv: Switch { enabled: true },
            use_adapter_crds: false,
            prometheus: None,
            stdio: None,
            stackdriver: None,
        }
    }
}

/// Adapters of the telemetry service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Adapters {
    /// Attributes of pods, from Kubernetes.
    pub(crate) kubernetesenv: Switch,
    /// Metrics for prometheus.
    pub(crate) prometheus: Prometheus,
    /// Access logs to standard output.
    pub(crate) stdio: Stdio,
    /// Google's Stackdriver.
    pub(crate) stackdriver: Stackdriver,
    /// Whether adapters have a kind of resource each.
    #[serde(rename = "useAdapterCRDs")]
    pub(crate) use_adapter_crds: bool,
}

impl Default for Adapters {
    fn default() -> Self {
        Self {
            kubernetesenv: Switch { enabled: true },
            prometheus: Prometheus::default(),
            stdio: Stdio::default(),
            stackdriver: Stackdriver::default(),
            use_adapter_crds: false,
        }
    }
}

/// Metrics for prometheus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Prometheus {
    /// Whether there are any.
    pub(crate) enabled: bool,
    /// How long a metric without news is kept.
    pub(crate) metrics_expiry_duration: Duration,
}

impl Default for Prometheus {
    fn default() -> Self {
        Self {
            enabled: true,
            metrics_expiry_duration: "10m".into(),
        }
    }
}

/// Access logs to standard output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Stdio {
    /// Whether there are any.
    pub(crate) enabled: bool,
    /// Whether they are JSON.
    pub(crate) output_as_json: bool,
}

/// Google's Stackdriver.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Stackdriver {
    /// Whether it is used.
    pub(crate) enabled: bool,
    /// How the adapter proves who it is.
    pub(crate) auth: StackdriverAuth,
    /// Traces.
    pub(crate) tracer: StackdriverTracer,
    /// The graph of services.
    pub(crate) context_graph: Switch,
}

/// How the Stackdriver adapter proves who it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct StackdriverAuth {
    /// With the credentials of the machine.
    pub(crate) app_credentials: bool,
    /// With a key.
    pub(crate) api_key: String,
    /// With a service account's file.
    pub(crate) service_account_path: String,
}

/// Traces to Stackdriver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct StackdriverTracer {
    /// Whether there are any.
    pub(crate) enabled: bool,
    /// Share of requests that are traced.
    pub(crate) sample_probability: f64,
}

impl Default for StackdriverTracer {
    fn default() -> Self {
        Self {
            enabled: false,
            sample_probability: 1.0,
        }
    }
}
