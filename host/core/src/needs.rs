//! Which abilities objects need, found in the objects themselves: a kind alone does not tell a harmless Deployment from one
//! that is root on its node. Owns looking; what is granted is not known here.
//!
//! Everything that cannot be told is counted as the worse: a ClusterRole is taken to be bound for the whole cluster.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ability::{Ability, Power};
use crate::bundle::Bundle;
use crate::id::ObjectId;
use crate::object::Object;
use crate::path::Path;

mod admission;
mod pod;
mod rbac;

pub(crate) use pod::{Pod, pods};

/// Namespaces that are the cluster's own.
const SYSTEM: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// An ability that an object needs, and where that shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Need {
    /// What it needs.
    pub ability: Ability,
    /// The object.
    pub id: ObjectId,
    /// The field, dotted.
    pub field: String,
}

/// Everything that the objects need, sorted. `own` is what the piece has contributed: its own roles, accounts and Secrets
/// are not somebody else's.
pub fn needs<'a>(
    objects: impl IntoIterator<Item = &'a Object>,
    own: &BTreeSet<ObjectId>,
) -> Vec<Need> {
    let mut finder = Finder {
        own,
        found: BTreeSet::new(),
    };
    for object in objects {
        one(object, &mut finder);
    }
    finder.found.into_iter().collect()
}

/// What the objects that a piece has contributed need.
#[must_use]
pub fn contributed(bundle: &Bundle, piece: &str) -> Vec<Need> {
    needs(of_piece(bundle, piece), &ids(bundle, piece))
}

/// What a piece's amendments need beyond what the objects needed before it amended them.
#[must_use]
pub fn amended(before: &Bundle, after: &Bundle, piece: &str) -> Vec<Need> {
    let own = ids(after, piece);
    let changed = |bundle: &'_ Bundle| -> Vec<Object> {
        bundle
            .objects
            .iter()
            .zip(&after.objects)
            .filter(|(_, after)| after.amended.iter().any(|(by, _)| by == piece))
            .map(|(contributed, _)| contributed.object.clone())
            .collect()
    };
    beyond(&changed(before), &changed(after), &own)
}

/// What objects need beyond what the same objects needed before.
pub(crate) fn beyond(before: &[Object], after: &[Object], own: &BTreeSet<ObjectId>) -> Vec<Need> {
    let known: BTreeSet<(Ability, ObjectId)> = needs(before, own)
        .into_iter()
        .map(|need| (need.ability, need.id))
        .collect();
    needs(after, own)
        .into_iter()
        .filter(|need| !known.contains(&(need.ability.clone(), need.id.clone())))
        .collect()
}

fn of_piece<'a>(bundle: &'a Bundle, piece: &str) -> impl Iterator<Item = &'a Object> {
    bundle
        .contributed()
        .filter(move |contributed| contributed.piece == piece)
        .map(|contributed| &contributed.object)
}

fn ids(bundle: &Bundle, piece: &str) -> BTreeSet<ObjectId> {
    of_piece(bundle, piece)
        .map(|object| object.id().clone())
        .collect()
}

fn one(object: &Object, finder: &mut Finder<'_>) {
    let id = object.id();
    let mut at = At { id, finder };
    let namespace = match (id.kind.as_str(), &id.namespace) {
        ("Namespace", None) if id.group.is_empty() => Some(&id.name),
        (_, namespace) => namespace.as_ref(),
    };
    if let Some(namespace) = namespace.filter(|namespace| SYSTEM.contains(&namespace.as_str())) {
        at.need(
            Power::SystemNamespace,
            namespace,
            &Path::of("metadata.namespace"),
        );
    }
    match (id.group.as_str(), id.kind.as_str()) {
        ("rbac.authorization.k8s.io" | "authorization.openshift.io", _) => {
            rbac::look(object, &mut at)
        }
        ("admissionregistration.k8s.io", _) => admission::look(object, &mut at),
        ("apiregistration.k8s.io", "APIService") => {
            let group = text(object.pointer("/spec/group"));
            at.need(Power::ServeApi, named(group), &Path::of("spec.group"));
        }
        ("", "Secret")
            if text(object.pointer("/type")) == "kubernetes.io/service-account-token" =>
        {
            let account =
                object.pointer("/metadata/annotations/kubernetes.io~1service-account.name");
            let account = at.in_namespace(text(account));
            at.need(Power::TokenSecret, account, &Path::of("type"));
        }
        ("", "Namespace") => {
            let level = object.pointer("/metadata/labels/pod-security.kubernetes.io~1enforce");
            if level.and_then(Value::as_str) == Some("privileged") {
                let label = Path::of("metadata.labels").key("pod-security.kubernetes.io/enforce");
                at.need(Power::OpenNamespace, &id.name, &label);
            }
        }
        ("", "PersistentVolume") => {
            for source in ["hostPath", "local"] {
                let path = Path::of("spec").key(source).key("path");
                if let Some(on_host) = object.pointer(&format!("/spec/{source}/path")) {
                    at.need(Power::HostPath, pod::host_path(text(Some(on_host))), &path);
                }
            }
        }
        _ => {}
    }
    pod::look(object, &mut at);
}

struct Finder<'a> {
    own: &'a BTreeSet<ObjectId>,
    found: BTreeSet<Need>,
}

/// The object that is looked at.
struct At<'a, 'b> {
    id: &'a ObjectId,
    finder: &'a mut Finder<'b>,
}

impl At<'_, '_> {
    fn need(&mut self, power: Power, of: impl Into<String>, field: &Path) {
        self.finder.found.insert(Need {
            ability: Ability::of(power, of),
            id: self.id.clone(),
            field: field.to_string(),
        });
    }

    fn owns(&self, group: &str, kind: &str, namespace: Option<&str>, name: &str) -> bool {
        self.finder.own.contains(&ObjectId {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        })
    }

    fn namespace(&self) -> &str {
        self.id.namespace.as_deref().unwrap_or_default()
    }

    /// `NAMESPACE/NAME`.
    fn in_namespace(&self, name: &str) -> String {
        format!("{}/{}", self.namespace(), named(name))
    }
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

/// A stranger's text as what an ability is about: never empty, nothing in it that a terminal would act on or hide
/// (CVE-2021-42574), and no `*` at its end, which in a grant would stand for more than itself.
fn named(text: &str) -> String {
    if text.is_empty() {
        return "?".to_owned();
    }
    let (text, star) = match text.strip_suffix('*') {
        Some(start) => (start, "\\u{2a}"),
        None => (text, ""),
    };
    let mut named = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' => named.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' => {
                named.extend(c.escape_unicode());
            }
            c => named.extend(c.escape_debug()),
        }
    }
    named + star
}

/// The entries of a list, with their numbers; nothing when it is none.
fn entries(value: Option<&Value>) -> impl Iterator<Item = (usize, &Value)> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
}

/// The texts of a list.
fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    entries(value).filter_map(|(_, entry)| entry.as_str())
}

#[cfg(test)]
mod tests;
