//! One Kubernetes object. Owns the checks that make a JSON value an object; must not know where it came from.

use serde_json::{Map, Value};

use crate::id::ObjectId;
use crate::quote;

/// A JSON value with `apiVersion`, `kind` and `metadata.name`. As JSON it is its manifest.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Object {
    id: ObjectId,
    api_version: String,
    value: Map<String, Value>,
}

/// Why a value is no object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// Not a JSON object at all.
    #[error("is {0}, not an object")]
    NotAnObject(&'static str),
    /// A field that every object must have.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field of the wrong type or spelling.
    #[error("{field} is {found}, which is not {expected}")]
    Malformed {
        /// Dotted path.
        field: &'static str,
        /// What is there, cut and with control characters escaped.
        found: String,
        /// What should be there.
        expected: &'static str,
    },
}

impl TryFrom<Value> for Object {
    type Error = ObjectError;

    fn try_from(value: Value) -> Result<Self, ObjectError> {
        Self::new(value)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object.value)
    }
}

impl Object {
    /// Checks a value.
    ///
    /// # Errors
    /// When it cannot be the manifest of one object.
    pub fn new(value: Value) -> Result<Self, ObjectError> {
        let Value::Object(value) = value else {
            return Err(ObjectError::NotAnObject(type_name(&value)));
        };
        let api_version = text(&value, "apiVersion", "apiVersion")?;
        let kind = text(&value, "kind", "kind")?;
        let metadata = match value.get("metadata") {
            None => return Err(ObjectError::Missing("metadata")),
            Some(Value::Object(metadata)) => metadata,
            Some(other) => return Err(malformed("metadata", other, "an object")),
        };
        let name = text(metadata, "name", "metadata.name")?;
        let namespace = match metadata.get("namespace") {
            None | Some(Value::Null) => None,
            Some(Value::String(namespace)) if namespace.is_empty() => None,
            Some(Value::String(namespace)) if is_dns_label(namespace) => Some(namespace.clone()),
            Some(other) => return Err(malformed("metadata.namespace", other, "a DNS label")),
        };
        if !is_kind(&kind) {
            return Err(malformed(
                "kind",
                &Value::String(kind),
                "a kind such as Deployment",
            ));
        }
        if !is_path_segment(&name) {
            return Err(malformed(
                "metadata.name",
                &Value::String(name),
                "a name that can stand in a URL path",
            ));
        }
        let group = match split_api_version(&api_version) {
            Some((group, _)) => group.to_owned(),
            None => {
                return Err(malformed(
                    "apiVersion",
                    &Value::String(api_version),
                    "VERSION or GROUP/VERSION",
                ));
            }
        };
        Ok(Self {
            id: ObjectId {
                group,
                kind,
                namespace,
                name,
            },
            api_version,
            value,
        })
    }

    /// Which object it is.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        &self.id
    }

    /// `group/version`, or only the version for the core group.
    #[must_use]
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// The version alone.
    #[must_use]
    pub fn version(&self) -> &str {
        self.api_version
            .rsplit_once('/')
            .map_or(self.api_version.as_str(), |(_, version)| version)
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Map<String, Value> {
        &self.value
    }

    /// The manifest, by value.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Object(self.value)
    }

    /// A value by RFC 6901 pointer (`/spec/replicas`).
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Value> {
        let (first, rest) = match pointer.strip_prefix('/')?.split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (pointer.strip_prefix('/')?, None),
        };
        let value = self
            .value
            .get(&first.replace("~1", "/").replace("~0", "~"))?;
        match rest {
            Some(rest) => value.pointer(&format!("/{rest}")),
            None => Some(value),
        }
    }
}

/// Group and version of an `apiVersion`; `None` when it is neither `VERSION` nor `GROUP/VERSION`.
#[must_use]
pub fn split_api_version(api_version: &str) -> Option<(&str, &str)> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let group_ok = group.is_empty() != api_version.contains('/')
        && (group.is_empty() || group.split('.').all(is_dns_label));
    (group_ok && is_dns_label(version)).then_some((group, version))
}

/// RFC 1123 label: what a namespace, an installation or a piece may be called.
#[must_use]
pub fn is_dns_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_kind(kind: &str) -> bool {
    kind.len() <= 63
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && kind.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// What the API server accepts in a URL (`path.ValidatePathSegmentName`), and what looks like what it is; RBAC names such
/// as `system:node` are wider than DNS names, so the kind's own rule is left to the server.
fn is_path_segment(name: &str) -> bool {
    name.len() <= 253
        && name != "."
        && name != ".."
        && !name
            .chars()
            .any(|c| c == '/' || c == '%' || c.is_whitespace() || !quote::is_text(c))
}

fn text(map: &Map<String, Value>, key: &str, field: &'static str) -> Result<String, ObjectError> {
    match map.get(key) {
        None => Err(ObjectError::Missing(field)),
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(other) => Err(malformed(field, other, "a text")),
    }
}

fn malformed(field: &'static str, found: &Value, expected: &'static str) -> ObjectError {
    let found = quote::line(&found.to_string(), 80);
    ObjectError::Malformed {
        field,
        found,
        expected,
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refuses_what_is_no_object() {
        for (value, why) in [
            (json!([]), "is a list, not an object"),
            (json!({"kind": "A"}), "apiVersion is missing"),
            (json!({"apiVersion": "v1"}), "kind is missing"),
            (
                json!({"apiVersion": "v1", "kind": "A"}),
                "metadata is missing",
            ),
            (
                json!({"apiVersion": "v1", "kind": "A", "metadata": {}}),
                "metadata.name is missing",
            ),
            (
                json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "../x"}}),
                "metadata.name is \"../x\", which is not a name that can stand in a URL path",
            ),
            (
                json!({"apiVersion": "v1", "kind": "A b", "metadata": {"name": "x"}}),
                "kind is \"A b\", which is not a kind such as Deployment",
            ),
            (
                json!({"apiVersion": "a/b/c", "kind": "A", "metadata": {"name": "x"}}),
                "apiVersion is \"a/b/c\", which is not VERSION or GROUP/VERSION",
            ),
            (
                json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "x", "namespace": 1}}),
                "metadata.namespace is 1, which is not a DNS label",
            ),
        ] {
            let error = Object::new(value.clone()).expect_err("is refused");
            assert_eq!(error.to_string(), why, "{value}");
        }
    }

    #[test]
    fn knows_its_identity() {
        let object = Object::new(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "a", "namespace": "b"}, "spec": {"replicas": 2},
        }))
        .unwrap();
        assert_eq!(object.id().to_string(), "Deployment.apps b/a");
        assert_eq!(object.version(), "v1");
        assert_eq!(object.pointer("/spec/replicas"), Some(&json!(2)));
        assert_eq!(object.pointer("/spec/none"), None);
    }
}
