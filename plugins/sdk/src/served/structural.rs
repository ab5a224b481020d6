//! Makes an OpenAPI schema structural, as `apiextensions.k8s.io/v1` demands (KEP-1693, "structural schemas"): a type in
//! every place, and nothing but value validations under `allOf`, `anyOf`, `oneOf` and `not`.
//!
//! The result does not refuse what the original accepts: a rule that cannot be said structurally is left out. One liberty
//! is taken: what a schema names fields of is an object, and what it describes items of is a list.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

mod kept_formats;

mod junctors;

use super::fields::Fields as Schema;
use junctors::weaken;

const KEEP: &str = "x-kubernetes-preserve-unknown-fields";
const INT_OR_STRING: &str = "x-kubernetes-int-or-string";

/// What happens to fields that a schema does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// They are stored as they come: `x-kubernetes-preserve-unknown-fields` in every object.
    Kept,
    /// They are dropped.
    Pruned,
}

/// The structural schema of a custom resource, from the schema of its root.
#[must_use]
pub fn structural(schema: Map<String, Value>, unknown: Unknown) -> Value {
    let mut schema = schema;
    schema.insert("type".to_owned(), "object".into());
    schema.shift_remove("nullable");
    if schema.shift_remove("additionalProperties").is_some() {
        schema.insert(KEEP.to_owned(), true.into());
    }
    // Metadata is known to the server; a schema may only say something of names.
    if let Some(metadata) = schema
        .get_mut("properties")
        .and_then(|properties| properties.get_mut("metadata"))
    {
        let mut known = Schema::new();
        if let Some(Value::Object(properties)) = metadata.get_mut("properties").map(Value::take) {
            known = properties
                .into_iter()
                .filter(|(name, _)| name == "name" || name == "generateName")
                .collect();
        }
        *metadata = json!({"type": "object"});
        if !known.is_empty() {
            metadata["properties"] = known.into();
        }
    }
    let mut root = place(schema, &[], unknown);
    // A place in the middle may be kept open; metadata may not be said to be.
    if let Some(metadata) = root
        .get_mut("properties")
        .and_then(|properties| properties.get_mut("metadata"))
        .and_then(Value::as_object_mut)
    {
        metadata.shift_remove(KEEP);
    }
    root.into()
}

/// A root schema that takes anything.
pub(super) fn open_object() -> Value {
    json!({"type": "object", KEEP: true})
}

/// Makes one place structural. `voices` are the schemas in junctors further out that speak of this place too.
fn place(mut schema: Schema, voices: &[Schema], unknown: Unknown) -> Schema {
    int_or_string(&mut schema);
    let voices: Vec<Schema> = voices
        .iter()
        .cloned()
        .chain(junctors::branches(&schema))
        .collect();
    if schema.get("type").is_none()
        && !is_int_or_string(&schema)
        && let Some(kind) = inferred(&schema)
    {
        schema.insert("type".to_owned(), kind.into());
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => object(&mut schema, &voices, unknown),
        Some("array") => array(&mut schema, &voices, unknown),
        Some(_) => {}
        None => {
            if !is_int_or_string(&schema) {
                // Anything at all may stand here; its parts are still looked at where the schema speaks of them.
                schema.insert(KEEP.to_owned(), true.into());
                if names(&schema, &voices).next().is_some() {
                    properties(&mut schema, &voices, unknown);
                }
                if schema.contains_key("items") || voices.iter().any(|v| v.contains_key("items")) {
                    array(&mut schema, &voices, unknown);
                }
            }
        }
    }
    kept_formats::strip(&mut schema);
    weaken(&mut schema);
    schema
}

fn object(schema: &mut Schema, voices: &[Schema], unknown: Unknown) {
    match schema.shift_remove("additionalProperties") {
        Some(Value::Object(values)) => {
            let values = place(values, &[], unknown);
            schema.insert("additionalProperties".to_owned(), values.into());
            return;
        }
        Some(Value::Bool(true)) => {
            schema.insert(KEEP.to_owned(), true.into());
        }
        _ => {}
    }
    properties(schema, voices, unknown);
    if unknown == Unknown::Kept {
        schema.insert(KEEP.to_owned(), true.into());
    }
}

fn properties(schema: &mut Schema, voices: &[Schema], unknown: Unknown) {
    let names: BTreeSet<String> = names(schema, voices).cloned().collect();
    if names.is_empty() {
        return;
    }
    let mut properties = match schema.shift_remove("properties") {
        Some(Value::Object(properties)) => properties,
        _ => Schema::new(),
    };
    for name in names {
        let own = match properties.get_mut(&name).map(Value::take) {
            Some(Value::Object(own)) => own,
            _ => Schema::new(),
        };
        let voices: Vec<Schema> = voices
            .iter()
            .filter_map(|voice| voice.get("properties")?.get(&name)?.as_object().cloned())
            .collect();
        properties.insert(name, place(own, &voices, unknown).into());
    }
    schema.insert("properties".to_owned(), properties.into());
}

fn array(schema: &mut Schema, voices: &[Schema], unknown: Unknown) {
    let own = match schema.shift_remove("items") {
        Some(Value::Object(own)) => own,
        _ => Schema::new(),
    };
    let voices: Vec<Schema> = voices
        .iter()
        .filter_map(|voice| voice.get("items")?.as_object().cloned())
        .collect();
    schema.insert("items".to_owned(), place(own, &voices, unknown).into());
}

/// Every field that the schema or a voice names. A nested `metadata` may only be named by the schema itself.
fn names<'a>(schema: &'a Schema, voices: &'a [Schema]) -> impl Iterator<Item = &'a String> {
    fn of(schema: &Schema) -> impl Iterator<Item = &String> {
        schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::keys)
    }
    of(schema).chain(
        voices
            .iter()
            .flat_map(of)
            .filter(|name| *name != "metadata"),
    )
}

/// The type that the keywords of a schema without one imply.
fn inferred(schema: &Schema) -> Option<&'static str> {
    if schema.contains_key("properties") || schema.contains_key("additionalProperties") {
        return Some("object");
    }
    if schema.contains_key("items") {
        return Some("array");
    }
    let mut kinds = schema
        .get("enum")?
        .as_array()?
        .iter()
        .map(|value| match value {
            Value::String(_) => Some("string"),
            Value::Bool(_) => Some("boolean"),
            _ => None,
        });
    let first = kinds.next()??;
    kinds.all(|kind| kind == Some(first)).then_some(first)
}

fn is_int_or_string(schema: &Schema) -> bool {
    schema.get(INT_OR_STRING) == Some(&Value::Bool(true))
}

/// A choice of integer and string, however it was written, has a keyword of its own.
fn int_or_string(schema: &mut Schema) {
    for junctor in ["anyOf", "oneOf"] {
        let Some(choices) = schema.get(junctor).and_then(Value::as_array) else {
            continue;
        };
        let bare = |kind: &str| choices.contains(&json!({"type": kind}));
        if choices.len() == 2 && bare("string") && bare("integer") && !schema.contains_key("type") {
            schema.shift_remove(junctor);
            schema.insert(INT_OR_STRING.to_owned(), true.into());
        }
    }
    if schema.get("format").and_then(Value::as_str) == Some("int-or-string") {
        schema.shift_remove("format");
        schema.shift_remove("type");
        schema.insert(INT_OR_STRING.to_owned(), true.into());
    }
}
