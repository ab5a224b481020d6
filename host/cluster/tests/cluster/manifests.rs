//! Manifests of a small installation that touches every wave.

use meshhost_core::bundle::{Bundle, Contributed};
use meshhost_core::object::Object;
use serde_json::{Value, json};

/// A bundle of one piece.
pub(crate) fn bundle(manifests: Vec<Value>) -> Bundle {
    let mut objects: Vec<Contributed> = manifests
        .into_iter()
        .map(|manifest| Contributed {
            object: Object::new(manifest).expect("is an object"),
            piece: "piece".into(),
            amended: Vec::new(),
        })
        .collect();
    objects.sort_by(|a, b| a.object.id().cmp(b.object.id()));
    Bundle {
        objects,
        ..Bundle::default()
    }
}

pub(crate) fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

pub(crate) fn config_map(namespace: &str, name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data})
}

pub(crate) fn deployment(namespace: &str, name: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "c", "image": "none.invalid/x:1", "ports": [{"containerPort": 80}],
                    // Not in the form in which the server keeps it.
                    "resources": {"requests": {"cpu": "0.5", "memory": "1024Mi"}}}]},
            },
        },
    })
}

pub(crate) fn definition(group: &str) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("things.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced", "names": {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
            }}}],
        },
    })
}

pub(crate) fn thing(group: &str, namespace: &str, name: &str) -> Value {
    json!({"apiVersion": format!("{group}/v1"), "kind": "Thing", "metadata": {"name": name, "namespace": namespace}, "spec": {"a": 1}})
}

/// About twenty objects, in a namespace of their own; `name` is in the name of all that is not namespaced.
pub(crate) fn mesh(name: &str) -> Vec<Value> {
    let group = format!("{name}.example.com");
    vec![
        namespace(name),
        definition(&group),
        thing(&group, name, "one"),
        thing(&group, name, "two"),
        config_map(name, "config", &json!({"mesh": "a: b"})),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "secret", "namespace": name}, "stringData": {"key": "value"}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "pilot", "namespace": name}}),
        json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": 1000}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "pilot", "namespace": name}]}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "galley", "namespace": name},
            "spec": {"selector": {"app": "galley"}, "ports": [{"name": "https", "port": 443}]}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "gateway", "namespace": name},
            "spec": {"type": "LoadBalancer", "selector": {"app": "pilot"}, "ports": [{"port": 80}]}}),
        deployment(name, "galley", 1),
        deployment(name, "pilot", 2),
        json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "node", "namespace": name},
            "spec": {"selector": {"matchLabels": {"app": "node"}}, "template": {
                "metadata": {"labels": {"app": "node"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}}}),
        json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "pilot", "namespace": name},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "pilot"}}}}),
        json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "galley", "namespace": name},
            "spec": {"minReplicas": 1, "maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "galley"},
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]}}),
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "setup", "namespace": name},
            "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}}}}),
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": name},
            "webhooks": [{"name": format!("v.{group}"), "admissionReviewVersions": ["v1", "v1beta1"], "sideEffects": "None", "failurePolicy": "Ignore",
                "timeoutSeconds": 1,
                "clientConfig": {"caBundle": "", "service": {"name": "galley", "namespace": name, "path": "/v"}},
                "rules": [{"apiGroups": [group], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["nothing"]}]}]}),
    ]
}
