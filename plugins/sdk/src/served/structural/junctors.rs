//! `allOf`, `anyOf`, `oneOf` and `not`: only value validations may stand in them. Types, descriptions and the like are
//! taken out, and where that makes a branch accept more than it did, the junctor around it is changed so that the whole
//! still accepts everything it accepted.

use serde_json::{Value, json};

use super::super::fields::Fields as Schema;

const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Every branch of every junctor of a schema, those of nested junctors too.
pub(super) fn branches(schema: &Schema) -> Vec<Schema> {
    let mut found = Vec::new();
    collect(schema, &mut found);
    found
}

fn collect(schema: &Schema, found: &mut Vec<Schema>) {
    let lists = LISTS
        .iter()
        .filter_map(|junctor| schema.get(*junctor)?.as_array())
        .flatten();
    for branch in lists.chain(schema.get("not")).filter_map(Value::as_object) {
        found.push(branch.clone());
        collect(branch, found);
    }
}

/// Takes what is not a value validation out of the junctors of a schema that is otherwise structural.
pub(super) fn weaken(schema: &mut Schema) {
    let place = schema.clone();
    junctors(schema, &place);
}

/// Whether anything in the junctors now accepts more than before.
fn junctors(schema: &mut Schema, place: &Schema) -> bool {
    let mut wider = false;
    for junctor in LISTS {
        let Some(Value::Array(mut choices)) = schema.shift_remove(junctor) else {
            continue;
        };
        let mut widened = false;
        for choice in choices.iter_mut().filter_map(Value::as_object_mut) {
            widened |= branch(choice, place);
        }
        wider |= widened;
        if !widened || junctor != "oneOf" {
            insert(schema, junctor, choices);
        } else if choices.iter().all(|choice| choice != &json!({})) {
            // Two of the branches may now hold at once, so that "one of" would refuse what it accepted.
            insert(schema, "anyOf", choices);
        }
    }
    if let Some(Value::Object(mut negated)) = schema.shift_remove("not") {
        if branch(&mut negated, place) {
            // The opposite of more is less: without it nothing is refused.
            wider = true;
        } else {
            schema.insert("not".to_owned(), negated.into());
        }
    }
    wider
}

/// Puts a junctor back; a second one of its kind goes into `allOf`.
fn insert(schema: &mut Schema, junctor: &str, choices: Vec<Value>) {
    if schema.contains_key(junctor) {
        let all = schema.entry("allOf").or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.push(json!({junctor: choices}));
        }
    } else {
        schema.insert(junctor.to_owned(), choices.into());
    }
}

/// Reduces a branch to value validations of a structural `place`. Whether it now accepts more.
fn branch(branch: &mut Schema, place: &Schema) -> bool {
    super::kept_formats::strip(branch);
    let mut wider = false;
    branch.retain(|keyword, value| match keyword.as_str() {
        "title" | "description" | "default" | "nullable" => false,
        // The place says it already.
        "type" => {
            wider |= place.get("type") != Some(value);
            false
        }
        "additionalProperties" => {
            wider = true;
            false
        }
        extension if extension.starts_with("x-") => {
            wider = true;
            false
        }
        _ => true,
    });
    if let Some(properties) = branch.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, value| {
            let known = place
                .get("properties")
                .and_then(|properties| properties.get(name))
                .and_then(Value::as_object);
            match (known, value.as_object_mut()) {
                (Some(known), Some(value)) if name != "metadata" => {
                    wider |= self::branch(value, known);
                    true
                }
                // There is no place to speak of: under a map, or metadata, which must not be narrowed.
                (_, value) => {
                    wider |= value.is_none_or(|value| !value.is_empty());
                    false
                }
            }
        });
        if properties.is_empty() {
            branch.shift_remove("properties");
        }
    }
    if let Some(items) = branch.get_mut("items").and_then(Value::as_object_mut) {
        match place.get("items").and_then(Value::as_object) {
            Some(known) => wider |= self::branch(items, known),
            None => {
                branch.shift_remove("items");
                wider = true;
            }
        }
    }
    // Some formats only mean something next to a type.
    wider |= super::kept_formats::strip(branch);
    wider | junctors(branch, place)
}
