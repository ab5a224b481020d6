//! Where the kinds keep their pod templates.

use serde_json::Value;

use super::fields::{Fields, at, text};

/// The pod template of an object (its metadata and spec), if its kind has one. A Pod is its own.
pub(super) fn template(object: &mut Value) -> Option<&mut Fields> {
    let path: &[&str] = match text(object, "kind") {
        "Pod" => &[],
        "PodTemplate" => &["template"],
        "Deployment"
        | "DaemonSet"
        | "StatefulSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "Job" => &["spec", "template"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template"],
        _ => return None,
    };
    at(object, path)
}
