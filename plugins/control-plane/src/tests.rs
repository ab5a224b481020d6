//! Settings in, selected fields of objects out; and what must hold with any settings.

use meshhost_piece::serde_json::{self, Value, json};
use meshhost_piece::{
    Contribution, Facts, Failure, KubernetesVersion, Once, Piece, Request, ServedKind,
};

use crate::ControlPlane;

mod invariants;
mod kubernetes;
mod refused;
mod values;

/// What Kubernetes 1.16 serves, as far as this piece writes it.
const SERVED: &[(&str, &str)] = &[
    ("v1", "ConfigMap"),
    ("v1", "Endpoints"),
    ("v1", "Namespace"),
    ("v1", "Service"),
    ("v1", "ServiceAccount"),
    (
        "admissionregistration.k8s.io/v1beta1",
        "MutatingWebhookConfiguration",
    ),
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "Deployment"),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler"),
    ("policy/v1beta1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
];

fn contribute(settings: Value) -> Result<Contribution, Failure> {
    ControlPlane::contribute(Request {
        installation: "mesh".to_owned(),
        namespace: "istio-system".to_owned(),
        facts: Facts {
            kubernetes: KubernetesVersion {
                major: 1,
                minor: 16,
                git_version: "v1.16.3".to_owned(),
            },
            served: SERVED
                .iter()
                .map(|(api_version, kind)| ServedKind {
                    api_version: (*api_version).to_owned(),
                    kind: (*kind).to_owned(),
                    namespaced: true,
                })
                .collect(),
            platform: "kubernetes".to_owned(),
        },
        settings: serde_json::from_value(settings).unwrap(),
        files: Vec::new(),
        once: Once {
            seed: [7; 32],
            time: 1_577_836_800,
        },
    })
}

fn objects(settings: Value) -> Vec<Value> {
    contribute(settings).unwrap().objects
}

/// The only object of that kind and name.
fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> Option<&'a Value> {
    let mut found = objects
        .iter()
        .filter(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    let first = found.next();
    assert!(found.next().is_none(), "two of {kind} {name}");
    first
}

/// `values` below these keys, everything else by default.
fn values(values: Value) -> Value {
    json!({ "values": values })
}

/// All components, also those that are off by default.
fn everything() -> Value {
    let on = json!({ "enabled": true });
    json!({ "nodeAgent": on, "certManager": on, "coreDNS": on })
}
