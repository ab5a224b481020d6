//! The kinds that make pods, and where each keeps the pod's spec. Must not know rules.

use meshhost_piece::{JsonSchema, Value, json, schemars};
use serde::{Deserialize, Serialize};

/// A kind whose pods can be given a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Kind {
    /// `apps`.
    Deployment,
    /// `apps`.
    DaemonSet,
    /// `apps`.
    StatefulSet,
    /// `apps`.
    ReplicaSet,
    /// `batch`.
    Job,
    /// `batch`.
    CronJob,
    /// The core group: a pod that nothing manages.
    Pod,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Deployment,
        Self::DaemonSet,
        Self::StatefulSet,
        Self::ReplicaSet,
        Self::Job,
        Self::CronJob,
        Self::Pod,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::DaemonSet => "DaemonSet",
            Self::StatefulSet => "StatefulSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Pod => "Pod",
        }
    }

    pub(crate) fn group(self) -> &'static str {
        match self {
            Self::Deployment | Self::DaemonSet | Self::StatefulSet | Self::ReplicaSet => "apps",
            Self::Job | Self::CronJob => "batch",
            Self::Pod => "",
        }
    }

    /// From the object down to the pod's spec.
    fn pod_spec(self) -> &'static [&'static str] {
        match self {
            Self::Pod => &["spec"],
            Self::CronJob => &["spec", "jobTemplate", "spec", "template", "spec"],
            _ => &["spec", "template", "spec"],
        }
    }

    /// The class that the object's pods have now; empty when none.
    pub(crate) fn class(self, manifest: &Value) -> &str {
        let spec = self
            .pod_spec()
            .iter()
            .fold(manifest, |value, part| &value[*part]);
        spec["priorityClassName"].as_str().unwrap_or_default()
    }

    /// The merge patch that gives the object's pods a class.
    pub(crate) fn patch(self, class: &str) -> Value {
        self.pod_spec().iter().rev().fold(
            json!({ "priorityClassName": class }),
            |inner, part| json!({ *part: inner }),
        )
    }

    /// Of a manifest; none when its kind makes no pods.
    pub(crate) fn of(manifest: &Value) -> Option<Self> {
        let kind = manifest["kind"].as_str()?;
        Self::ALL.into_iter().find(|known| known.name() == kind)
    }
}
