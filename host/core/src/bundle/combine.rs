//! From contributions to a bundle. Owns reading what pieces returned, and every rule about what they may return; must not
//! know what becomes of the bundle.

use std::collections::BTreeMap;

use super::scopes::Scopes;
use super::{Bundle, BundleError, Contributed, ContributedHook, forbidden, reserved};
use crate::card::{Card, Contribution, HookRun};
use crate::facts::Facts;
use crate::id::ObjectId;
use crate::json;
use crate::object::Object;

/// What one piece contributed, read.
struct Read<'a> {
    card: &'a Card,
    namespace: String,
    objects: Vec<Object>,
    hooks: Vec<(Object, HookRun)>,
}

impl Bundle {
    /// Combines what pieces contributed, given in the order of the installation.
    ///
    /// # Errors
    /// Everything that is wrong with any object, in the order of the contributions.
    pub fn combine(
        contributions: Vec<(&Card, Contribution)>,
        facts: &Facts,
    ) -> Result<Self, Vec<BundleError>> {
        let mut problems = Vec::new();
        let mut bundle = Self::default();
        let mut all = Vec::new();
        for (card, contribution) in contributions {
            let from = |piece: &Card| piece.name.clone();
            let order = contribution.order.into_iter();
            bundle.order.extend(order.map(|rule| (from(card), rule)));
            let restarts = contribution.restarts.into_iter();
            bundle
                .restarts
                .extend(restarts.map(|rule| (from(card), rule)));
            let mut read = Read {
                card,
                namespace: contribution.namespace,
                objects: Vec::new(),
                hooks: Vec::new(),
            };
            for (index, text) in contribution.objects.iter().enumerate() {
                match object(&card.name, index + 1, text) {
                    Ok(object) => read.objects.push(object),
                    Err(problem) => problems.push(problem),
                }
            }
            for (index, hook) in contribution.hooks.into_iter().enumerate() {
                let number = contribution.objects.len() + index + 1;
                match object(&card.name, number, &hook.manifest) {
                    Ok(object) => read.hooks.push((object, hook.run)),
                    Err(problem) => problems.push(problem),
                }
            }
            all.push(read);
        }
        let scopes = Scopes::new(facts, all.iter().flat_map(|read| &read.objects));
        let mut by_id: BTreeMap<ObjectId, Contributed> = BTreeMap::new();
        for read in all {
            for object in read.objects {
                let contributed = contributed(&read.card.name, &read.namespace, object, &scopes);
                problems.extend(admit(read.card, &contributed.object, &scopes));
                let id = contributed.object.id().clone();
                match by_id.get(&id) {
                    Some(first) => problems.push(BundleError::Duplicate {
                        id,
                        first: first.piece.clone(),
                        second: contributed.piece,
                    }),
                    None => {
                        by_id.insert(id, contributed);
                    }
                }
            }
            for (object, run) in read.hooks {
                let contributed = contributed(&read.card.name, &read.namespace, object, &scopes);
                problems.extend(admit(read.card, &contributed.object, &scopes));
                problems.extend(hook_problem(&run).map(|reason| BundleError::Hook {
                    piece: contributed.piece.clone(),
                    id: contributed.object.id().clone(),
                    reason,
                }));
                bundle.hooks.push(ContributedHook { contributed, run });
            }
        }
        // A hook's object comes and goes: what the installation keeps must not go with it.
        problems.extend(bundle.hooks.iter().filter_map(|hook| {
            let id = hook.contributed.object.id();
            let first = by_id.get(id)?;
            Some(BundleError::Duplicate {
                id: id.clone(),
                first: first.piece.clone(),
                second: format!("{} (as a hook)", hook.contributed.piece),
            })
        }));
        bundle.objects = by_id.into_values().collect();
        match problems.is_empty() {
            true => Ok(bundle),
            false => Err(problems),
        }
    }
}

fn contributed(piece: &str, namespace: &str, object: Object, scopes: &Scopes<'_>) -> Contributed {
    Contributed {
        object: scopes.placed(object, namespace),
        piece: piece.to_owned(),
        amended: Vec::new(),
    }
}

fn hook_problem(run: &HookRun) -> Option<&'static str> {
    let twice = |occasion| run.on.iter().filter(|other| *other == occasion).count() > 1;
    if run.on.is_empty() {
        return Some("it names no occasion, so it would never run");
    }
    run.on
        .iter()
        .any(twice)
        .then_some("it names an occasion twice")
}

fn object(piece: &str, number: usize, text: &str) -> Result<Object, BundleError> {
    let value = json::read(text).map_err(|error| BundleError::NotJson {
        piece: piece.to_owned(),
        number,
        reason: error.to_string(),
    })?;
    Object::new(value).map_err(|source| BundleError::NotAnObject {
        piece: piece.to_owned(),
        number,
        source,
    })
}

fn admit(card: &Card, object: &Object, scopes: &Scopes<'_>) -> Vec<BundleError> {
    let mut problems: Vec<_> = forbidden(object)
        .map(|(field, reason)| BundleError::Forbidden {
            piece: card.name.clone(),
            id: object.id().clone(),
            field,
            reason,
        })
        .collect();
    problems.extend(reserved(object).map(|field| BundleError::Reserved {
        piece: card.name.clone(),
        id: object.id().clone(),
        field,
    }));
    if object.id().kind.ends_with("List") && object.manifest().contains_key("items") {
        problems.push(BundleError::Forbidden {
            piece: card.name.clone(),
            id: object.id().clone(),
            field: "items",
            reason: "objects are returned one by one, not as a list",
        });
    }
    if !card.emits.iter().any(|emits| emits.chooses(object.id())) {
        problems.push(BundleError::Undeclared {
            piece: card.name.clone(),
            id: object.id().clone(),
        });
    }
    problems.extend(
        scopes
            .reason_against(object)
            .map(|reason| BundleError::Scope {
                piece: card.name.clone(),
                id: object.id().clone(),
                reason,
            }),
    );
    problems
}
