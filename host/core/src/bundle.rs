//! The bundle: every piece's objects combined and checked. Owns the type and what no object may say; must not know how a
//! piece is run.

use crate::card::{HookRun, OrderRule, RestartRule};
use crate::id::ObjectId;
use crate::object::{Object, ObjectError};
use crate::written;

mod combine;
mod scopes;

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
    /// Objects for occasions, in the order of the pieces and of what each said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<ContributedHook>,
}

/// A hook and where it came from.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ContributedHook {
    /// Its object.
    #[serde(flatten)]
    pub contributed: Contributed,
    /// When and how it is run.
    #[serde(flatten)]
    pub run: HookRun,
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
    /// A hook that would never run, or twice.
    #[error("piece {piece}: hook {id}: {reason}")]
    Hook {
        /// Who.
        piece: String,
        /// Its object.
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

    /// Everything that pieces made: the objects, then those of hooks.
    pub fn contributed(&self) -> impl Iterator<Item = &Contributed> {
        let hooks = self.hooks.iter().map(|hook| &hook.contributed);
        self.objects.iter().chain(hooks)
    }
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

#[cfg(test)]
pub(crate) mod tests;
