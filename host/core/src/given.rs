//! What was given over the profile, as the documents that a revision keeps: in what two such lists differ, and one with a
//! difference put back. Owns the comparison; what the settings mean is not known here.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::path::{Path, Step};
use crate::{control_plane_api, installation};

/// A setting, or everything below one, that was given otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Changed {
    kind: &'static str,
    path: Path,
}

/// As it can be typed after `--set`.
impl std::fmt::Display for Changed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.path.fmt(f)
    }
}

const KINDS: [&str; 2] = [control_plane_api::KIND, installation::KIND];

/// In what two lists of documents differ: at most `most` places, by taking those together that stand together. Where a
/// piece comes from is not among it: that makes another piece, and no other setting.
#[must_use]
pub fn changed(before: &[Value], now: &[Value], most: usize) -> Vec<Changed> {
    let mut all = BTreeSet::new();
    for kind in KINDS {
        let (before, now) = (spec(before, kind), spec(now, kind));
        let mut paths = Vec::new();
        compare(Some(&before), Some(&now), &Path::root(), &mut paths);
        all.extend(
            paths
                .into_iter()
                .filter(|path| !is_source(path))
                .map(|path| Changed { kind, path }),
        );
    }
    let deepest = all.iter().map(|one| one.path.0.len()).max().unwrap_or(0);
    for depth in (1..=deepest).rev() {
        if all.len() <= most {
            break;
        }
        all = all
            .into_iter()
            .map(|mut one| {
                one.path.0.truncate(depth);
                one
            })
            .collect();
    }
    all.into_iter().collect()
}

/// The documents of now, with one difference as it was before.
#[must_use]
pub fn put_back(before: &[Value], now: &[Value], changed: &Changed) -> Vec<Value> {
    KINDS
        .into_iter()
        .filter_map(|kind| {
            let mut now = spec(now, kind);
            if kind == changed.kind {
                let keys: Vec<&str> = changed
                    .path
                    .0
                    .iter()
                    .filter_map(|step| match step {
                        Step::Key(key) => Some(key.as_str()),
                        Step::Index(_) => None,
                    })
                    .collect();
                let before = spec(before, kind);
                let earlier = keys
                    .iter()
                    .try_fold(&before, |at, key| at.as_object()?.get(*key));
                replace(&mut now, &keys, earlier);
            }
            document(kind, now)
        })
        .collect()
}

/// `spec` of all documents of a kind as one, pieces by name. `null` stays: it takes away what is below.
fn spec(documents: &[Value], kind: &str) -> Value {
    let mut merged = json!({});
    for document in documents {
        if document["kind"] != *kind {
            continue;
        }
        let mut spec = document["spec"].clone();
        if let Some(pieces) = spec.get_mut("pieces") {
            let by_name: Map<String, Value> = pieces
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|piece| {
                    let mut fields = piece.as_object()?.clone();
                    let name = fields.shift_remove("name")?.as_str()?.to_owned();
                    Some((name, Value::Object(fields)))
                })
                .collect();
            *pieces = Value::Object(by_name);
        }
        lay(&mut merged, spec);
    }
    merged
}

fn document(kind: &str, mut spec: Value) -> Option<Value> {
    if spec.as_object().is_none_or(Map::is_empty) {
        return None;
    }
    if let Some(Value::Object(pieces)) = spec.get_mut("pieces") {
        let list: Vec<Value> = std::mem::take(pieces)
            .into_iter()
            .map(|(name, fields)| {
                let mut piece = json!({ "name": name });
                lay(&mut piece, fields);
                piece
            })
            .collect();
        spec["pieces"] = Value::Array(list);
    }
    let api_version = if kind == installation::KIND {
        installation::API_VERSION
    } else {
        control_plane_api::API_VERSION
    };
    Some(json!({"apiVersion": api_version, "kind": kind, "spec": spec}))
}

fn lay(below: &mut Value, over: Value) {
    match (below, over) {
        (Value::Object(below), Value::Object(over)) => {
            for (key, value) in over {
                lay(below.entry(key).or_insert(Value::Null), value);
            }
        }
        (below, over) => *below = over,
    }
}

fn compare(before: Option<&Value>, now: Option<&Value>, at: &Path, into: &mut Vec<Path>) {
    let empty = Map::new();
    let map = |side: Option<&'_ Value>| match side {
        Some(Value::Object(map)) => Some(map.clone()),
        None => Some(empty.clone()),
        Some(_) => None,
    };
    match (map(before), map(now)) {
        _ if before == now => {}
        (Some(before), Some(now)) if !(before.is_empty() && now.is_empty()) => {
            let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
            for key in keys {
                compare(before.get(key), now.get(key), &at.key(key), into);
            }
        }
        _ => into.push(at.clone()),
    }
}

fn is_source(path: &Path) -> bool {
    matches!(path.0.as_slice(), [Step::Key(pieces), _, Step::Key(what), ..]
        if pieces == "pieces" && (what == "source" || what == "digest"))
}

fn replace(now: &mut Value, keys: &[&str], earlier: Option<&Value>) {
    let Some((first, rest)) = keys.split_first() else {
        *now = earlier.cloned().unwrap_or_else(|| json!({}));
        return;
    };
    if !now.is_object() {
        *now = json!({});
    }
    let Some(map) = now.as_object_mut() else {
        return;
    };
    if rest.is_empty() {
        match earlier {
            Some(earlier) => {
                map.insert((*first).to_owned(), earlier.clone());
            }
            None => {
                map.shift_remove(*first);
            }
        }
        return;
    }
    if earlier.is_some() || map.contains_key(*first) {
        replace(
            map.entry(*first).or_insert_with(|| json!({})),
            rest,
            earlier,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control_plane(spec: Value) -> Value {
        json!({"apiVersion": control_plane_api::API_VERSION, "kind": control_plane_api::KIND, "spec": spec})
    }

    fn pieces(pieces: Value) -> Value {
        json!({"apiVersion": installation::API_VERSION, "kind": installation::KIND, "spec": {"pieces": pieces}})
    }

    #[test]
    fn differences_are_named_and_put_back_one_by_one() {
        let before = vec![
            control_plane(
                json!({"profile": "default", "values": {"a": 1, "gone": [1], "same": true}}),
            ),
            pieces(
                json!([{"name": "cni", "enabled": true, "digest": "sha256:1", "settings": {"x": 1}}]),
            ),
        ];
        let now = vec![
            control_plane(
                json!({"profile": "demo", "values": {"a": 2, "same": true, "fresh": {"b": null}}}),
            ),
            pieces(
                json!([{"name": "cni", "enabled": true, "digest": "sha256:2", "settings": {"x": 2}}]),
            ),
        ];
        let found = changed(&before, &now, 20);
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "pieces.cni.settings.x",
                "profile",
                "values.a",
                "values.fresh.b",
                "values.gone"
            ]
        );
        let with = |path: &str| {
            let one = found.iter().find(|one| one.to_string() == path).unwrap();
            put_back(&before, &now, one)
        };
        assert_eq!(with("values.a")[0]["spec"]["values"]["a"], 1);
        assert_eq!(with("values.a")[0]["spec"]["profile"], "demo");
        assert_eq!(with("values.gone")[0]["spec"]["values"]["gone"], json!([1]));
        assert_eq!(
            with("values.fresh.b")[0]["spec"]["values"]["fresh"],
            json!({})
        );
        assert_eq!(with("profile")[0]["spec"]["profile"], "default");
        let piece = &with("pieces.cni.settings.x")[1]["spec"]["pieces"][0];
        assert_eq!(
            *piece,
            json!({"name": "cni", "enabled": true, "digest": "sha256:2", "settings": {"x": 1}})
        );
        assert!(changed(&now, &now, 20).is_empty());
    }

    #[test]
    fn many_differences_are_taken_together() {
        let many: Map<String, Value> = (0..50).map(|n| (format!("k{n}"), json!(n))).collect();
        let now = vec![control_plane(
            json!({"values": {"pilot": many, "galley": {"a": 1}}, "hub": "x"}),
        )];
        let told: Vec<String> = changed(&[], &now, 5)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(told, ["hub", "values.galley", "values.pilot"]);
        let found = changed(&[], &now, 5);
        assert_eq!(
            put_back(&[], &now, &found[2])[0]["spec"],
            json!({"hub": "x", "values": {"galley": {"a": 1}}})
        );
    }
}
