//! Whose field is it, when others set fields of our objects too. Owns the rules (own, yield, create only) and what they
//! leave of a manifest; must not know how conflicts are found out.
//!
//! Without a rule, a field that another manager has set to another value is a conflict, and refused. Two kinds of fields
//! are left to others from the start, where others really own them: the CA bundles of webhooks, definitions and aggregated
//! APIs, which a controller fills in, and the number of replicas under an autoscaler.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::bundle::Bundle;
use crate::field_path::FieldPath;
use crate::field_set::spelled;
use crate::id::ObjectId;
use crate::inventory::{ADOPTED, PART_OF};
use crate::managed_fields::{Owner, owners};
use crate::object::split_api_version;
use crate::selector::Selector;

/// What to do with a field that others may set too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// It is taken over from whoever has it.
    Own,
    /// It is sent as long as nobody else owns it.
    Yield,
    /// It is sent when the object is made, and left alone from then on.
    CreateOnly,
}

/// A rule about fields. Of several rules that fit, the last one counts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldRule {
    /// Of which objects.
    pub select: Selector,
    /// Which fields; all of them when absent.
    pub path: Option<FieldPath>,
    /// What to do with them.
    pub policy: Policy,
}

/// The rules of an installation.
#[derive(Debug, Clone, Default)]
pub struct FieldRules {
    given: Vec<FieldRule>,
    /// Objects whose size an autoscaler of the same bundle decides.
    autoscaled: BTreeSet<ObjectId>,
}

/// A field of somebody's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Owned {
    /// As the API server spells it.
    pub field: String,
    /// Who owns it.
    pub manager: String,
}

impl FieldRules {
    /// The rules that were given, and what the bundle itself tells.
    #[must_use]
    pub fn new(given: Vec<FieldRule>, bundle: &Bundle) -> Self {
        let autoscaled = bundle
            .objects
            .iter()
            .map(|contributed| &contributed.object)
            .filter(|object| object.id().kind == "HorizontalPodAutoscaler")
            .filter_map(|autoscaler| {
                let target = autoscaler.pointer("/spec/scaleTargetRef")?;
                let text = |key: &str| target.get(key)?.as_str();
                let (group, _) = split_api_version(text("apiVersion")?)?;
                Some(ObjectId {
                    group: group.to_owned(),
                    kind: text("kind")?.to_owned(),
                    namespace: autoscaler.id().namespace.clone(),
                    name: text("name")?.to_owned(),
                })
            })
            .collect();
        Self { given, autoscaled }
    }

    /// Whether an object is only ever made, and never changed.
    #[must_use]
    pub fn only_makes(&self, id: &ObjectId) -> bool {
        let last = self.given.iter().rev().find(|rule| rule.select.chooses(id));
        last.is_some_and(|rule| rule.path.is_none() && rule.policy == Policy::CreateOnly)
    }

    /// What to do with a field, given as steps of a [`FieldSet`](crate::field_set::FieldSet), that `owner` owns.
    #[must_use]
    pub fn policy(
        &self,
        id: &ObjectId,
        path: &[&str],
        owner: Option<&Owner<'_>>,
    ) -> Option<Policy> {
        let fits = |rule: &&FieldRule| {
            rule.select.chooses(id) && rule.path.as_ref().is_none_or(|chosen| chosen.chooses(path))
        };
        match self.given.iter().rev().find(fits) {
            Some(rule) => Some(rule.policy),
            None => self.default_policy(id, path, owner),
        }
    }

    fn default_policy(
        &self,
        id: &ObjectId,
        path: &[&str],
        owner: Option<&Owner<'_>>,
    ) -> Option<Policy> {
        if path == ["f:spec", "f:replicas"] {
            // Before Kubernetes 1.22 nobody owns what was scaled, so what the autoscaler has set is sent as it is.
            if self.autoscaled.contains(id) {
                return Some(Policy::CreateOnly);
            }
            let scaled =
                owner.is_some_and(|owner| owner.subresource == "scale" && owner.is_controller());
            return scaled.then_some(Policy::Yield);
        }
        let filled_in = is_callback(id)
            && path.last() == Some(&"f:caBundle")
            && owner.is_some_and(Owner::is_controller);
        filled_in.then_some(Policy::Yield)
    }

    /// Whether there can be anything to settle about an object.
    fn concern(&self, id: &ObjectId, desired: &Value) -> bool {
        is_callback(id)
            || desired.pointer("/spec/replicas").is_some()
            || self.given.iter().any(|rule| rule.select.chooses(id))
    }

    /// What to do about a conflict, as the server tells it.
    #[must_use]
    pub fn on_conflict(
        &self,
        id: &ObjectId,
        live: &Value,
        manager: &str,
        field: &str,
    ) -> Option<Policy> {
        owners(live)
            .iter()
            .filter(|owner| owner.manager == manager)
            .find_map(|owner| {
                let members = owner.fields.members();
                let path = members.iter().find(|path| spelled(path) == field)?;
                self.policy(id, path, Some(owner))
            })
    }

    /// Takes out of what would be sent what is others' to decide, and tells whose.
    #[must_use]
    pub fn settle(
        &self,
        id: &ObjectId,
        desired: &mut Value,
        live: &Value,
        field_manager: &str,
    ) -> Vec<Owned> {
        if !self.concern(id, desired) {
            return Vec::new();
        }
        let mut left = BTreeSet::new();
        let owners = owners(live);
        let (ours, others): (Vec<_>, Vec<_>) =
            owners.iter().partition(|owner| owner.is(field_manager));
        for owner in others {
            let yielded = owner.fields.chosen(&|path| {
                !is_mark(path)
                    && !is_key(path)
                    && owner.fields.is_leaf(path)
                    && self.policy(id, path, Some(owner)) == Some(Policy::Yield)
            });
            let yielded = yielded.there_in(desired);
            left.extend(yielded.leaves().iter().map(|path| Owned {
                field: spelled(path),
                manager: owner.manager.to_owned(),
            }));
            yielded.take_out_of(desired);
        }
        if !self.is_made_once(id) {
            return left.into_iter().collect();
        }
        let once = |path: &[&str]| {
            !is_mark(path) && self.policy(id, path, None) == Some(Policy::CreateOnly)
        };
        prune(desired, &mut Vec::new(), &once);
        // What is still ours alone would go if it were not sent, so it is sent as it is.
        for owner in ours {
            let kept = owner
                .fields
                .chosen(&|path| owner.fields.is_leaf(path) && once(path));
            kept.put_into(desired, live);
        }
        left.into_iter().collect()
    }

    fn is_made_once(&self, id: &ObjectId) -> bool {
        self.autoscaled.contains(id)
            || self
                .given
                .iter()
                .any(|rule| rule.policy == Policy::CreateOnly && rule.select.chooses(id))
    }
}

/// Whether the API server calls somebody because of the object, and so needs to know whom to trust.
fn is_callback(id: &ObjectId) -> bool {
    matches!(
        id.group.as_str(),
        "admissionregistration.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io"
    )
}

/// What makes an object a member is never anybody else's.
fn is_mark(path: &[&str]) -> bool {
    matches!(path, ["f:metadata", _, key] if [PART_OF, ADOPTED].iter().any(|mark| key.strip_prefix("f:") == Some(mark)))
}

/// Whether a path is of a field that is a key of the list's item it is in.
fn is_key(path: &[&str]) -> bool {
    let [.., item, field] = path else {
        return false;
    };
    let keys: Option<Map<String, Value>> = item
        .strip_prefix("k:")
        .and_then(|keys| serde_json::from_str(keys).ok());
    keys.zip(field.strip_prefix("f:"))
        .is_some_and(|(keys, field)| keys.contains_key(field))
}

/// Takes out the fields that `goes` chooses, and what is left empty by that. `apiVersion`, `kind` and the name stay.
fn prune(value: &mut Value, path: &mut Vec<String>, goes: &impl Fn(&[&str]) -> bool) {
    match value {
        Value::Object(map) => {
            let keys: Vec<String> = map.keys().cloned().collect();
            for key in keys {
                let named = path.is_empty() && (key == "apiVersion" || key == "kind")
                    || path.len() == 1
                        && path[0] == "f:metadata"
                        && (key == "name" || key == "namespace");
                if named {
                    continue;
                }
                path.push(format!("f:{key}"));
                if let Some(under) = map.get_mut(&key)
                    && prune_part(under, path, goes)
                {
                    map.remove(&key);
                }
                path.pop();
            }
        }
        Value::Array(list) => {
            let mut kept = Vec::new();
            for mut item in std::mem::take(list) {
                path.push(step_of(&item));
                if !prune_part(&mut item, path, goes) {
                    kept.push(item);
                }
                path.pop();
            }
            *list = kept;
        }
        _ => {}
    }
}

/// Whether nothing is left.
fn prune_part(value: &mut Value, path: &mut Vec<String>, goes: &impl Fn(&[&str]) -> bool) -> bool {
    let empty = |value: &Value| match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    if empty(value) || !(value.is_object() || value.is_array()) {
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        return goes(&steps);
    }
    prune(value, path, goes);
    empty(value)
}

/// A list's item as a step: by everything that could be a key of it.
fn step_of(item: &Value) -> String {
    match item {
        Value::Object(map) => {
            let plain: Map<String, Value> = map
                .iter()
                .filter(|(_, value)| !value.is_object() && !value.is_array())
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            format!("k:{}", Value::Object(plain))
        }
        plain => format!("v:{plain}"),
    }
}

#[cfg(test)]
mod tests;
