//! The Deployment around a control plane pod. Owns its frame; must not know what is in the pod.

use meshhost_istio::{CountOrPercent, object};
use meshhost_piece::{Value, json};

/// A Deployment.
#[derive(Debug, Clone)]
pub(crate) struct Deployment<'a> {
    pub(crate) name: &'a str,
    pub(crate) namespace: &'a str,
    /// Labels of the Deployment itself; `release` is added.
    pub(crate) labels: Value,
    /// Left to the autoscaler if `None`.
    pub(crate) replicas: Option<u32>,
    /// Surge and unavailability of a rolling update.
    pub(crate) rolling: Option<(&'a CountOrPercent, &'a CountOrPercent)>,
    pub(crate) selector: Value,
    pub(crate) pod_labels: Value,
    pub(crate) pod_annotations: Value,
    pub(crate) pod: Value,
}

impl From<Deployment<'_>> for Value {
    fn from(deployment: Deployment<'_>) -> Self {
        let mut object = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": object::metadata(deployment.name, deployment.namespace, deployment.labels),
            "spec": {},
        });
        let spec = &mut object["spec"];
        if let Some(replicas) = deployment.replicas {
            spec["replicas"] = json!(replicas);
        }
        if let Some((surge, unavailable)) = deployment.rolling {
            spec["strategy"] = json!({
                "rollingUpdate": { "maxSurge": surge, "maxUnavailable": unavailable },
            });
        }
        spec["selector"] = json!({ "matchLabels": deployment.selector });
        spec["template"] = json!({
            "metadata": { "labels": deployment.pod_labels, "annotations": deployment.pod_annotations },
            "spec": deployment.pod,
        });
        object
    }
}

/// Labels that pods of some components have in `istio-system` only, from the time when Helm 2 installed them.
pub(crate) fn add_helm_labels(labels: &mut Value, namespace: &str, chart: &str) {
    if namespace == "istio-system" {
        labels["heritage"] = json!("Tiller");
        labels["release"] = json!(object::RELEASE);
        labels["chart"] = json!(chart);
    }
}

/// Items at the end of a list.
pub(crate) fn push(list: &mut Value, items: impl IntoIterator<Item = Value>) {
    if let Value::Array(list) = list {
        list.extend(items);
    }
}
