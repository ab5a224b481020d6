//! Waves: what is applied together, and what must be ready before. Owns order; must not know what the cluster has.
//!
//! Kinds give each object an earliest wave. On top of that come edges: a custom resource after its definition, a
//! webhook after the workload behind its Service, and the rules that pieces give. An object's wave is the longest path to
//! it, so equal bundles give equal waves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::bundle::Bundle;
use crate::id::ObjectId;
use crate::object::Object;

mod rank;

use rank::Rank;

/// Objects that may be applied at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// What must be ready before this wave starts; always in earlier waves, sorted.
    pub awaits: Vec<ObjectId>,
    /// What is applied, sorted.
    pub objects: Vec<ObjectId>,
}

/// Objects that would have to wait for themselves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these objects wait for each other: {}", chain(.0))]
pub struct Cycle(
    /// Each waits for the one after it, the last for the first; with the reason.
    pub Vec<(ObjectId, Because)>,
);

/// Why one object waits for another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// It is of a kind that the other defines.
    DefinedBy,
    /// It makes the API server call the other.
    CalledBack,
    /// A piece's rule.
    Rule(
        /// The piece.
        String,
    ),
}

impl std::fmt::Display for Because {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::DefinedBy => f.write_str("whose kind is defined by"),
            Self::CalledBack => f.write_str("which is served by"),
            Self::Rule(piece) => write!(f, "which piece {piece} orders after"),
        }
    }
}

fn chain(cycle: &[(ObjectId, Because)]) -> String {
    let mut text = String::new();
    for (id, because) in cycle {
        text.push_str(&format!("{id}, {because} "));
    }
    if let Some((first, _)) = cycle.first() {
        text.push_str(&first.to_string());
    }
    text
}

/// Edges of one node: what it waits for, and why.
type Needs = BTreeMap<usize, Because>;

/// Cuts a bundle into waves.
///
/// # Errors
/// When rules and kinds together form a cycle: one cycle is named.
pub fn waves(bundle: &Bundle) -> Result<Vec<Wave>, Cycle> {
    let objects: Vec<&Object> = bundle
        .objects
        .iter()
        .map(|contributed| &contributed.object)
        .collect();
    let needs = needs(bundle, &objects);
    let levels = levels(&objects, &needs)?;
    let mut waves: BTreeMap<usize, (BTreeSet<&ObjectId>, BTreeSet<&ObjectId>)> = BTreeMap::new();
    for (index, object) in objects.iter().enumerate() {
        let (awaits, members) = waves.entry(levels[index]).or_default();
        members.insert(object.id());
        awaits.extend(needs[index].keys().map(|needed| objects[*needed].id()));
    }
    Ok(waves
        .into_values()
        .map(|(awaits, members)| Wave {
            awaits: awaits.into_iter().cloned().collect(),
            objects: members.into_iter().cloned().collect(),
        })
        .collect())
}

/// The order of removal: objects of one step are deleted together, and are gone before the next step starts.
///
/// Callbacks go first, so that nothing is refused by a webhook whose backend is on its way out; custom resources before
/// the programs that answer their finalizers and before their definitions; namespaces last.
#[must_use]
pub fn removal(ids: &BTreeSet<ObjectId>) -> Vec<Vec<ObjectId>> {
    let defined: BTreeSet<&str> = ids
        .iter()
        .filter(|id| is_definition(id))
        .filter_map(|id| id.name.split_once('.').map(|(_, group)| group))
        .collect();
    let step = |id: &ObjectId| match Rank::of(id) {
        Rank::Callback => 0,
        Rank::Rest if defined.contains(id.group.as_str()) => 1,
        Rank::Rest => 2,
        Rank::Binding => 3,
        Rank::Foundation => 4,
        Rank::Ground if is_definition(id) => 5,
        Rank::Ground => 6,
    };
    let mut steps: BTreeMap<u8, Vec<ObjectId>> = BTreeMap::new();
    for id in ids {
        steps.entry(step(id)).or_default().push(id.clone());
    }
    steps.into_values().collect()
}

/// The group and kind that a `CustomResourceDefinition` defines.
#[must_use]
pub fn defines(object: &Object) -> Option<(&str, &str)> {
    if !is_definition(object.id()) {
        return None;
    }
    Some((
        object.pointer("/spec/group")?.as_str()?,
        object.pointer("/spec/names/kind")?.as_str()?,
    ))
}

fn is_definition(id: &ObjectId) -> bool {
    id.group == "apiextensions.k8s.io" && id.kind == "CustomResourceDefinition"
}

fn needs(bundle: &Bundle, objects: &[&Object]) -> Vec<Needs> {
    let mut needs: Vec<Needs> = vec![Needs::new(); objects.len()];
    let definitions: BTreeMap<(&str, &str), usize> = objects
        .iter()
        .enumerate()
        .filter_map(|(index, object)| Some((defines(object)?, index)))
        .collect();
    for (index, object) in objects.iter().enumerate() {
        let id = object.id();
        if let Some(definition) = definitions.get(&(id.group.as_str(), id.kind.as_str())) {
            needs[index].insert(*definition, Because::DefinedBy);
        }
        for (namespace, service) in called_services(object) {
            for backend in backends(objects, namespace, service) {
                needs[index].insert(backend, Because::CalledBack);
            }
        }
    }
    for (piece, rule) in &bundle.order {
        for (before, first) in objects.iter().enumerate() {
            if !rule.before.chooses(first.id()) {
                continue;
            }
            for (after, second) in objects.iter().enumerate() {
                if before != after && rule.after.chooses(second.id()) {
                    needs[after]
                        .entry(before)
                        .or_insert_with(|| Because::Rule(piece.clone()));
                }
            }
        }
    }
    needs
}

/// Services that the API server calls because of this object: of webhooks and aggregated APIs.
fn called_services(object: &Object) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    match object.id().group.as_str() {
        "admissionregistration.k8s.io" => {
            let webhooks = object.pointer("/webhooks").and_then(Value::as_array);
            for webhook in webhooks.into_iter().flatten() {
                found.extend(service_of(webhook.pointer("/clientConfig/service")));
            }
        }
        "apiregistration.k8s.io" => found.extend(service_of(object.pointer("/spec/service"))),
        _ => {}
    }
    found
}

fn service_of(reference: Option<&Value>) -> Option<(&str, &str)> {
    let reference = reference?;
    Some((
        reference.get("namespace")?.as_str()?,
        reference.get("name")?.as_str()?,
    ))
}

/// Workloads of the bundle whose pods the Service chooses, and the Service itself.
fn backends(objects: &[&Object], namespace: &str, name: &str) -> Vec<usize> {
    let Some(service) = objects.iter().position(|object| {
        let id = object.id();
        id.group.is_empty()
            && id.kind == "Service"
            && id.name == name
            && id.namespace.as_deref() == Some(namespace)
    }) else {
        return Vec::new();
    };
    let mut found = vec![service];
    let Some(selector) = objects[service]
        .pointer("/spec/selector")
        .and_then(Value::as_object)
        .filter(|selector| !selector.is_empty())
    else {
        return found;
    };
    for (index, object) in objects.iter().enumerate() {
        if object.id().namespace.as_deref() != Some(namespace) {
            continue;
        }
        let labels = match object.id().kind.as_str() {
            "Pod" => object.pointer("/metadata/labels"),
            _ => object.pointer("/spec/template/metadata/labels"),
        };
        if let Some(labels) = labels.and_then(Value::as_object)
            && selector
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value))
        {
            found.push(index);
        }
    }
    found
}

fn levels(objects: &[&Object], needs: &[Needs]) -> Result<Vec<usize>, Cycle> {
    let mut levels: Vec<Option<usize>> = vec![None; objects.len()];
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); objects.len()];
    let mut open: Vec<usize> = vec![0; objects.len()];
    for (index, needs) in needs.iter().enumerate() {
        open[index] = needs.len();
        for needed in needs.keys() {
            needed_by[*needed].push(index);
        }
    }
    let mut free: Vec<usize> = (0..objects.len()).filter(|i| open[*i] == 0).collect();
    while let Some(index) = free.pop() {
        let earliest = Rank::of(objects[index].id()) as usize;
        let after = needs[index]
            .keys()
            .filter_map(|needed| levels[*needed])
            .map(|level| level + 1)
            .max()
            .unwrap_or(0);
        levels[index] = Some(earliest.max(after));
        for next in &needed_by[index] {
            open[*next] -= 1;
            if open[*next] == 0 {
                free.push(*next);
            }
        }
    }
    match levels.iter().position(Option::is_none) {
        None => Ok(levels.into_iter().flatten().collect()),
        Some(stuck) => Err(cycle(objects, needs, &levels, stuck)),
    }
}

/// Walks what is stuck until a node comes again.
fn cycle(objects: &[&Object], needs: &[Needs], levels: &[Option<usize>], start: usize) -> Cycle {
    let mut path: Vec<usize> = Vec::new();
    let mut at = start;
    while !path.contains(&at) {
        path.push(at);
        at = needs[at]
            .keys()
            .copied()
            .find(|needed| levels[*needed].is_none())
            .expect("a node without a level needs another node without one");
    }
    let first = path.iter().position(|node| *node == at).unwrap_or(0);
    let ring = &path[first..];
    Cycle(
        ring.iter()
            .enumerate()
            .map(|(place, node)| {
                let next = ring[(place + 1) % ring.len()];
                (objects[*node].id().clone(), needs[*node][&next].clone())
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests;
