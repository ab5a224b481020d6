//! Readiness: does a live object work? Owns the rules, after kstatus (sigs.k8s.io/cli-utils) with its gaps closed; must not
//! know how the object was got, nor what time it is.
//!
//! Where it differs from kstatus: a Job is ready when it is complete, not when it has started; a Deployment and a
//! DaemonSet are measured by what their `spec` wants and by pods of the newest template; an `observedGeneration` that is no
//! number is not looked at; a workload that its controller has not seen yet is never ready.

use serde_json::Value;

mod condition;
mod pod;
mod platform;
mod workload;

pub use pod::trouble;

/// What can be said of a live object.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "state", content = "why", rename_all = "lowercase")]
pub enum Readiness {
    /// It is what was asked for, as far as the cluster tells.
    Ready,
    /// Not yet: what it waits for.
    Progressing(String),
    /// Waiting will not help: why.
    Failed(String),
    /// It is being deleted.
    Terminating,
}

impl Readiness {
    /// Whether it is [`Readiness::Ready`].
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready)
    }
}

/// Judges a live object, as the API server returned it.
#[must_use]
pub fn readiness(live: &Value) -> Readiness {
    if live.pointer("/metadata/deletionTimestamp").is_some() {
        return Readiness::Terminating;
    }
    let api_version = text(live, "/apiVersion").unwrap_or_default();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let kind = text(live, "/kind").unwrap_or_default();
    match (group, kind) {
        ("apps" | "extensions", "Deployment") => workload::deployment(live),
        ("apps" | "extensions", "DaemonSet") => workload::daemon_set(live),
        ("apps" | "extensions", "ReplicaSet") | ("", "ReplicationController") => {
            workload::replica_set(live)
        }
        ("apps", "StatefulSet") => workload::stateful_set(live),
        ("batch", "Job") => workload::job(live),
        ("", "Pod") => pod::pod(live),
        ("", "Namespace") => platform::namespace(live),
        ("", "Service") => platform::service(live),
        ("", "PersistentVolumeClaim") => platform::claim(live),
        ("", "PersistentVolume") => platform::volume(live),
        ("policy", "PodDisruptionBudget") => platform::disruption_budget(live),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => platform::definition(live),
        ("apiregistration.k8s.io", "APIService") => platform::api_service(live),
        // Whether it can scale depends on metrics that may come much later; it does its work without.
        ("autoscaling", "HorizontalPodAutoscaler") | ("batch", "CronJob") => Readiness::Ready,
        _ => condition::generic(live),
    }
}

/// `None` when the controller has seen this generation; else that it has not.
fn unseen(live: &Value) -> Option<Readiness> {
    let generation = number(live, "/metadata/generation")?;
    let seen = number(live, "/status/observedGeneration").is_some_and(|seen| seen >= generation);
    (!seen).then(|| Readiness::Progressing("its controller has not seen the change yet".into()))
}

fn text<'a>(live: &'a Value, pointer: &str) -> Option<&'a str> {
    live.pointer(pointer)?.as_str()
}

fn number(live: &Value, pointer: &str) -> Option<i64> {
    live.pointer(pointer)?.as_i64()
}

#[cfg(test)]
mod tests;
