//! Conversions of a few lines each: role bindings, endpoint slices, certificate signing requests.

use serde_json::{Map, Value};

use super::fields::{at, items, take};
use crate::Problem;

/// Subjects named an API version in v1alpha1 and name an API group since.
pub(super) fn binding_from_v1alpha1(object: &mut Value) -> Result<(), Problem> {
    let Some(binding) = object.as_object_mut() else {
        return Ok(());
    };
    for subject in items(binding, "subjects") {
        if let Some(Value::String(version)) = take(subject, "apiVersion") {
            let group = version.split_once('/').map_or("", |(group, _)| group);
            if !group.is_empty() {
                subject.insert("apiGroup".to_owned(), group.into());
            }
        }
    }
    Ok(())
}

/// The topology map of an endpoint became fields of their own.
pub(super) fn endpoint_slice_to_v1(object: &mut Value) -> Result<(), Problem> {
    let Some(slice) = object.as_object_mut() else {
        return Ok(());
    };
    for endpoint in items(slice, "endpoints") {
        let Some(Value::Object(mut topology)) = take(endpoint, "topology") else {
            continue;
        };
        for (label, field) in [
            ("kubernetes.io/hostname", "nodeName"),
            ("topology.kubernetes.io/zone", "zone"),
        ] {
            if let Some(value) = take(&mut topology, label) {
                endpoint.entry(field).or_insert(value);
            }
        }
        // Regions have no field, as a zone tells its region.
        topology.shift_remove("topology.kubernetes.io/region");
        if !topology.is_empty() {
            let rest: Map<_, _> = topology;
            endpoint.insert("deprecatedTopology".to_owned(), rest.into());
        }
    }
    Ok(())
}

/// v1 wants the signer and the usages said, and has none that signs anything.
pub(super) fn signing_request_to_v1(object: &mut Value) -> Result<(), Problem> {
    let signer = at(object, &["spec"]).and_then(|spec| spec.get("signerName"));
    match signer.and_then(Value::as_str) {
        Some(name) if name != "kubernetes.io/legacy-unknown" => Ok(()),
        _ => Err(Problem::new("", "it names no signer, which v1 demands")
            .hint("name one in spec.signerName")),
    }
}
