//! Field by field: what differs between an object as it is and as it would be. Owns the comparison and the masking of
//! secrets; must not know where the two came from.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Cause;

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// For example `spec.template.spec.containers[name=discovery].image`.
    pub path: String,
    /// What it is; absent when the field is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// What it would be; absent when the field would go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
    /// What makes it change, as far as that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Cause>,
}

/// What the server, and not a person, decides.
const BOOKKEEPING: [&str; 7] = [
    "managedFields",
    "resourceVersion",
    "uid",
    "generation",
    "creationTimestamp",
    "selfLink",
    "deletionGracePeriodSeconds",
];

/// Labels and annotations that tell nothing: those of the inventory are shown as adoption, and the counters of controllers
/// follow from what else changes.
const HIDDEN: [&str; 4] = [
    crate::inventory::PART_OF,
    crate::inventory::ADOPTED,
    "deprecated.daemonset.template.generation",
    "deployment.kubernetes.io/revision",
];

/// Compares a live object with what the server says it would be. Values of a Secret are masked; `status` and what only the
/// server writes are not looked at.
#[must_use]
pub fn changes(live: &Value, after: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    let empty = Map::new();
    let object = |value: &'_ Value| value.as_object().cloned().unwrap_or_default();
    let (mut before, mut then) = (object(live), object(after));
    for side in [&mut before, &mut then] {
        side.remove("status");
        if let Some(metadata) = side.get_mut("metadata").and_then(Value::as_object_mut) {
            for key in BOOKKEEPING {
                metadata.remove(key);
            }
            for field in ["labels", "annotations"] {
                if let Some(map) = metadata.get_mut(field).and_then(Value::as_object_mut) {
                    for key in HIDDEN {
                        map.remove(key);
                    }
                    if map.is_empty() {
                        metadata.remove(field);
                    }
                }
            }
        }
    }
    let secret = before.get("kind").or(then.get("kind")) == Some(&Value::from("Secret"));
    walk_maps("", Some(&before), Some(&then), &mut found, &empty);
    if secret {
        for change in &mut found {
            if ["data", "stringData"]
                .iter()
                .any(|field| change.path == *field || change.path.starts_with(&format!("{field}.")))
                || change.path.ends_with("last-applied-configuration\"]")
            {
                mask(&mut change.from, "*** (before)");
                mask(&mut change.to, "*** (after)");
            }
        }
    }
    found
}

/// A text about an object, without the values of a Secret: servers quote what they do not accept.
#[must_use]
pub fn masked(text: &str, object: &Value) -> String {
    if object.get("kind") != Some(&Value::from("Secret")) {
        return text.to_owned();
    }
    let mut secrets: Vec<String> = Vec::new();
    for field in ["data", "stringData"] {
        for value in object
            .get(field)
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::values)
        {
            match value {
                Value::String(value) => {
                    let decoded = STANDARD
                        .decode(value)
                        .ok()
                        .and_then(|bytes| String::from_utf8(bytes).ok());
                    secrets.extend(decoded.filter(|_| field == "data"));
                    secrets.push(value.clone());
                }
                Value::Null => {}
                other => secrets.push(other.to_string()),
            }
        }
    }
    // A secret may be a part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
        .iter()
        .filter(|secret| !secret.is_empty())
        .flat_map(|secret| {
            let escaped = Value::from(secret.as_str()).to_string();
            [escaped[1..escaped.len() - 1].to_owned(), secret.clone()]
        })
        .fold(text.to_owned(), |text, secret| text.replace(&secret, "***"))
}

/// An RFC 6901 pointer to a field as [`FieldChange::path`] spells it.
#[must_use]
pub fn path_of(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |path, key| {
        join(&path, &key.replace("~1", "/").replace("~0", "~"))
    })
}

fn mask(value: &mut Option<Value>, with: &str) {
    if value.is_some() {
        *value = Some(Value::from(with));
    }
}

fn walk(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    let empty = Map::new();
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            walk_maps(path, Some(before), Some(after), found, &empty);
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            match key_of(before).filter(|key| key_of(after) == Some(*key)) {
                Some(key) => walk_keyed(path, key, before, after, found),
                None if before.iter().chain(after).all(|item| !item.is_object())
                    || before.len() != after.len() =>
                {
                    push(
                        path,
                        Some(&Value::Array(before.clone())),
                        Some(&Value::Array(after.clone())),
                        found,
                    );
                }
                None => {
                    for (index, (before, after)) in before.iter().zip(after).enumerate() {
                        walk(
                            &format!("{path}[{index}]"),
                            Some(before),
                            Some(after),
                            found,
                        );
                    }
                }
            }
        }
        _ => push(path, before, after, found),
    }
}

fn walk_maps(
    path: &str,
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
    found: &mut Vec<FieldChange>,
    empty: &Map<String, Value>,
) {
    let (before, after) = (before.unwrap_or(empty), after.unwrap_or(empty));
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in keys {
        walk(&join(path, key), before.get(key), after.get(key), found);
    }
}

/// Lists of named things are compared by name, so that an insertion is not a change of all that follows.
fn key_of(items: &[Value]) -> Option<&'static str> {
    ["name", "mountPath", "containerPort", "port", "type", "uid"]
        .into_iter()
        .find(|key| {
            let mut seen = BTreeSet::new();
            !items.is_empty()
                && items.iter().all(|item| {
                    item.get(*key)
                        .is_some_and(|value| seen.insert(value.to_string()))
                })
        })
}

fn walk_keyed(
    path: &str,
    key: &str,
    before: &[Value],
    after: &[Value],
    found: &mut Vec<FieldChange>,
) {
    let name = |item: &Value| match item.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let find = |items: &'_ [Value], wanted: &str| -> Option<usize> {
        items.iter().position(|item| name(item) == wanted)
    };
    let start = found.len();
    for item in before {
        let wanted = name(item);
        let other = find(after, &wanted).map(|index| &after[index]);
        walk(&format!("{path}[{key}={wanted}]"), Some(item), other, found);
    }
    for item in after {
        let wanted = name(item);
        if find(before, &wanted).is_none() {
            walk(&format!("{path}[{key}={wanted}]"), None, Some(item), found);
        }
    }
    if found.len() == start {
        // The same items in another order.
        let order = |items: &[Value]| items.iter().map(|item| Value::from(name(item))).collect();
        push(path, Some(&order(before)), Some(&order(after)), found);
    }
}

fn push(path: &str, from: Option<&Value>, to: Option<&Value>, found: &mut Vec<FieldChange>) {
    found.push(FieldChange {
        path: path.to_owned(),
        from: from.cloned(),
        to: to.cloned(),
        because: Vec::new(),
    });
}

fn join(path: &str, key: &str) -> String {
    let plain = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    match (plain, path.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{path}.{key}"),
        (false, _) => format!("{path}[{}]", Value::from(key)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(live: Value, after: Value) -> Vec<String> {
        let text = |value: &Option<Value>| value.as_ref().map_or("-".into(), Value::to_string);
        changes(&live, &after)
            .iter()
            .map(|change| {
                format!(
                    "{}: {} -> {}",
                    change.path,
                    text(&change.from),
                    text(&change.to)
                )
            })
            .collect()
    }

    #[test]
    fn names_what_differs() {
        let with = |spec: Value| json!({"kind": "Deployment", "spec": spec});
        for (before, after, expected) in [
            (json!({"a": 1}), json!({"a": 1}), vec![]),
            (json!({"a": 1}), json!({"a": 2}), vec!["spec.a: 1 -> 2"]),
            (
                json!({}),
                json!({"a": {"b": 1}}),
                vec!["spec.a: - -> {\"b\":1}"],
            ),
            (json!({"a": 1}), json!({}), vec!["spec.a: 1 -> -"]),
            (
                json!({"c": [{"name": "x", "image": "1"}, {"name": "y"}]}),
                json!({"c": [{"name": "z"}, {"name": "x", "image": "2"}]}),
                vec![
                    "spec.c[name=x].image: \"1\" -> \"2\"",
                    "spec.c[name=y]: {\"name\":\"y\"} -> -",
                    "spec.c[name=z]: - -> {\"name\":\"z\"}",
                ],
            ),
            (
                json!({"c": [{"name": "x"}, {"name": "y"}]}),
                json!({"c": [{"name": "y"}, {"name": "x"}]}),
                vec!["spec.c: [\"x\",\"y\"] -> [\"y\",\"x\"]"],
            ),
            (
                json!({"c": [1, 2]}),
                json!({"c": [2]}),
                vec!["spec.c: [1,2] -> [2]"],
            ),
            (
                json!({"c": [{"a": {"q": 1}}]}),
                json!({"c": [{"a": {"q": 2}}]}),
                vec!["spec.c[0].a.q: 1 -> 2"],
            ),
            (
                json!({"a.b/c": 1}),
                json!({"a.b/c": 2}),
                vec!["spec[\"a.b/c\"]: 1 -> 2"],
            ),
        ] {
            assert_eq!(told(with(before), with(after)), expected);
        }
    }

    #[test]
    fn what_the_server_writes_is_no_change() {
        let before = json!({"metadata": {"resourceVersion": "1", "generation": 1, "managedFields": [],
            "annotations": {"deprecated.daemonset.template.generation": "1"}}, "status": {"a": 1}});
        let after = json!({"metadata": {"resourceVersion": "2", "generation": 2, "labels": {crate::inventory::PART_OF: "x"}}, "status": {}});
        assert_eq!(changes(&before, &after), []);
    }

    #[test]
    fn texts_about_secrets_do_not_quote_them() {
        let secret = json!({"kind": "Secret", "data": {"a": "aHVzaA==", "n": 12}, "stringData": {"b": "say \"x\"", "e": ""}});
        for (text, expected) in [
            ("illegal aHVzaA== (hush)", "illegal *** (***)"),
            (
                "expected string, got Value:12",
                "expected string, got Value:***",
            ),
            (r#"got "say \"x\"" or say "x""#, r#"got "***" or ***"#),
            ("data: too long", "data: too long"),
        ] {
            assert_eq!(masked(text, &secret), expected);
        }
        let config = json!({"kind": "ConfigMap", "data": {"a": "shown"}});
        assert_eq!(masked("got shown", &config), "got shown");
    }

    #[test]
    fn secrets_are_masked() {
        let secret = |data: Value| json!({"kind": "Secret", "metadata": {"labels": {"a": "b"}}, "data": data});
        assert_eq!(
            told(
                secret(json!({"old": "aHVzaA==", "both": "MQ=="})),
                secret(json!({"both": "Mg==", "new": "aHVzaA=="})),
            ),
            [
                "data.both: \"*** (before)\" -> \"*** (after)\"",
                "data.new: - -> \"*** (after)\"",
                "data.old: \"*** (before)\" -> -",
            ]
        );
    }
}
