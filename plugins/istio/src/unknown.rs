//! Finds keys that a typed tree does not have, by the type's JSON Schema. Owns the walk; knows no key.

use meshhost_piece::schemars::{JsonSchema, generate::SchemaSettings};
use meshhost_piece::serde_json::Value;

/// Takes out of `tree` all keys that `V` refuses, and returns their dotted paths.
pub(crate) fn take<V: JsonSchema>(tree: &mut Value) -> Vec<String> {
    let schema = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<V>();
    let mut found = Vec::new();
    walk(schema.as_value(), tree, "", &mut found);
    found
}

fn walk(schema: &Value, tree: &mut Value, path: &str, found: &mut Vec<String>) {
    let (Some(properties), Value::Object(map)) = (properties(schema), tree) else {
        return;
    };
    map.retain(|key, value| {
        let here = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        match properties.get(key) {
            Some(schema) => {
                walk(schema, value, &here, found);
                true
            }
            None => {
                found.push(here);
                false
            }
        }
    });
}

/// The properties of a schema that refuses all others; an optional struct is an `anyOf` of it and null.
fn properties(schema: &Value) -> Option<&meshhost_piece::serde_json::Map<String, Value>> {
    if let Some(cases) = schema.get("anyOf").and_then(Value::as_array) {
        return cases.iter().find_map(properties);
    }
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return None;
    }
    schema.get("properties")?.as_object()
}
