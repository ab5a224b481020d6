//! How much work it is to check a value against a schema. Owns the bound on it: schemas come from pieces, pieces from
//! strangers, and the validator that is used cannot be stopped once it runs. What schemas say is not known here.

use std::collections::HashMap;

use serde_json::Value;

/// Most sub-schemas that one value may be checked against, repetitions counted: some seconds of work.
const MOST: u64 = 2_000_000;
/// Deepest chain of references and alternatives, so that counting itself is safe.
const DEEPEST: usize = 500;

/// Whether checking stays within bounds.
///
/// # Errors
/// Why not, in words for the piece's author: the schema refers to itself without looking at a part of the value, or its
/// alternatives multiply, or it has a reference that cannot be followed.
pub fn affordable(schema: &Value, value: &Value) -> Result<(), String> {
    let mut count = Count {
        root: schema,
        known: HashMap::new(),
        depth: 0,
    };
    match count.of(schema, value)? {
        total if total > MOST => Err(format!(
            "its alternatives multiply to more than {MOST} checks"
        )),
        _ => Ok(()),
    }
}

/// Schema and value by where they are in memory: both stay in place while counting.
type Pair = (*const Value, *const Value);

struct Count<'a> {
    root: &'a Value,
    /// `None` while it is being counted.
    known: HashMap<Pair, Option<u64>>,
    depth: usize,
}

impl<'a> Count<'a> {
    fn of(&mut self, schema: &'a Value, value: &Value) -> Result<u64, String> {
        let pair: Pair = (schema, value);
        match self.known.get(&pair) {
            Some(Some(total)) => return Ok(*total),
            Some(None) => return Err("it refers to itself for the same value".to_owned()),
            None => {}
        }
        if self.depth == DEEPEST {
            return Err(format!(
                "it is more than {DEEPEST} references and alternatives deep"
            ));
        }
        self.depth += 1;
        self.known.insert(pair, None);
        let mut total = 1_u64;
        for part in self.same_value(schema)? {
            total = total.saturating_add(self.of(part, value)?);
        }
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    for part in for_key(schema, key) {
                        total = total.saturating_add(self.of(part, inner)?);
                    }
                }
            }
            Value::Array(list) => {
                let parts = for_entries(schema);
                for inner in list {
                    for part in &parts {
                        total = total.saturating_add(self.of(part, inner)?);
                    }
                }
            }
            _ => {}
        }
        self.depth -= 1;
        self.known.insert(pair, Some(total));
        Ok(total)
    }

    /// The parts of a schema that look at the same value.
    fn same_value(&self, schema: &'a Value) -> Result<Vec<&'a Value>, String> {
        if !std::ptr::eq(schema, self.root) && schema.get("$id").is_some_and(Value::is_string) {
            return Err("a part of it has an `$id` of its own".to_owned());
        }
        let mut parts = Vec::new();
        for word in ["$ref", "$dynamicRef", "$recursiveRef"] {
            let Some(reference) = schema.get(word).and_then(Value::as_str) else {
                continue;
            };
            let target = reference
                .strip_prefix('#')
                .and_then(|pointer| self.root.pointer(pointer));
            parts.push(target.ok_or_else(|| {
                format!(
                    "it refers to `{reference}`, which is no place in it such as `#/$defs/NAME`"
                )
            })?);
        }
        for word in ["allOf", "anyOf", "oneOf"] {
            parts.extend(
                schema
                    .get(word)
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten(),
            );
        }
        parts.extend(
            ["not", "if", "then", "else"]
                .iter()
                .filter_map(|word| schema.get(word)),
        );
        for word in ["dependentSchemas", "dependencies"] {
            let all = schema.get(word).and_then(Value::as_object);
            parts.extend(all.into_iter().flat_map(|all| all.values()));
        }
        Ok(parts)
    }
}

/// The parts of a schema that look at what stands under a key; a pattern is taken to match.
fn for_key<'a>(schema: &'a Value, key: &str) -> Vec<&'a Value> {
    let mut parts: Vec<&Value> = Vec::new();
    parts.extend(schema.get("properties").and_then(|all| all.get(key)));
    let patterns = schema.get("patternProperties").and_then(Value::as_object);
    parts.extend(patterns.into_iter().flat_map(|all| all.values()));
    let others = ["additionalProperties", "unevaluatedProperties"];
    parts.extend(others.iter().filter_map(|word| schema.get(word)));
    parts
}

/// The parts of a schema that look at the entries of a list.
fn for_entries(schema: &Value) -> Vec<&Value> {
    let words = [
        "items",
        "prefixItems",
        "additionalItems",
        "contains",
        "unevaluatedItems",
    ];
    words
        .iter()
        .filter_map(|word| schema.get(word))
        .flat_map(|part| match part {
            Value::Array(several) => several.iter().collect(),
            one => vec![one],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bounds_the_work() {
        let doubling: serde_json::Map<String, Value> = (0..40)
            .map(|level| {
                let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
                (format!("d{level}"), json!({"anyOf": [next, next]}))
            })
            .chain([("d40".to_owned(), json!(true))])
            .collect();
        let tree = json!({"$ref": "#/$defs/T", "$defs": {"T": {"type": "object", "additionalProperties": {"$ref": "#/$defs/T"}}}});
        for (schema, value, said) in [
            (json!({"type": "object"}), json!({"a": 1}), None),
            (tree, json!({"a": {"b": {"c": {}}}}), None),
            (
                json!({"$ref": "#"}),
                json!(1),
                Some("it refers to itself for the same value"),
            ),
            (
                json!({"anyOf": [{"not": {"$ref": "#"}}]}),
                json!(1),
                Some("it refers to itself for the same value"),
            ),
            (
                json!({"$ref": "#/$defs/d0", "$defs": doubling}),
                json!(1),
                Some("its alternatives multiply to more than 2000000 checks"),
            ),
            (
                json!({"$ref": "https://example.com/s"}),
                json!(1),
                Some(
                    "it refers to `https://example.com/s`, which is no place in it such as `#/$defs/NAME`",
                ),
            ),
        ] {
            assert_eq!(
                affordable(&schema, &value).err().as_deref(),
                said,
                "{schema}"
            );
        }
    }
}
