//! Programs that the API server calls because of an object: whom a webhook or an aggregated API needs. Must not know waves.

use serde_json::Value;

use crate::object::Object;

/// A Service that the API server calls.
pub(super) struct Called<'a> {
    namespace: &'a str,
    name: &'a str,
    /// Whether requests are refused when nobody answers.
    refuses: bool,
}

/// Services that the API server calls because of this object: of webhooks and aggregated APIs.
pub(super) fn called_services(object: &Object) -> Vec<Called<'_>> {
    let mut found = Vec::new();
    match object.id().group.as_str() {
        "admissionregistration.k8s.io" => {
            let webhooks = object.pointer("/webhooks").and_then(Value::as_array);
            for webhook in webhooks.into_iter().flatten() {
                // Only v1beta1 has another default.
                let default = if object.version() == "v1beta1" {
                    "Ignore"
                } else {
                    "Fail"
                };
                let policy = webhook.get("failurePolicy").and_then(Value::as_str);
                let refuses = policy.unwrap_or(default) != "Ignore";
                found.extend(called(webhook.pointer("/clientConfig/service"), refuses));
            }
        }
        "apiregistration.k8s.io" => found.extend(called(object.pointer("/spec/service"), true)),
        _ => {}
    }
    found
}

fn called(reference: Option<&Value>, refuses: bool) -> Option<Called<'_>> {
    let reference = reference?;
    Some(Called {
        namespace: reference.get("namespace")?.as_str()?,
        name: reference.get("name")?.as_str()?,
        refuses,
    })
}

impl Called<'_> {
    /// The Service, where the bundle has it.
    pub(super) fn in_bundle(&self, objects: &[&Object]) -> Option<usize> {
        objects.iter().position(|object| {
            let id = object.id();
            id.group.is_empty()
                && id.kind == "Service"
                && id.name == self.name
                && id.namespace.as_deref() == Some(self.namespace)
        })
    }

    /// Whether somebody has to answer before the call is asked for: where pods are behind the Service that the bundle
    /// wants to run, and where without any nothing would work any more.
    pub(super) fn must_answer(&self, objects: &[&Object], service: usize) -> bool {
        if selector(objects[service]).is_none()
            || objects[service].pointer("/spec/type") == Some(&Value::from("ExternalName"))
        {
            return false;
        }
        let workloads = workloads(objects, service);
        let runs =
            |index: &usize| objects[*index].pointer("/spec/replicas") != Some(&Value::from(0));
        match workloads.is_empty() {
            true => self.refuses,
            false => workloads.iter().any(runs),
        }
    }
}

fn selector(service: &Object) -> Option<&serde_json::Map<String, Value>> {
    let selector = service.pointer("/spec/selector")?.as_object()?;
    (!selector.is_empty()).then_some(selector)
}

/// Workloads of the bundle whose pods the Service chooses.
pub(super) fn workloads(objects: &[&Object], service: usize) -> Vec<usize> {
    let Some(selector) = selector(objects[service]) else {
        return Vec::new();
    };
    let namespace = &objects[service].id().namespace;
    let chosen = |object: &Object| {
        let labels = match object.id().kind.as_str() {
            "Pod" => object.pointer("/metadata/labels"),
            _ => object.pointer("/spec/template/metadata/labels"),
        };
        let labels = labels.and_then(Value::as_object);
        labels.is_some_and(|labels| {
            selector
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value))
        })
    };
    objects
        .iter()
        .enumerate()
        .filter(|(_, object)| object.id().namespace == *namespace && chosen(object))
        .map(|(index, _)| index)
        .collect()
}
