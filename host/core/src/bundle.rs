//! The bundle: every piece's objects combined and checked. Owns combining and amending; must not know how a piece is run.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::card::{Amendments, Contribution, OrderRule, Selected};
use crate::facts::Facts;
use crate::id::ObjectId;
use crate::object::{Object, ObjectError};
use crate::selector::Selector;

/// Combined, checked objects, each with the piece that it came from, sorted by identity.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bundle {
    /// In the order of their identities.
    pub objects: Vec<Contributed>,
    /// Order that pieces asked for, with the asking piece.
    pub order: Vec<(String, OrderRule)>,
}

/// An object and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributed {
    /// The object.
    pub object: Object,
    /// The piece that contributed it.
    pub piece: String,
    /// Pieces that amended it, with the fields (RFC 6901 pointers) that each has set or removed.
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
    /// An amendment of something that was not handed over.
    #[error("piece {piece}: amends object {number}, but was only handed {count}")]
    NotSelected {
        /// Who.
        piece: String,
        /// Which.
        number: u32,
        /// How many there were.
        count: usize,
    },
    /// An amendment that is not a JSON object, or that changes the identity of the object.
    #[error("piece {piece}: amendment of {id}: {reason}")]
    BadAmendment {
        /// Who.
        piece: String,
        /// Which object.
        id: ObjectId,
        /// What is wrong.
        reason: String,
    },
}
