//! A look into a JSON Schema: which properties it knows at a path, and of which types they are. Owns following references
//! and alternatives; checking values against a schema is not done here.

use serde_json::Value;

use crate::path::{Path, Step};

/// How many references and alternatives are followed from one place: schemas may refer to themselves, and are written by
/// strangers.
const MAX_STEPS: usize = 64;

/// A schema, seen as a tree of properties.
#[derive(Debug, Clone, Copy)]
pub struct SchemaView<'a> {
    root: &'a Value,
}

impl<'a> SchemaView<'a> {
    /// A whole schema.
    #[must_use]
    pub fn new(root: &'a Value) -> Self {
        Self { root }
    }

    /// The names of properties that the schema knows at a path, in its order.
    #[must_use]
    pub fn properties(&self, path: &Path) -> Vec<&'a str> {
        let mut names: Vec<&str> = Vec::new();
        for schema in self.parts(path) {
            if let Some(Value::Object(properties)) = schema.get("properties") {
                for name in properties.keys() {
                    if !names.contains(&name.as_str()) {
                        names.push(name);
                    }
                }
            }
        }
        names
    }

    /// Whether something may stand at this path, be it named or under a name that is free.
    #[must_use]
    pub fn allows(&self, path: &Path) -> bool {
        if !self.parts(path).is_empty() {
            return true;
        }
        // Below a map that takes any name, everything is free.
        (0..path.0.len()).any(|depth| {
            self.parts(&Path(path.0[..depth].to_vec()))
                .iter()
                .any(|schema| {
                    let map = schema.get("type").is_some_and(|kind| kind == "object");
                    let closed = ["additionalProperties", "unevaluatedProperties"]
                        .iter()
                        .any(|word| schema.get(word).is_some());
                    **schema == Value::Bool(true) || map && !closed
                })
        })
    }

    /// Whether the schema names the last step of this path as a property.
    #[must_use]
    pub fn names(&self, path: &Path) -> bool {
        let Some((Step::Key(last), above)) = path.0.split_last() else {
            return false;
        };
        self.properties(&Path(above.to_vec()))
            .contains(&last.as_str())
    }

    /// Whether a value of that type (`string`, `boolean` …) may stand at a path, by a `type`, `enum` or `const` that says
    /// so; a place of any type says nothing.
    #[must_use]
    pub fn says(&self, path: &Path, kind: &str) -> bool {
        self.parts(path).iter().any(|schema| {
            let typed = match schema.get("type") {
                Some(Value::String(one)) => one == kind,
                Some(Value::Array(several)) => several.iter().any(|one| one == kind),
                _ => false,
            };
            let texts = |value: &Value| kind == "string" && value.is_string();
            typed
                || schema.get("type").is_none()
                    && (schema.get("const").is_some_and(texts)
                        || schema
                            .get("enum")
                            .and_then(Value::as_array)
                            .is_some_and(|values| values.iter().any(texts)))
        })
    }

    /// Every part of the schema that speaks of a path; what stands there itself comes before what it refers to.
    #[must_use]
    pub fn parts(&self, path: &Path) -> Vec<&'a Value> {
        let mut here = Vec::new();
        self.open(self.root, &mut here, &mut 0);
        for step in &path.0 {
            let mut next = Vec::new();
            for schema in here {
                match step {
                    Step::Key(key) => match schema.get("properties").and_then(|all| all.get(key)) {
                        Some(property) => self.open(property, &mut next, &mut 0),
                        None => {
                            if let Some(any) = schema.get("additionalProperties") {
                                self.open(any, &mut next, &mut 0);
                            }
                        }
                    },
                    Step::Index(_) => {
                        if let Some(items) = schema.get("items") {
                            self.open(items, &mut next, &mut 0);
                        }
                    }
                }
            }
            here = next;
        }
        here
    }

    /// A schema and everything that it refers to or is an alternative in it; what allows nothing is left out.
    fn open(&self, schema: &'a Value, into: &mut Vec<&'a Value>, steps: &mut usize) {
        *steps += 1;
        let known = || into.iter().any(|known| std::ptr::eq(*known, schema));
        if *steps > MAX_STEPS || *schema == Value::Bool(false) || known() {
            return;
        }
        into.push(schema);
        if let Some(target) = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| reference.strip_prefix('#'))
            .and_then(|pointer| self.root.pointer(pointer))
        {
            self.open(target, into, steps);
        }
        for word in ["allOf", "anyOf", "oneOf"] {
            for part in schema
                .get(word)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                self.open(part, into, steps);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn follows_references_and_alternatives() {
        let schema = json!({
            "type": "object",
            "properties": {
                "a": {"$ref": "#/$defs/a"},
                "b": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]},
                "c": {"type": "object", "additionalProperties": {"type": "integer"}},
                "d": {"type": "array", "items": {"properties": {"x": {"type": ["string", "null"]}}}},
                "e": {"enum": ["x"]},
                "g": {"type": "object"},
                "h": {"anyOf": [{"type": "object", "additionalProperties": false}, {"type": "null"}]},
            },
            "additionalProperties": false,
            "$defs": {"a": {"type": "object", "properties": {"again": {"$ref": "#/$defs/a"}, "text": {"type": "string"}}}},
        });
        let view = SchemaView::new(&schema);
        assert_eq!(
            view.properties(&Path::root()),
            ["a", "b", "c", "d", "e", "g", "h"]
        );
        assert_eq!(
            view.properties(&Path::of("b.again.again")),
            ["again", "text"]
        );
        for (path, kind, says) in [
            ("a.text", "string", true),
            ("a.text", "boolean", false),
            ("c.any", "integer", true),
            ("d[3].x", "string", true),
            ("e", "string", true),
        ] {
            assert_eq!(view.says(&Path::lenient(path), kind), says, "{path}");
        }
        for (path, allowed) in [
            ("c.any", true),
            ("f", false),
            ("a.none", true),
            ("h.none", false),
            ("g.any.thing", true),
        ] {
            assert_eq!(view.allows(&Path::of(path)), allowed, "{path}");
        }
        assert!(view.names(&Path::of("c")) && !view.names(&Path::of("c.any")));
    }
}
