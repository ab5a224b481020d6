//! Waves: what is applied together, and what must be ready before. Owns order; must not know what the cluster has.
//!
//! Kinds give each object an earliest wave. On top of that come edges: a custom resource after its definition, a
//! webhook after the workload behind its Service, and the rules that pieces give. An object's wave is the longest path to
//! it, so equal bundles give equal waves.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::Bundle;
use crate::id::ObjectId;
use crate::object::Object;

mod backend;
mod rank;

use backend::called_services;
use rank::Rank;

/// Whether others live in an object or are made of it: a namespace, or the definition of a kind.
#[must_use]
pub fn is_ground(id: &ObjectId) -> bool {
    Rank::of(id) == Rank::Ground
}

/// Objects that may be applied at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// What must be ready before this wave starts; always in earlier waves, sorted.
    pub awaits: Vec<ObjectId>,
    /// Services among them that must have endpoints: the API server will call them, and refuse to work when nobody answers.
    pub calls: Vec<ObjectId>,
    /// What is applied, sorted.
    pub objects: Vec<ObjectId>,
}

/// Objects that would have to wait for themselves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these objects wait for each other, so none can be first: {}; leave out one of the rules", chain(.0))]
pub struct Cycle(
    /// Each waits for the one after it, the last for the first.
    pub Vec<Link>,
);

/// One object of a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Which.
    pub id: ObjectId,
    /// The piece that it comes from.
    pub piece: String,
    /// Why it waits for the next.
    pub because: Because,
}

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

fn chain(cycle: &[Link]) -> String {
    let mut text = String::new();
    for Link { id, piece, because } in cycle {
        text.push_str(&format!("{id} (piece {piece}), {because} "));
    }
    if let Some(first) = cycle.first() {
        text.push_str(&first.id.to_string());
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
    let levels = levels(&objects, &needs).map_err(|ring| {
        let links = ring.into_iter().map(|(index, because)| Link {
            id: objects[index].id().clone(),
            piece: bundle.objects[index].piece.clone(),
            because,
        });
        Cycle(links.collect())
    })?;
    let mut waves: BTreeMap<usize, [BTreeSet<&ObjectId>; 3]> = BTreeMap::new();
    for (index, object) in objects.iter().enumerate() {
        let [awaits, calls, members] = waves.entry(levels[index]).or_default();
        members.insert(object.id());
        awaits.extend(needs[index].keys().map(|needed| objects[*needed].id()));
        calls.extend(called_services(object).into_iter().filter_map(|called| {
            let service = called.in_bundle(&objects)?;
            called
                .must_answer(&objects, service)
                .then(|| objects[service].id())
        }));
    }
    let owned = |ids: BTreeSet<&ObjectId>| ids.into_iter().cloned().collect();
    Ok(waves
        .into_values()
        .map(|[awaits, calls, members]| Wave {
            awaits: owned(awaits),
            calls: owned(calls),
            objects: owned(members),
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
        for called in called_services(object) {
            if let Some(service) = called.in_bundle(objects) {
                needs[index].insert(service, Because::CalledBack);
                for workload in backend::workloads(objects, service) {
                    needs[index].insert(workload, Because::CalledBack);
                }
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

/// Nodes that wait for each other: each for the one after it, the last for the first, with the reason.
type Ring = Vec<(usize, Because)>;

fn levels(objects: &[&Object], needs: &[Needs]) -> Result<Vec<usize>, Ring> {
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
        Some(stuck) => Err(ring(needs, &levels, stuck)),
    }
}

/// Walks what is stuck until a node comes again.
fn ring(needs: &[Needs], levels: &[Option<usize>], start: usize) -> Ring {
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
    ring.iter()
        .enumerate()
        .map(|(place, node)| {
            let next = ring[(place + 1) % ring.len()];
            (*node, needs[*node][&next].clone())
        })
        .collect()
}

#[cfg(test)]
mod tests;
