//! Small Kubernetes objects that every Istio component has. Owns their shape; must not know a component.

use meshhost_piece::json;
use meshhost_piece::serde_json::Value;

use crate::global::Global;

/// The release name that istioctl renders charts with; the value of every `release` label.
pub const RELEASE: &str = "istio";

/// Metadata of a namespaced object. `labels` is a JSON object; the `release` label is added.
#[must_use]
pub fn metadata(name: &str, namespace: &str, labels: Value) -> Value {
    json!({ "name": name, "namespace": namespace, "labels": with_release(labels) })
}

fn with_release(mut labels: Value) -> Value {
    labels["release"] = json!(RELEASE);
    labels
}

/// A service account, with `global.imagePullSecrets`.
#[must_use]
pub fn service_account(name: &str, namespace: &str, labels: Value, global: &Global) -> Value {
    let mut account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(name, namespace, labels),
    });
    if !global.image_pull_secrets.is_empty() {
        account["imagePullSecrets"] = pull_secrets(global);
    }
    account
}

/// `global.imagePullSecrets` as a pod or service account has them.
#[must_use]
pub fn pull_secrets(global: &Global) -> Value {
    global
        .image_pull_secrets
        .iter()
        .map(|name| json!({ "name": name }))
        .collect()
}

/// A rule of a role: API groups, resources, verbs.
#[must_use]
pub fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Value {
    json!({ "apiGroups": groups, "resources": resources, "verbs": verbs })
}

/// A cluster role.
#[must_use]
pub fn cluster_role(name: &str, labels: Value, rules: &[Value]) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": { "name": name, "labels": with_release(labels) },
        "rules": rules,
    })
}

/// A cluster role bound to one service account.
#[must_use]
pub fn cluster_role_binding(
    name: &str,
    labels: Value,
    role: &str,
    account: &str,
    namespace: &str,
) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": { "name": name, "labels": with_release(labels) },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
        "subjects": [{ "kind": "ServiceAccount", "name": account, "namespace": namespace }],
    })
}

/// A horizontal pod autoscaler of a Deployment by CPU.
#[must_use]
pub fn autoscaler(
    name: &str,
    namespace: &str,
    labels: Value,
    target: &str,
    replicas: std::ops::RangeInclusive<u32>,
    cpu_percent: u32,
) -> Value {
    json!({
        "apiVersion": "autoscaling/v2beta1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(name, namespace, labels),
        "spec": {
            "minReplicas": replicas.start(),
            "maxReplicas": replicas.end(),
            "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": target },
            "metrics": [{ "type": "Resource", "resource": { "name": "cpu", "targetAverageUtilization": cpu_percent } }],
        },
    })
}

/// A disruption budget that keeps one pod of those with the labels `selects`.
#[must_use]
pub fn disruption_budget(name: &str, namespace: &str, labels: Value, selects: Value) -> Value {
    json!({
        "apiVersion": "policy/v1beta1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(name, namespace, labels),
        "spec": { "minAvailable": 1, "selector": { "matchLabels": selects } },
    })
}

/// A ConfigMap.
#[must_use]
pub fn config_map(name: &str, namespace: &str, labels: Value, data: Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(name, namespace, labels),
        "data": data,
    })
}

/// A Service. `ports` and `selector` are as in its spec.
#[must_use]
pub fn service(name: &str, namespace: &str, labels: Value, ports: Value, selector: Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name, namespace, labels),
        "spec": { "ports": ports, "selector": selector },
    })
}
