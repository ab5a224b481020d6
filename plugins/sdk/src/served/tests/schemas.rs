use serde_json::{Value, json};

use crate::served::{Unknown, structural};

const KEEP: &str = "x-kubernetes-preserve-unknown-fields";
const INT_OR_STRING: &str = "x-kubernetes-int-or-string";

/// What becomes of one place, a field of the root, where unknown fields are pruned.
fn pruned(schema: &Value) -> Value {
    let root = json!({"properties": {"it": schema}});
    let root = structural(root.as_object().unwrap().clone(), Unknown::Pruned);
    assert_eq!(root["type"], "object");
    root["properties"]["it"].clone()
}

#[test]
fn places() {
    let rows = [
        (
            "scalars stay",
            json!({"type": "string", "pattern": "^a"}),
            json!({"type": "string", "pattern": "^a"}),
        ),
        (
            "fields make an object",
            json!({"properties": {"a": {"type": "string"}}}),
            json!({"type": "object", "properties": {"a": {"type": "string"}}}),
        ),
        (
            "values make a map",
            json!({"additionalProperties": {"type": "string"}}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
        ),
        (
            "a map of anything",
            json!({"type": "object", "additionalProperties": true}),
            json!({"type": "object", KEEP: true}),
        ),
        (
            "items make a list",
            json!({"items": {"type": "string"}}),
            json!({"type": "array", "items": {"type": "string"}}),
        ),
        (
            "a list of anything",
            json!({"type": "array"}),
            json!({"type": "array", "items": {KEEP: true}}),
        ),
        (
            "an enum of texts",
            json!({"enum": ["a", "b"]}),
            json!({"enum": ["a", "b"], "type": "string"}),
        ),
        (
            "an enum of this and that",
            json!({"enum": ["a", 1]}),
            json!({"enum": ["a", 1], KEEP: true}),
        ),
        ("nothing said", json!({}), json!({KEEP: true})),
        (
            "only a description",
            json!({"description": "d"}),
            json!({"description": "d", KEEP: true}),
        ),
        (
            "a field that is called like a keyword",
            json!({"properties": {"type": {"type": "string"}, "description": {"type": "string"}}}),
            json!({"type": "object", "properties": {"type": {"type": "string"}, "description": {"type": "string"}}}),
        ),
        (
            "a number or a text",
            json!({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
            json!({INT_OR_STRING: true}),
        ),
        (
            "the same, one of",
            json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}),
            json!({INT_OR_STRING: true}),
        ),
        (
            "the same, by format",
            json!({"type": "string", "format": "int-or-string"}),
            json!({INT_OR_STRING: true}),
        ),
        (
            "said already",
            json!({INT_OR_STRING: true}),
            json!({INT_OR_STRING: true}),
        ),
    ];
    for (name, before, after) in rows {
        assert_eq!(pruned(&before), after, "{name}");
    }
}

#[test]
fn formats_that_the_server_does_not_know_go() {
    let rows = [
        (json!({"type": "string", "format": "string"}), None),
        (json!({"type": "string", "format": "dateTime"}), None),
        (
            json!({"type": "string", "format": "date-time"}),
            Some("date-time"),
        ),
        (json!({"type": "string", "format": "binary"}), None),
        (json!({"type": "integer", "format": "int32"}), Some("int32")),
        (json!({"type": "integer", "format": "uint32"}), None),
        (
            json!({"type": "number", "format": "double"}),
            Some("double"),
        ),
        (json!({"type": "boolean", "format": "int32"}), None),
    ];
    for (before, format) in rows {
        assert_eq!(
            pruned(&before).get("format").and_then(Value::as_str),
            format,
            "{before}"
        );
    }
}

#[test]
fn junctors() {
    let a =
        json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}});
    let with = |junctors: Value| {
        let mut schema = a.clone();
        for (key, value) in junctors.as_object().unwrap() {
            schema[key] = value.clone();
        }
        schema
    };
    let rows = [
        (
            "value validations stay",
            with(
                json!({"oneOf": [{"required": ["a"]}, {"required": ["b"], "properties": {"b": {"pattern": "x"}}}]}),
            ),
            with(
                json!({"oneOf": [{"required": ["a"]}, {"required": ["b"], "properties": {"b": {"pattern": "x"}}}]}),
            ),
        ),
        (
            "an empty word about a field stays",
            with(json!({"oneOf": [{"required": ["a"], "properties": {"b": {}}}]})),
            with(json!({"oneOf": [{"required": ["a"], "properties": {"b": {}}}]})),
        ),
        (
            "a type that the place has anyway",
            with(
                json!({"oneOf": [{"type": "object", "required": ["a"]}, {"required": ["b"], "description": "d"}]}),
            ),
            with(json!({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]})),
        ),
        (
            "one of, with less said, is any of",
            with(
                json!({"oneOf": [{"required": ["a"], "additionalProperties": false}, {"required": ["b"]}]}),
            ),
            with(json!({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]})),
        ),
        (
            "one of, with nothing left, is nothing",
            with(
                json!({"oneOf": [{"properties": {"a": {"type": "integer"}}}, {"additionalProperties": false}]}),
            ),
            a.clone(),
        ),
        (
            "a second any of",
            with(
                json!({"anyOf": [{"required": ["a"]}], "oneOf": [{"required": ["a"], "additionalProperties": false}]}),
            ),
            with(
                json!({"anyOf": [{"required": ["a"]}], "allOf": [{"anyOf": [{"required": ["a"]}]}]}),
            ),
        ),
        (
            "not, as it is",
            with(json!({"not": {"required": ["a"]}})),
            with(json!({"not": {"required": ["a"]}})),
        ),
        (
            "not, with less said, would refuse more",
            with(json!({"not": {"required": ["a"], "additionalProperties": false}})),
            a.clone(),
        ),
        (
            "a widened branch deep inside reaches the junctor around it",
            with(
                json!({"oneOf": [{"allOf": [{"required": ["a"], "x-kubernetes-list-type": "set"}]}, {"required": ["b"]}]}),
            ),
            with(json!({"anyOf": [{"allOf": [{"required": ["a"]}]}, {"required": ["b"]}]})),
        ),
        (
            "a field that only a branch names",
            with(json!({"anyOf": [{"required": ["c"], "properties": {"c": {"minLength": 1}}}]})),
            json!({"type": "object",
                "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {KEEP: true}},
                "anyOf": [{"required": ["c"], "properties": {"c": {"minLength": 1}}}]}),
        ),
        (
            "items that only a branch names",
            json!({"type": "array", "anyOf": [{"items": {"minimum": 1}}]}),
            json!({"type": "array", "items": {KEEP: true}, "anyOf": [{"items": {"minimum": 1}}]}),
        ),
        (
            "a branch about one key of a map",
            json!({"type": "object", "additionalProperties": {"type": "string"},
                "allOf": [{"properties": {"k": {"pattern": "x"}}, "required": ["k"]}]}),
            json!({"type": "object", "additionalProperties": {"type": "string"}, "allOf": [{"required": ["k"]}]}),
        ),
        (
            "metadata is not for a branch to narrow",
            with(
                json!({"allOf": [{"properties": {"metadata": {"required": ["x"]}}, "required": ["a"]}]}),
            ),
            with(json!({"allOf": [{"required": ["a"]}]})),
        ),
    ];
    for (name, before, after) in rows {
        assert_eq!(pruned(&before), after, "{name}");
    }
}

#[test]
fn the_root() {
    let root = json!({
        "nullable": true,
        "additionalProperties": {"type": "string"},
        "properties": {"metadata": {"required": ["labels"], "properties": {
            "name": {"type": "string", "maxLength": 20}, "labels": {"type": "object"}}}},
    });
    let raised = structural(root.as_object().unwrap().clone(), Unknown::Kept);
    assert_eq!(
        raised,
        json!({"type": "object", KEEP: true, "properties": {
            "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 20}}}}})
    );
}

#[test]
fn unknown_fields_are_kept_in_every_object() {
    let root = json!({"properties": {"spec": {"properties": {
        "list": {"type": "array", "items": {"type": "object"}},
        "map": {"type": "object", "additionalProperties": {"type": "object"}},
    }}}});
    let raised = structural(root.as_object().unwrap().clone(), Unknown::Kept);
    assert_eq!(
        raised,
        json!({"type": "object", KEEP: true, "properties": {"spec": {"type": "object", KEEP: true, "properties": {
            "list": {"type": "array", "items": {"type": "object", KEEP: true}},
            "map": {"type": "object", "additionalProperties": {"type": "object", KEEP: true}},
        }}}})
    );
}
