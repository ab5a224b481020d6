//! The bundle: every piece's objects combined and checked. Owns combining; must not know how a piece is run.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::card::{Card, Contribution, OrderRule, RestartRule};
use crate::facts::Facts;
use crate::id::ObjectId;
use crate::json;
use crate::object::{Object, ObjectError};
use crate::written;

/// Combined, checked objects, each with the piece that it came from, sorted by identity.
///
/// As JSON it is kept with revisions and in files of plans: a newer program must be able to read what an older one wrote.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Bundle {
    /// In the order of their identities.
    pub objects: Vec<Contributed>,
    /// Order that pieces asked for, with the asking piece.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<(String, OrderRule)>,
    /// Restarts that pieces asked for, with the asking piece.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restarts: Vec<(String, RestartRule)>,
}

/// An object and where it came from.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Contributed {
    /// The object.
    pub object: Object,
    /// The piece that contributed it.
    pub piece: String,
    /// Pieces that amended it, with the fields (RFC 6901 pointers) that each has set or removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amended: Vec<(String, Vec<String>)>,
}

/// Why contributions do not make a bundle. Each names the piece at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// A text that is not JSON, or has a key twice.
    #[error("piece {piece}: object {number} is not JSON: {reason}")]
    NotJson {
        /// Who.
        piece: String,
        /// Which, counted from 1.
        number: usize,
        /// What the parser said.
        reason: String,
    },
    /// JSON, but not the manifest of an object.
    #[error("piece {piece}: object {number}: {source}")]
    NotAnObject {
        /// Who.
        piece: String,
        /// Which, counted from 1.
        number: usize,
        /// What is wrong with it.
        source: ObjectError,
    },
    /// Something that only one object of its own may have or that only the server may set.
    #[error("piece {piece}: {id}: {field} must not be set: {reason}")]
    Forbidden {
        /// Who.
        piece: String,
        /// Which object.
        id: ObjectId,
        /// Dotted path.
        field: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A label or an annotation that meshhost tells things with.
    #[error("piece {piece}: {id}: {field} must not be set: only meshhost sets it")]
    Reserved {
        /// Who.
        piece: String,
        /// Which object.
        id: ObjectId,
        /// The label or annotation.
        field: String,
    },
    /// A namespaced kind without a namespace, or the other way round.
    #[error("piece {piece}: {id}: {reason}")]
    Scope {
        /// Who.
        piece: String,
        /// Which object.
        id: ObjectId,
        /// What is wrong.
        reason: &'static str,
    },
    /// One object, two authors.
    #[error("{id} comes from piece {first} and from piece {second}: only one may contribute it")]
    Duplicate {
        /// Which object.
        id: ObjectId,
        /// Who was first in the installation.
        first: String,
        /// Who came after.
        second: String,
    },
    /// Something that the piece did not say it would emit.
    #[error("piece {piece}: {id} is outside of what it declares to emit")]
    Undeclared {
        /// Who.
        piece: String,
        /// Which object.
        id: ObjectId,
    },
}

impl Bundle {
    /// Whether objects are in their order and each is there once, as [`Bundle::combine`] leaves them: to be asked of a
    /// bundle that was read.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        self.objects
            .is_sorted_by(|one, next| one.object.id() < next.object.id())
    }

    /// One object by its identity.
    #[must_use]
    pub fn object(&self, id: &ObjectId) -> Option<&Contributed> {
        self.objects
            .binary_search_by(|contributed| contributed.object.id().cmp(id))
            .ok()
            .map(|index| &self.objects[index])
    }

    /// Combines what pieces contributed, given in the order of the installation.
    ///
    /// # Errors
    /// Everything that is wrong with any object, in the order of the contributions.
    pub fn combine(
        contributions: Vec<(&Card, Contribution)>,
        facts: &Facts,
    ) -> Result<Self, Vec<BundleError>> {
        let mut problems = Vec::new();
        let mut by_id: BTreeMap<ObjectId, Contributed> = BTreeMap::new();
        let mut order = Vec::new();
        let mut restarts = Vec::new();
        for (card, contribution) in contributions {
            order.extend(
                contribution
                    .order
                    .into_iter()
                    .map(|rule| (card.name.clone(), rule)),
            );
            restarts.extend(
                contribution
                    .restarts
                    .into_iter()
                    .map(|rule| (card.name.clone(), rule)),
            );
            for (index, text) in contribution.objects.iter().enumerate() {
                let object = match read(&card.name, index + 1, text) {
                    Ok(object) => object,
                    Err(problem) => {
                        problems.push(problem);
                        continue;
                    }
                };
                problems.extend(admit(card, &object));
                let id = object.id().clone();
                if let Some(first) = by_id.get(&id) {
                    problems.push(BundleError::Duplicate {
                        id,
                        first: first.piece.clone(),
                        second: card.name.clone(),
                    });
                    continue;
                }
                by_id.insert(
                    id,
                    Contributed {
                        object,
                        piece: card.name.clone(),
                        amended: Vec::new(),
                    },
                );
            }
        }
        let objects: Vec<Contributed> = by_id.into_values().collect();
        let scopes = Scopes::new(facts, &objects);
        problems.extend(objects.iter().filter_map(|contributed| {
            let reason = scopes.reason_against(&contributed.object)?;
            Some(BundleError::Scope {
                piece: contributed.piece.clone(),
                id: contributed.object.id().clone(),
                reason,
            })
        }));
        if problems.is_empty() {
            Ok(Self {
                objects,
                order,
                restarts,
            })
        } else {
            Err(problems)
        }
    }
}

fn read(piece: &str, number: usize, text: &str) -> Result<Object, BundleError> {
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

/// Fields that would let a piece reach beyond its own object, or that only the API server may write.
const FORBIDDEN: &[(&str, &str, &str)] = &[
    (
        "/metadata/generateName",
        "metadata.generateName",
        "every object needs a name of its own",
    ),
    ("/metadata/uid", "metadata.uid", "the API server sets it"),
    (
        "/metadata/resourceVersion",
        "metadata.resourceVersion",
        "the API server sets it",
    ),
    (
        "/metadata/managedFields",
        "metadata.managedFields",
        "the API server sets it",
    ),
    (
        "/metadata/deletionTimestamp",
        "metadata.deletionTimestamp",
        "the API server sets it",
    ),
    (
        "/metadata/ownerReferences",
        "metadata.ownerReferences",
        "the installation owns every object",
    ),
    (
        "/metadata/labels/applyset.kubernetes.io~1part-of",
        "metadata.labels[applyset.kubernetes.io/part-of]",
        "the inventory sets it",
    ),
    (
        "/metadata/labels/applyset.kubernetes.io~1id",
        "metadata.labels[applyset.kubernetes.io/id]",
        "only an inventory has it",
    ),
];

/// The prefix of what meshhost itself says on objects.
const OWN_PREFIX: &str = "meshhost.dev/";
/// What a piece may say there: that an object outlives the installation, and what `render` prints as its namespace.
const MAY_SAY: [&str; 2] = ["meshhost.dev/on-remove", written::WRITTEN];

/// Fields that nobody may set and that are set, and why not.
pub(crate) fn forbidden(object: &Object) -> impl Iterator<Item = (&'static str, &'static str)> {
    FORBIDDEN
        .iter()
        .filter(|(pointer, _, _)| {
            object
                .pointer(pointer)
                .is_some_and(|value| !value.is_null())
        })
        .map(|(_, field, reason)| (*field, *reason))
}

/// The first label or annotation that only meshhost may set. It tells whose an object is, so nobody else may say it.
pub(crate) fn reserved(object: &Object) -> Option<String> {
    ["labels", "annotations"].iter().find_map(|field| {
        let map = object.pointer(&format!("/metadata/{field}"))?.as_object()?;
        let key = map
            .keys()
            .find(|key| key.starts_with(OWN_PREFIX) && !MAY_SAY.contains(&key.as_str()))?;
        Some(format!("metadata.{field}[{}]", key.escape_debug()))
    })
}

fn admit(card: &Card, object: &Object) -> Vec<BundleError> {
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
    problems
}

/// Which kinds live in a namespace: what the server serves, and what CRDs of the bundle will make it serve.
struct Scopes<'a> {
    facts: &'a Facts,
    defined: BTreeMap<(&'a str, &'a str), bool>,
}

impl<'a> Scopes<'a> {
    fn new(facts: &'a Facts, objects: &'a [Contributed]) -> Self {
        let defined = objects
            .iter()
            .map(|contributed| &contributed.object)
            .filter(|object| object.id().kind == "CustomResourceDefinition")
            .filter_map(|crd| {
                let text = |pointer| crd.pointer(pointer).and_then(Value::as_str);
                let group = text("/spec/group")?;
                let kind = text("/spec/names/kind")?;
                // v1beta1 lets the scope be left out, and means Namespaced then.
                let scope = text("/spec/scope").unwrap_or("Namespaced");
                Some(((group, kind), scope == "Namespaced"))
            })
            .collect();
        Self { facts, defined }
    }

    fn reason_against(&self, object: &Object) -> Option<&'static str> {
        let id = object.id();
        let namespaced = self
            .defined
            .get(&(id.group.as_str(), id.kind.as_str()))
            .copied()
            .or_else(|| self.facts.namespaced(object.api_version(), &id.kind))?;
        match (namespaced, &id.namespace) {
            (true, None) => {
                Some("the kind lives in a namespace, but metadata.namespace is missing")
            }
            (false, Some(_)) => Some("the kind is cluster-scoped, but metadata.namespace is set"),
            _ => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
