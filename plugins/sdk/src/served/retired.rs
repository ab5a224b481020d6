//! What newer servers warn about and a successor of the same meaning exists for: node labels, and annotations of pods
//! that lost their effect or became fields. Left alone on servers that do not warn.

use serde_json::{Value, json};

use super::fields::{Fields, take};
use super::{node_labels, pod_templates};
use crate::KubernetesVersion;

/// Warnings reach clients since Kubernetes 1.19; a node of the release before that already has the newer labels.
const WARNS: (u32, u32) = (1, 20);
/// The `appArmorProfile` field is for everyone since Kubernetes 1.31.
const HAS_APP_ARMOR_FIELD: (u32, u32) = (1, 31);

/// Annotations that have had no effect since 1.16 (`priorityClassName` took over) and 1.11 (the field `sysctls` did).
const WITHOUT_EFFECT: &[&str] = &[
    "scheduler.alpha.kubernetes.io/critical-pod",
    "security.alpha.kubernetes.io/sysctls",
    "security.alpha.kubernetes.io/unsafe-sysctls",
];

/// Puts right what a server of this version would warn about in an object's pod template.
pub fn put_right(object: &mut Value, kubernetes: &KubernetesVersion) {
    if !kubernetes.at_least(WARNS.0, WARNS.1) {
        return;
    }
    let Some(template) = pod_templates::template(object) else {
        return;
    };
    if let Some(spec) = template.get_mut("spec") {
        node_labels::rename(spec);
    }
    for annotation in WITHOUT_EFFECT {
        annotation_of(template, annotation);
    }
    profiles(
        template,
        "seccompProfile",
        Some("seccomp.security.alpha.kubernetes.io/pod"),
        "container.seccomp.security.alpha.kubernetes.io/",
    );
    if kubernetes.at_least(HAS_APP_ARMOR_FIELD.0, HAS_APP_ARMOR_FIELD.1) {
        profiles(
            template,
            "appArmorProfile",
            None,
            "container.apparmor.security.beta.kubernetes.io/",
        );
    }
}

/// Takes an annotation, and the map with the last one: an empty map says nothing.
fn annotation_of(template: &mut Fields, name: &str) -> Option<Value> {
    let metadata = template.get_mut("metadata")?.as_object_mut()?;
    let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
    let taken = take(annotations, name);
    if taken.is_some() && annotations.is_empty() {
        metadata.shift_remove("annotations");
    }
    taken
}

/// Security profiles named in annotations become fields of the pod's and the containers' security contexts.
fn profiles(template: &mut Fields, field: &str, of_pod: Option<&str>, of_container: &str) {
    if let Some(annotation) = of_pod
        && let Some(named) = annotation_of(template, annotation)
        && let Some(spec) = template.get_mut("spec").and_then(Value::as_object_mut)
    {
        secure(spec, field, &named);
    }
    for list in ["containers", "initContainers"] {
        for index in 0.. {
            let Some(name) =
                container(template, list, index).map(|container| container["name"].clone())
            else {
                break;
            };
            let name = name.as_str().unwrap_or_default();
            if let Some(named) = annotation_of(template, &format!("{of_container}{name}"))
                && let Some(container) = container(template, list, index)
                && let Some(container) = container.as_object_mut()
            {
                secure(container, field, &named);
            }
        }
    }
}

fn container<'a>(template: &'a mut Fields, list: &str, index: usize) -> Option<&'a mut Value> {
    template.get_mut("spec")?.get_mut(list)?.get_mut(index)
}

/// `runtime/default`, `unconfined`, `localhost/NAME`, unless the field says something already.
fn secure(of: &mut Fields, field: &str, named: &Value) {
    let profile = match named.as_str().unwrap_or_default() {
        "runtime/default" | "docker/default" => json!({"type": "RuntimeDefault"}),
        "unconfined" => json!({"type": "Unconfined"}),
        name => json!({
            "type": "Localhost",
            "localhostProfile": name.strip_prefix("localhost/").unwrap_or(name),
        }),
    };
    let context = of.entry("securityContext").or_insert_with(|| json!({}));
    if let Some(context) = context.as_object_mut() {
        context.entry(field).or_insert(profile);
    }
}
