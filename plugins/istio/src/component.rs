//! A component of the `IstioControlPlane` API (install.istio.io/v1alpha2): whether, where and with which Kubernetes
//! settings. Owns the shape; must not know how settings reach objects.

use std::collections::BTreeMap;

use meshhost_piece::schemars::{self, JsonSchema};
use meshhost_piece::serde_json::Value;
use serde::{Deserialize, Serialize};

use crate::scalar::Resources;
use crate::settings::Object;

mod parts;

pub use parts::{
    Affinity, AutoscalerSpec, DisruptionBudget, EnvVar, Probe, PullPolicy, RollingUpdate,
    ScaleTarget, Strategy, StrategyKind, TaintEffect, Toleration, TolerationOperator,
};

/// One component that a piece installs.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Component {
    /// Whether it is installed.
    pub enabled: bool,
    /// The namespace of its objects; the installation's own if not said.
    pub namespace: Option<String>,
    /// What to change in the Kubernetes objects that the component has.
    pub k8s: K8s,
}

impl Component {
    /// A component that is installed unless the settings say otherwise.
    #[must_use]
    pub fn on() -> Self {
        Self {
            enabled: true,
            ..Self::default()
        }
    }

    /// Its namespace, or `default`.
    #[must_use]
    pub fn namespace_or<'a>(&'a self, default: &'a str) -> &'a str {
        self.namespace
            .as_deref()
            .filter(|namespace| !namespace.is_empty())
            .unwrap_or(default)
    }
}

/// Kubernetes settings of a component. Each is merged into the component's own workload as a strategic merge patch;
/// `overlays` come last.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct K8s {
    /// Where the pods may run.
    pub affinity: Option<Affinity>,
    /// Environment of the main container, merged by name.
    pub env: Option<Vec<EnvVar>>,
    /// The whole spec of the horizontal pod autoscaler.
    pub hpa_spec: Option<AutoscalerSpec>,
    /// When the image is pulled.
    pub image_pull_policy: Option<PullPolicy>,
    /// Labels that a node must have.
    pub node_selector: Option<BTreeMap<String, String>>,
    /// Annotations of the pods.
    pub pod_annotations: Option<BTreeMap<String, String>>,
    /// The spec of the pod disruption budget.
    pub pod_disruption_budget: Option<DisruptionBudget>,
    /// Priority class of the pods.
    pub priority_class_name: Option<String>,
    /// Readiness probe of the main container.
    pub readiness_probe: Option<Probe>,
    /// How many pods; 0 leaves what the component has.
    pub replica_count: Option<u32>,
    /// Compute resources of the main container.
    pub resources: Option<Resources>,
    /// Accepted and without effect, as in Istio 1.4; use an overlay.
    pub service: Option<Object>,
    /// Accepted and without effect, as in Istio 1.4; use an overlay.
    pub service_annotations: Option<BTreeMap<String, String>>,
    /// How a new version takes the place of the old one.
    pub strategy: Option<Strategy>,
    /// Taints that the pods put up with; replaces the list that the component has.
    pub tolerations: Option<Vec<Toleration>>,
    /// Changes at any path of any object of the component.
    pub overlays: Vec<Overlay>,
}

/// Changes of one object, by paths.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Overlay {
    /// Kind of the object.
    pub kind: String,
    /// Name of the object.
    pub name: String,
    /// Version of the object's API, for example `apps/v1`. As in istioctl 1.4, kind and name choose the object whatever is said here.
    #[serde(default)]
    pub api_version: Option<String>,
    /// The changes, in order.
    #[serde(default)]
    pub patches: Vec<Patch>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// For example `spec.template.spec.containers.[name:discovery].image`.
    pub path: String,
    /// What is written there; null or left out takes an item of a list away, and leaves the key of a map.
    #[serde(default)]
    pub value: Value,
}
