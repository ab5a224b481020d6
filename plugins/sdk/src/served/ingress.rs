//! Ingress `extensions/v1beta1` and `networking.k8s.io/v1beta1` to `networking.k8s.io/v1`.
//!
//! The annotation `kubernetes.io/ingress.class` stays as it is: which controller answers depends on it, and some know
//! nothing else.

use serde_json::{Map, Value, json};

use super::fields::{Fields, at, default, items, rename, take};
use crate::Problem;

pub(super) fn to_v1(object: &mut Value) -> Result<(), Problem> {
    let Some(spec) = at(object, &["spec"]) else {
        return Ok(());
    };
    rename(spec, "backend", "defaultBackend");
    if let Some(fields) = spec
        .get_mut("defaultBackend")
        .and_then(Value::as_object_mut)
    {
        backend(fields);
    }
    for rule in items(spec, "rules") {
        let Some(http) = rule.get_mut("http").and_then(Value::as_object_mut) else {
            continue;
        };
        for path in items(http, "paths") {
            default(path, "pathType", "ImplementationSpecific");
            if let Some(fields) = path.get_mut("backend").and_then(Value::as_object_mut) {
                backend(fields);
            }
        }
    }
    Ok(())
}

/// `serviceName` and `servicePort` (a number or a name) become `service`.
fn backend(fields: &mut Fields) {
    let mut service = Map::new();
    if let Some(name) = take(fields, "serviceName") {
        service.insert("name".to_owned(), name);
    }
    if let Some(port) = take(fields, "servicePort") {
        let port = match port {
            Value::String(name) => match name.parse::<u16>() {
                Ok(number) => json!({"number": number}),
                Err(_) => json!({"name": name}),
            },
            number => json!({"number": number}),
        };
        service.insert("port".to_owned(), port);
    }
    if !service.is_empty() {
        fields.insert("service".to_owned(), service.into());
    }
}
