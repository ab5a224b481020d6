//! Revisions: what is recorded of each apply. Owns the record; must not know where and how it is stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::id::ObjectId;

/// One apply, recorded before the first object is written and again when it has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// Counts from 1, without gaps in one installation's life.
    pub number: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// What was asked for.
    pub request: RevisionRequest,
    /// The revision whose objects were brought back; absent when the objects were rendered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
    /// The objects, sorted by identity.
    pub objects: Vec<RecordedObject>,
}

/// How an apply ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "why", rename_all = "lowercase")]
pub enum Outcome {
    /// It has not ended: it is running, or it was killed.
    Pending,
    /// All was applied, and ready if that was waited for.
    Done,
    /// It stopped, and why.
    Failed(String),
}

/// What an apply was asked to do, in the caller's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevisionRequest {
    /// The tool and its version, for example `meshhost 0.1.0`.
    pub tool: String,
    /// When, RFC 3339.
    pub at: String,
    /// Who, as far as the caller knows; may be empty.
    pub by: String,
    /// The settings as they were given; not looked into.
    pub settings: Value,
    /// The pieces that took part, in the order of the installation.
    pub pieces: Vec<RecordedPiece>,
    /// [Digest](crate::provenance::digest) of the bundle; empty where none was made.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub bundle: String,
}

impl Outcome {
    /// One word: `pending`, `done` or `failed`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Failed(_) => "failed",
        }
    }
}

impl RevisionRequest {
    /// Whether both ask for the same, whoever asks when.
    #[must_use]
    pub fn asks_the_same(&self, other: &Self) -> bool {
        self.settings == other.settings && self.pieces == other.pieces && self.tool == other.tool
    }
}

/// A piece that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedPiece {
    /// Its name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// `sha256:…` of the component.
    pub digest: String,
    /// Where it came from: `built-in`, a file, a registry reference.
    pub source: String,
    /// `sha256:…` of the chart that it rendered, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
    /// The files that it was handed, by wish.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<RecordedFiles>,
}

impl RecordedPiece {
    /// Whether it would make the same of the same settings: the same component, chart and files.
    #[must_use]
    pub fn makes_the_same(&self, other: &Self) -> bool {
        self.digest == other.digest && self.chart == other.chart && self.files == other.files
    }
}

/// What a piece was granted under one wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFiles {
    /// The wish.
    pub wish: String,
    /// How many files.
    pub count: usize,
    /// [`digest`](crate::granted::digest) of their paths below the granted folder and their contents.
    pub digest: String,
}

/// An object that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedObject {
    /// Which.
    pub id: ObjectId,
    /// In which version of its API it was sent.
    pub api_version: String,
    /// The piece it came from.
    pub piece: String,
    /// [`digest`] of what was sent.
    pub digest: String,
    /// What the server made of it; absent until it was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Applied>,
}

/// What tells that nobody has changed an object since it was applied.
///
/// The API server takes a field out of our part of `managedFields` when somebody else changes or removes it. So if what we
/// send is the same as then (`digest`), the object is the same (`uid`) and our part of `managedFields` is the same
/// (`fields`), then applying it again would change nothing, whatever the server has made of defaults, quantities or list
/// orders: this needs no schema and no request of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The object's `metadata.uid`.
    pub uid: String,
    /// [`owned_fields`] after it was applied.
    pub fields: String,
}

impl Applied {
    /// What the server's answer to an apply, or a live object, says.
    #[must_use]
    pub fn of(live: &Value, field_manager: &str) -> Option<Self> {
        Some(Self {
            uid: live.pointer("/metadata/uid")?.as_str()?.to_owned(),
            fields: owned_fields(live, field_manager)?,
        })
    }
}

/// Digest of the fields that a manager owns by applying; `None` when it owns none.
#[must_use]
pub fn owned_fields(live: &Value, field_manager: &str) -> Option<String> {
    let entries = live.pointer("/metadata/managedFields")?.as_array()?;
    let ours: Vec<&Value> = entries
        .iter()
        .filter(|entry| {
            entry.get("manager").and_then(Value::as_str) == Some(field_manager)
                && entry.get("operation").and_then(Value::as_str) == Some("Apply")
                && entry.get("subresource").is_none()
        })
        .collect();
    match ours.as_slice() {
        [one] => Some(digest(&serde_json::json!([
            one.get("apiVersion"),
            one.get("fieldsV1"),
        ]))),
        // Two entries are two versions of the API: applying again merges them, which is a change.
        _ => None,
    }
}

/// Digest of a JSON value that does not depend on the order of keys: 32 hexadecimal digits of SHA-256.
#[must_use]
pub fn digest(value: &Value) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    Sha256::digest(text)
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A JSON text that does not depend on the order of keys.
pub(crate) fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            text.push('{');
            for key in keys {
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                canonical(&map[key], text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn digest_ignores_the_order_of_keys_only() {
        let a = digest(&json!({"a": 1, "b": {"c": [1, 2], "d": "x"}}));
        assert_eq!(a, digest(&json!({"b": {"d": "x", "c": [1, 2]}, "a": 1})));
        assert_eq!(a.len(), 32);
        for other in [
            json!({"a": 1, "b": {"c": [2, 1], "d": "x"}}),
            json!({"a": 1, "b": {"c": [1, 2], "d": "y"}}),
            json!({"a": "1", "b": {"c": [1, 2], "d": "x"}}),
        ] {
            assert_ne!(a, digest(&other), "{other}");
        }
    }

    #[test]
    fn our_part_of_managed_fields_is_what_counts() {
        let entry = |manager: &str, operation: &str, fields: Value| json!({"manager": manager, "operation": operation, "apiVersion": "v1", "time": "t", "fieldsV1": fields});
        let live =
            |entries: Vec<Value>| json!({"metadata": {"uid": "u", "managedFields": entries}});
        let ours = entry("m", "Apply", json!({"f:data": {}}));
        let base = Applied::of(&live(vec![ours.clone()]), "m").unwrap();
        let mut later = ours.clone();
        later["time"] = json!("another");
        let same = live(vec![
            entry("kubectl", "Update", json!({"f:x": {}})),
            entry("m", "Update", json!({"f:y": {}})),
            later,
        ]);
        assert_eq!(Applied::of(&same, "m").unwrap(), base);
        let lost = live(vec![entry("m", "Apply", json!({}))]);
        assert_ne!(Applied::of(&lost, "m").unwrap(), base);
        assert_eq!(Applied::of(&live(vec![ours.clone(), ours]), "m"), None);
        assert_eq!(Applied::of(&live(vec![]), "m"), None);
    }
}
