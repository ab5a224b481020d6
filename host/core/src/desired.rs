//! The manifest as it is sent: what an installation puts on, and what it leaves to others. Owns that difference; must not
//! know the live object.

use serde_json::{Map, Value, json};

use crate::inventory::{ADOPTED, PART_OF};
use crate::object::Object;
use crate::written;

/// How an object belongs to the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Belonging {
    /// A member that the installation has made, or makes.
    Made,
    /// A member that was there before; given back at the end.
    Adopted,
    /// A namespace that is another installation's member: used, not owned.
    Shared,
}

/// What is sent for an object.
///
/// On top of what the piece returned come the part-of label and, where it applies, the mark of adoption. Left out are
/// `status`, which another writes, what only `render` heeds, a null `creationTimestamp`, which generators write, and an empty `caBundle`, which
/// says that a controller fills it in: to send it would be to own it. Ports without a protocol get the default one: it is
/// part of their key in server-side apply, and servers before Kubernetes 1.20 do not fill in keys.
#[must_use]
pub fn desired(object: &Object, set_id: &str, belonging: Belonging) -> Value {
    let mut manifest = object.manifest().clone();
    manifest.remove("status");
    written::take(&mut manifest);
    if let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) {
        if metadata
            .get("creationTimestamp")
            .is_some_and(Value::is_null)
        {
            metadata.remove("creationTimestamp");
        }
        if belonging != Belonging::Shared {
            put(metadata, "labels", PART_OF, set_id);
        }
        if belonging == Belonging::Adopted {
            put(metadata, "annotations", ADOPTED, "true");
        }
    }
    let mut value = Value::Object(manifest);
    leave_ca_bundles(&mut value);
    if ["", "apps", "batch", "extensions"].contains(&object.id().group.as_str()) {
        complete_ports(&mut value);
    }
    value
}

/// Ports of Services, and of containers wherever a pod's description is.
fn complete_ports(manifest: &mut Value) {
    let service = manifest.get("kind").and_then(Value::as_str) == Some("Service");
    let complete = |ports: Option<&mut Value>| {
        for port in ports.and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(port) = port.as_object_mut()
                && port.get("protocol").is_none_or(Value::is_null)
            {
                port.insert("protocol".to_owned(), Value::from("TCP"));
            }
        }
    };
    if service {
        complete(manifest.pointer_mut("/spec/ports"));
    }
    for pod in [
        "/spec",
        "/spec/template/spec",
        "/spec/jobTemplate/spec/template/spec",
    ] {
        for containers in ["containers", "initContainers"] {
            let list = manifest.pointer_mut(&format!("{pod}/{containers}"));
            for container in list.and_then(Value::as_array_mut).into_iter().flatten() {
                complete(container.get_mut("ports"));
            }
        }
    }
}

fn put(metadata: &mut Map<String, Value>, field: &str, key: &str, value: &str) {
    let map = metadata.entry(field).or_insert_with(|| json!({}));
    if map.is_null() {
        *map = json!({});
    }
    if let Some(map) = map.as_object_mut() {
        map.insert(key.to_owned(), Value::String(value.to_owned()));
    }
}

fn leave_ca_bundles(manifest: &mut Value) {
    let leave = |config: Option<&mut Value>| {
        if let Some(config) = config.and_then(Value::as_object_mut)
            && config
                .get("caBundle")
                .is_some_and(|bundle| bundle.is_null() || bundle == "")
        {
            config.remove("caBundle");
        }
    };
    match manifest.get("kind").and_then(Value::as_str) {
        Some("MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") => {
            let webhooks = manifest.get_mut("webhooks").and_then(Value::as_array_mut);
            for webhook in webhooks.into_iter().flatten() {
                leave(webhook.get_mut("clientConfig"));
            }
        }
        Some("APIService") => leave(manifest.get_mut("spec")),
        Some("CustomResourceDefinition") => {
            leave(manifest.pointer_mut("/spec/conversion/webhook/clientConfig"));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_on_what_marks_a_member_and_leaves_what_is_not_ours() {
        let object = Object::new(json!({
            "apiVersion": "v1", "kind": "Secret", "status": {"x": 1},
            "metadata": {"name": "a", "namespace": "b", "creationTimestamp": null, "labels": {"c": "d"}},
        }))
        .unwrap();
        assert_eq!(
            desired(&object, "set", Belonging::Made),
            json!({"apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": "a", "namespace": "b", "labels": {"c": "d", PART_OF: "set"}}})
        );
        assert_eq!(
            desired(&object, "set", Belonging::Adopted)["metadata"]["annotations"],
            json!({ADOPTED: "true"})
        );
        assert_eq!(
            desired(&object, "set", Belonging::Shared)["metadata"]["labels"],
            json!({"c": "d"})
        );
    }

    #[test]
    fn ports_get_the_default_protocol() {
        let sent =
            |manifest: Value| desired(&Object::new(manifest).unwrap(), "set", Belonging::Made);
        let service = sent(
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},
            "spec": {"ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]}}),
        );
        assert_eq!(
            service["spec"]["ports"],
            json!([{"port": 80, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}])
        );
        let workload = sent(
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
            "spec": {"template": {"spec": {"containers": [{"ports": [{"containerPort": 80}]}, {}]}}}}),
        );
        assert_eq!(
            workload["spec"]["template"]["spec"]["containers"][0]["ports"],
            json!([{"containerPort": 80, "protocol": "TCP"}])
        );
        let custom = json!({"apiVersion": "mesh.io/v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}});
        assert_eq!(sent(custom)["spec"]["ports"], json!([{"port": 80}]));
    }

    #[test]
    fn an_empty_ca_bundle_is_left_to_its_controller() {
        let webhooks = |bundle: &str| {
            let object = Object::new(json!({
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
                "metadata": {"name": "a", "labels": null},
                "webhooks": [{"name": "x", "clientConfig": {"caBundle": bundle, "service": {}}}],
            }))
            .unwrap();
            desired(&object, "set", Belonging::Made)["webhooks"][0]["clientConfig"].clone()
        };
        assert_eq!(webhooks(""), json!({"service": {}}));
        assert_eq!(webhooks("QQ=="), json!({"caBundle": "QQ==", "service": {}}));
    }
}
