//! Words for OpenAPI schemas, in the form in which Istio 1.4 wrote them. Must not know any definition.

use meshhost_piece::serde_json::Map;
use meshhost_piece::{Value, json};

/// An object with these fields: `object! { host: text(), ports: list(port()) }`.
macro_rules! object {
    ($($name:ident: $schema:expr),* $(,)?) => {
        $crate::crds::schema::object_of([$((stringify!($name), $schema)),*])
    };
}
pub(super) use object;

pub(super) fn object_of<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let properties: Map<_, _> = fields
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    json!({"type": "object", "properties": properties})
}

/// An object of which nothing is said.
pub(super) fn anything() -> Value {
    json!({"type": "object"})
}

pub(super) fn text() -> Value {
    json!({"type": "string", "format": "string"})
}

/// A text without format: durations.
pub(super) fn duration() -> Value {
    json!({"type": "string"})
}

/// A text of another format.
pub(super) fn formatted(format: &str) -> Value {
    json!({"type": "string", "format": format})
}

/// One of these texts.
pub(super) fn word(words: &[&str]) -> Value {
    json!({"type": "string", "enum": words})
}

pub(super) fn flag() -> Value {
    json!({"type": "boolean"})
}

/// A number without format: unsigned ones.
pub(super) fn count() -> Value {
    json!({"type": "integer"})
}

pub(super) fn int32() -> Value {
    json!({"type": "integer", "format": "int32"})
}

pub(super) fn int64() -> Value {
    json!({"type": "integer", "format": "int64"})
}

pub(super) fn double() -> Value {
    json!({"type": "number", "format": "double"})
}

pub(super) fn list(item: Value) -> Value {
    json!({"type": "array", "items": item})
}

pub(super) fn texts() -> Value {
    list(text())
}

/// Any keys, values of one schema.
pub(super) fn map(value: Value) -> Value {
    json!({"type": "object", "additionalProperties": value})
}

pub(super) fn labels() -> Value {
    map(text())
}

/// The same schema, null allowed.
pub(super) fn nullable(mut schema: Value) -> Value {
    schema["nullable"] = true.into();
    schema
}

/// The same object, in which exactly one of these fields is set.
pub(super) fn one_of(object: Value, fields: &[&str]) -> Value {
    let cases = fields.iter().map(|field| json!({"required": [field]}));
    one_of_cases(object, cases.collect())
}

/// The same object, for which exactly one of these cases holds.
pub(super) fn one_of_cases(mut object: Value, cases: Vec<Value>) -> Value {
    object["oneOf"] = cases.into();
    object
}
