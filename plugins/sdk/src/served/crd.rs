//! CustomResourceDefinition `apiextensions.k8s.io/v1beta1` to `v1`: what was said once for all versions is said in each
//! version, and schemas become structural.

use serde_json::{Map, Value, json};

use super::fields::{Fields, at, default, items, rename, take};
use super::structural::{Unknown, open_object, structural};
use crate::Problem;

pub(super) fn to_v1(object: &mut Value) -> Result<(), Problem> {
    approval(object);
    let Some(spec) = at(object, &["spec"]) else {
        return Ok(());
    };
    // v1beta1 kept unknown fields unless told otherwise; v1 prunes, and can only be told otherwise within the schema.
    let unknown = match take(spec, "preserveUnknownFields") {
        Some(Value::Bool(false)) => Unknown::Pruned,
        _ => Unknown::Kept,
    };
    let shared = Shared {
        schema: take(spec, "validation"),
        subresources: take(spec, "subresources"),
        columns: take(spec, "additionalPrinterColumns"),
    };
    if let Some(name) = take(spec, "version")
        && spec
            .get("versions")
            .and_then(Value::as_array)
            .is_none_or(Vec::is_empty)
    {
        spec.insert(
            "versions".to_owned(),
            json!([{"name": name, "served": true, "storage": true}]),
        );
    }
    for version in items(spec, "versions") {
        shared.say_in(version, unknown);
    }
    if let Some(conversion) = spec.get_mut("conversion").and_then(Value::as_object_mut) {
        webhook(conversion);
    }
    Ok(())
}

/// What v1beta1 could say once for all versions.
struct Shared {
    schema: Option<Value>,
    subresources: Option<Value>,
    columns: Option<Value>,
}

impl Shared {
    fn say_in(&self, version: &mut Fields, unknown: Unknown) {
        let schema = take(version, "schema").or_else(|| self.schema.clone());
        let schema =
            schema.and_then(|mut schema| at(&mut schema, &[])?.shift_remove("openAPIV3Schema"));
        let schema = match schema {
            Some(Value::Object(schema)) => structural(schema, unknown),
            _ => open_object(),
        };
        version.insert("schema".to_owned(), json!({"openAPIV3Schema": schema}));
        if let Some(subresources) = &self.subresources {
            default(version, "subresources", subresources.clone());
        }
        if let Some(columns) = &self.columns {
            default(version, "additionalPrinterColumns", columns.clone());
        }
        for column in items(version, "additionalPrinterColumns") {
            rename(column, "JSONPath", "jsonPath");
        }
    }
}

/// The fields of a conversion by webhook moved together.
fn webhook(conversion: &mut Fields) {
    let client = take(conversion, "webhookClientConfig");
    let versions = take(conversion, "conversionReviewVersions");
    if conversion.get("strategy").and_then(Value::as_str) != Some("Webhook") {
        return;
    }
    let mut webhook = Map::new();
    if let Some(client) = client {
        webhook.insert("clientConfig".to_owned(), client);
    }
    webhook.insert(
        "conversionReviewVersions".to_owned(),
        versions.unwrap_or_else(|| json!(["v1beta1"])),
    );
    conversion.insert("webhook".to_owned(), webhook.into());
}

/// v1 demands a word on whether the Kubernetes community approved an API in one of its own groups (KEP-1111).
fn approval(object: &mut Value) {
    const SAID: &str = "api-approved.kubernetes.io";
    let group = object
        .pointer("/spec/group")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let protected = ["k8s.io", "kubernetes.io"].iter().any(|domain| {
        group
            .strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    if !protected {
        return;
    }
    if let Some(metadata) = at(object, &["metadata"]) {
        default(metadata, "annotations", json!({}));
        if let Some(annotations) = metadata
            .get_mut("annotations")
            .and_then(Value::as_object_mut)
        {
            default(
                annotations,
                SAID,
                "unapproved, written before approval was asked for",
            );
        }
    }
}
