//! The outer form that the objects of all add-ons have. Owns it; must not know an add-on.

use meshhost_istio::pod::{AntiAffinityRule, Scheduling};
use meshhost_istio::{TextMap, object};
use meshhost_piece::{Value, json};

use crate::values::AccessMode;

/// A Deployment of an add-on. Its pods are chosen by the label `app`.
pub(crate) struct Deployment<'a> {
    pub(crate) name: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) app: &'a str,
    /// Number of pods; Kubernetes' own default if not said.
    pub(crate) replicas: Option<u32>,
    /// Labels and annotations of the pods.
    pub(crate) pod_metadata: Value,
    pub(crate) pod_spec: Value,
}

impl Deployment<'_> {
    pub(crate) fn object(self) -> Value {
        let mut spec = json!({});
        if let Some(replicas) = self.replicas {
            spec["replicas"] = json!(replicas);
        }
        spec["selector"] = json!({ "matchLabels": { "app": self.app } });
        spec["template"] = json!({ "metadata": self.pod_metadata, "spec": self.pod_spec });
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": object::metadata(self.name, self.namespace, json!({ "app": self.app })),
            "spec": spec,
        })
    }
}

/// Labels and annotations of a pod: `fixed`, and those that the values say.
pub(crate) fn pod_metadata(labels: Value, fixed: &[(&str, &str)], own: &TextMap) -> Value {
    let mut annotations = json!({ "sidecar.istio.io/inject": "false" });
    for (key, value) in fixed {
        annotations[*key] = json!(value);
    }
    for (key, value) in own {
        annotations[key] = json!(value);
    }
    json!({ "labels": labels, "annotations": annotations })
}

/// A component's wishes for where its pods run.
pub(crate) fn scheduling<'a>(
    node_selector: &'a TextMap,
    required: &'a [AntiAffinityRule],
    preferred: &'a [AntiAffinityRule],
) -> Scheduling<'a> {
    Scheduling {
        node_selector,
        required,
        preferred,
    }
}

/// A Service. `spec` is the whole of its spec.
pub(crate) fn service(
    name: &str,
    namespace: &str,
    labels: Value,
    annotations: &TextMap,
    spec: Value,
) -> Value {
    let mut metadata = object::metadata(name, namespace, labels);
    if !annotations.is_empty() {
        metadata["annotations"] = json!(annotations);
    }
    json!({ "apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec })
}

/// A claim of 5 GiB.
pub(crate) fn volume_claim(
    name: &str,
    namespace: &str,
    app: &str,
    storage_class: &str,
    access_mode: AccessMode,
) -> Value {
    let mut spec = json!({
        "accessModes": [access_mode],
        "resources": { "requests": { "storage": "5Gi" } },
    });
    // For Kubernetes an empty name is "no class", and none at all is the cluster's default.
    if !storage_class.is_empty() {
        spec["storageClassName"] = json!(storage_class);
    }
    json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": object::metadata(name, namespace, json!({ "app": app })),
        "spec": spec,
    })
}

/// A volume from a claim, or one that ends with its pod.
pub(crate) fn data_volume(claim: Option<&str>) -> Value {
    match claim {
        Some(claim) => json!({ "name": "data", "persistentVolumeClaim": { "claimName": claim } }),
        None => json!({ "name": "data", "emptyDir": {} }),
    }
}
