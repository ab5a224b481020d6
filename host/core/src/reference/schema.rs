//! A schema as a list of keys. Owns walking it and the words for types; which settings these are is not known here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Key;
use crate::path::{Path, Step};
use crate::schema_view::SchemaView;

/// The kind of a map whose keys are listed themselves.
pub(super) const GROUP: &str = "a map";
/// Schemas can refer to themselves, and are written by strangers.
const DEEPEST: usize = 14;
const MOST: usize = 20_000;
/// Stands for any key.
const ANY: &str = "NAME";

/// One key of a schema.
pub(super) struct Found {
    pub(super) path: Path,
    kind: String,
    default: Option<Value>,
    summary: String,
}

impl Found {
    pub(super) fn into_key(self, path: &Path, goes_to: Vec<String>) -> Key {
        Key {
            path: path.to_string(),
            kind: self.kind,
            default: self.default,
            profiles: BTreeMap::new(),
            summary: self.summary,
            goes_to,
        }
    }
}

/// Every key below a path; `default` is what the schema above has as the default of the place.
pub(super) fn walk(view: SchemaView<'_>, from: &Path, default: Option<&Value>) -> Vec<Found> {
    let mut found = Vec::new();
    let own = word(view, from, "default");
    below(view, from, default.or(own), 0, &mut found);
    found
}

fn below(
    view: SchemaView<'_>,
    at: &Path,
    default: Option<&Value>,
    depth: usize,
    found: &mut Vec<Found>,
) {
    if depth > DEEPEST || found.len() >= MOST {
        return;
    }
    let names = view.properties(at);
    for name in &names {
        one(view, at.key(name), default, depth, found);
    }
    if names.is_empty() {
        // Names that are free, and entries of lists, are listed when there is something in them.
        for inner in [at.key(ANY), at.index(0)] {
            if !view.properties(&inner).is_empty() {
                below(view, &inner, None, depth + 1, found);
            }
        }
    }
}

fn one(
    view: SchemaView<'_>,
    path: Path,
    above: Option<&Value>,
    depth: usize,
    found: &mut Vec<Found>,
) {
    let name = match path.0.last() {
        Some(Step::Key(name)) => name.as_str(),
        _ => "",
    };
    // What the default of the whole leaves out has none.
    let default = match above {
        Some(Value::Object(above)) => above.get(name),
        _ => word(view, &path, "default"),
    }
    .filter(|default| !default.is_null());
    let group = !view.properties(&path).is_empty();
    found.push(Found {
        kind: if group {
            GROUP.to_owned()
        } else {
            kind(view, &path, 0)
        },
        default: default.filter(|_| !group).cloned(),
        summary: word(view, &path, "description")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        path: path.clone(),
    });
    below(view, &path, default, depth + 1, found);
}

/// A word of the schema at a path; what stands nearer counts more than what is referred to.
fn word<'a>(view: SchemaView<'a>, path: &Path, word: &str) -> Option<&'a Value> {
    view.parts(path).into_iter().find_map(|part| part.get(word))
}

/// What may stand at a path, in words.
fn kind(view: SchemaView<'_>, path: &Path, depth: usize) -> String {
    let parts = view.parts(path);
    let mut options: Vec<String> = Vec::new();
    let mut types: Vec<&str> = Vec::new();
    for part in &parts {
        let listed = part.get("enum").and_then(Value::as_array);
        for option in listed.into_iter().flatten().chain(part.get("const")) {
            let text = match option {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if !options.contains(&text) {
                options.push(text);
            }
        }
        let named = match part.get("type") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        for name in named {
            if name != "null" && !types.contains(&name) {
                types.push(name);
            }
        }
    }
    if !options.is_empty() {
        let shown: Vec<String> = options
            .iter()
            .map(|option| match option.as_str() {
                "" => "nothing".to_owned(),
                text => format!("`{text}`"),
            })
            .collect();
        return format!("one of {}", shown.join(", "));
    }
    let mut words: Vec<String> = types
        .iter()
        .map(|name| typed(view, path, name, depth))
        .collect();
    words.dedup();
    if words.is_empty() {
        "anything".to_owned()
    } else {
        words.join(" or ")
    }
}

fn typed(view: SchemaView<'_>, path: &Path, name: &str, depth: usize) -> String {
    let inner = |path: &Path| match depth {
        0..4 => kind(view, path, depth + 1),
        _ => "anything".to_owned(),
    };
    match name {
        "boolean" => "true or false".to_owned(),
        "integer" | "number" => {
            let word_ = if name == "integer" {
                "a whole number"
            } else {
                "a number"
            };
            let bound = |key: &str| word(view, path, key).map(plain);
            match (bound("minimum"), bound("maximum")) {
                (Some(least), Some(most)) => format!("{word_} from {least} to {most}"),
                (Some(least), None) => format!("{word_} from {least}"),
                (None, Some(most)) => format!("{word_} up to {most}"),
                (None, None) => word_.to_owned(),
            }
        }
        "string" => "a text".to_owned(),
        "array" => match plural(&inner(&path.index(0))) {
            Some(items) => format!("a list of {items}"),
            None => "a list".to_owned(),
        },
        "object" => {
            let free = view.parts(path).iter().any(|part| {
                part.get("additionalProperties")
                    .is_some_and(Value::is_object)
            });
            match plural(&inner(&path.key(ANY))).filter(|_| free) {
                Some(items) => format!("a map of {items}"),
                None => GROUP.to_owned(),
            }
        }
        other => other.to_owned(),
    }
}

/// `65535`, where the schema may say `65535.0`.
fn plain(number: &Value) -> String {
    match number.as_f64() {
        Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => format!("{float:.0}"),
        _ => number.to_string(),
    }
}

fn plural(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "a text" => "texts",
        "a map" => "maps",
        "a list" => "lists",
        "true or false" => "true or false",
        other if other.starts_with("a whole number") => "whole numbers",
        other if other.starts_with("a number") => "numbers",
        other if other.starts_with("a map of") => "maps",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_have_types_defaults_and_descriptions() {
        let schema = json!({
            "default": {"b": {"x": 7}, "l": []},
            "properties": {
                "b": {"$ref": "#/$defs/B", "description": "of the property\nin two lines"},
                "e": {"anyOf": [{"oneOf": [{"const": "A"}, {"const": "B"}]}, {"type": "null"}], "description": "e"},
                "f": {"type": "object", "additionalProperties": {"$ref": "#/$defs/B"}, "description": "f"},
                "l": {"type": "array", "items": {"$ref": "#/$defs/B"}, "description": "l"},
                "m": {"type": "object", "additionalProperties": {"type": "string"}, "description": "m"},
                "t": {"type": ["string", "integer", "null"], "description": "t"},
            },
            "$defs": {"B": {"type": "object", "description": "of the type", "properties": {
                "x": {"type": "integer", "minimum": 0.0, "maximum": 65535, "default": 1, "description": "x"},
            }}},
        });
        let told: Vec<String> = walk(SchemaView::new(&schema), &Path::root(), None)
            .into_iter()
            .map(|found| {
                let default = found
                    .default
                    .map(|default| format!(" = {default}"))
                    .unwrap_or_default();
                format!(
                    "{}: {}{default} ({})",
                    found.path, found.kind, found.summary
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "b: a map (of the property in two lines)",
                "b.x: a whole number from 0 to 65535 = 7 (x)",
                "e: one of `A`, `B` (e)",
                "f: a map of maps (f)",
                "f.NAME.x: a whole number from 0 to 65535 = 1 (x)",
                "l: a list of maps = [] (l)",
                "l[0].x: a whole number from 0 to 65535 = 1 (x)",
                "m: a map of texts (m)",
                "t: a text or a whole number (t)",
            ]
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema =
            json!({"properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}, "c": {"$ref": "#"}}});
        assert!(walk(SchemaView::new(&schema), &Path::root(), None).len() <= MOST + DEEPEST * 3);
    }
}
