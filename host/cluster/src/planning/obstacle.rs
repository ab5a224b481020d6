//! What the server need not be asked to know that an object cannot be tried, or not be applied.

use std::collections::BTreeSet;

use meshhost_core::bundle::Contributed;
use meshhost_core::plan::Refusal;
use serde_json::Value;

use super::Candidate;
use crate::discovery::Discovery;

/// Why the server cannot try an object: its kind or its namespace is not there yet.
pub(super) fn unverified(
    contributed: &Contributed,
    served: &Discovery,
    namespaces: Option<&BTreeSet<String>>,
) -> Option<String> {
    let object = &contributed.object;
    let id = object.id();
    if served.resource(object.api_version(), &id.kind).is_none() {
        return Some(format!("its kind {} is not served yet", id.group_kind()));
    }
    let namespace = id.namespace.as_ref()?;
    let namespaces = namespaces?;
    (!namespaces.contains(namespace)).then(|| format!("namespace {namespace} does not exist yet"))
}

/// Objects whose namespace is not there and is not made either.
pub(super) fn homeless(
    candidates: &[Candidate<'_>],
    namespaces: Option<&BTreeSet<String>>,
) -> Vec<Refusal> {
    let Some(namespaces) = namespaces else {
        return Vec::new();
    };
    let made: BTreeSet<&str> = candidates
        .iter()
        .map(Candidate::id)
        .filter(|id| id.group.is_empty() && id.kind == "Namespace")
        .map(|id| id.name.as_str())
        .collect();
    candidates
        .iter()
        .filter_map(|candidate| {
            let namespace = candidate.id().namespace.as_ref()?;
            let there = namespaces.contains(namespace) || made.contains(namespace.as_str());
            (!there).then(|| Refusal::NoNamespace {
                id: candidate.id().clone(),
                piece: candidate.contributed.piece.clone(),
                namespace: namespace.clone(),
            })
        })
        .collect()
}

pub(super) fn not_served(candidate: &Candidate<'_>, discovery: &Discovery) -> Refusal {
    let id = candidate.id();
    let versions = discovery.versions(&id.group, &id.kind);
    let hint = if versions.is_empty() {
        format!(
            "install what defines {} first, or leave out the piece",
            id.group_kind()
        )
    } else {
        format!("it is served as {}", versions.join(", "))
    };
    Refusal::NotServed {
        id: id.clone(),
        piece: candidate.contributed.piece.clone(),
        api_version: candidate.contributed.object.api_version().to_owned(),
        hint,
    }
}

/// What an object that is being deleted waits for.
pub(super) fn waits_for(live: &Value) -> String {
    let finalizers: Vec<&str> = live
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if finalizers.is_empty() {
        String::new()
    } else {
        format!("; it waits for {}", finalizers.join(", "))
    }
}
