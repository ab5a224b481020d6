//! Which kinds live in a namespace: what the server serves, and what CRDs of the bundle will make it serve. Owns asking, and
//! giving a namespace to what names none; must not know pieces.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::facts::Facts;
use crate::object::{Object, is_dns_label};
use crate::written;

/// Kinds by group and name, with whether they are namespaced.
pub(super) struct Scopes<'a> {
    facts: &'a Facts,
    defined: BTreeMap<(String, String), bool>,
}

impl<'a> Scopes<'a> {
    pub(super) fn new<'b>(facts: &'a Facts, objects: impl Iterator<Item = &'b Object>) -> Self {
        let defined = objects
            .filter(|object| object.id().kind == "CustomResourceDefinition")
            .filter_map(|crd| {
                let text = |pointer| crd.pointer(pointer).and_then(Value::as_str);
                let group = text("/spec/group")?;
                let kind = text("/spec/names/kind")?;
                // v1beta1 lets the scope be left out, and means Namespaced then.
                let scope = text("/spec/scope").unwrap_or("Namespaced");
                Some(((group.to_owned(), kind.to_owned()), scope == "Namespaced"))
            })
            .collect();
        Self { facts, defined }
    }

    /// Nothing when nobody knows the kind.
    fn namespaced(&self, object: &Object) -> Option<bool> {
        let id = object.id();
        self.defined
            .get(&(id.group.clone(), id.kind.clone()))
            .copied()
            .or_else(|| self.facts.namespaced(object.api_version(), &id.kind))
    }

    pub(super) fn reason_against(&self, object: &Object) -> Option<&'static str> {
        match (self.namespaced(object)?, &object.id().namespace) {
            (true, None) => {
                Some("the kind lives in a namespace, but metadata.namespace is missing")
            }
            (false, Some(_)) => Some("the kind is cluster-scoped, but metadata.namespace is set"),
            _ => None,
        }
    }

    /// The object in `namespace` when it names none and its kind lives in one; `render` prints it as it came.
    pub(super) fn placed(&self, object: Object, namespace: &str) -> Object {
        if object.id().namespace.is_some()
            || !is_dns_label(namespace)
            || self.namespaced(&object) != Some(true)
        {
            return object;
        }
        let mut manifest = object.clone().into_value();
        manifest["metadata"]["namespace"] = Value::from(namespace);
        if let Some(annotations) = annotations(&mut manifest) {
            annotations
                .entry(written::WRITTEN)
                .or_insert_with(|| Value::from(""));
        }
        Object::new(manifest).unwrap_or(object)
    }
}

/// The annotations of a manifest, which are made when there are none.
fn annotations(manifest: &mut Value) -> Option<&mut serde_json::Map<String, Value>> {
    let annotations = &mut manifest["metadata"]["annotations"];
    if annotations.is_null() {
        *annotations = Value::Object(serde_json::Map::new());
    }
    annotations.as_object_mut()
}
