//! Reading and moving fields of objects that are plain JSON. What is not of the expected type is left for the API server
//! to judge: a conversion must not hide a mistake.

use serde_json::{Map, Value};

/// The fields of an object.
pub(super) type Fields = Map<String, Value>;

/// A text field, empty when it is not there.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The fields at a path, if there are any.
pub(super) fn at<'a>(value: &'a mut Value, path: &[&str]) -> Option<&'a mut Fields> {
    let mut here = value;
    for key in path {
        here = here.get_mut(key)?;
    }
    here.as_object_mut()
}

/// The items of a list of objects.
pub(super) fn items<'a>(fields: &'a mut Fields, key: &str) -> impl Iterator<Item = &'a mut Fields> {
    fields
        .get_mut(key)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
}

/// Sets a field that is absent or null: the older version's default, where the newer one has another.
pub(super) fn default(fields: &mut Fields, key: &str, value: impl Into<Value>) {
    if fields.get(key).is_none_or(Value::is_null) {
        fields.insert(key.to_owned(), value.into());
    }
}

/// Takes a field out; null counts as absent.
pub(super) fn take(fields: &mut Fields, key: &str) -> Option<Value> {
    fields.shift_remove(key).filter(|value| !value.is_null())
}

/// Gives a field another name.
pub(super) fn rename(fields: &mut Fields, from: &str, to: &str) {
    if let Some(value) = take(fields, from) {
        fields.insert(to.to_owned(), value);
    }
}
