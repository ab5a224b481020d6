//! Why a plan cannot be applied, in words that say what to do.

use serde::Serialize;

use crate::id::ObjectId;

/// One reason why a plan cannot be applied as it is. Nothing is written while there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Refusal {
    /// Another manager owns the field and wants another value.
    #[error(
        "{id}: piece {piece} sets {field}, which {manager} has set to another value; take it over with --force-conflicts or a rule `policy: own` under `fields`, or leave it to {manager} with `policy: yield`"
    )]
    Conflict {
        /// Which object.
        id: ObjectId,
        /// The piece that sets the field.
        piece: String,
        /// Path, as the server spells it.
        field: String,
        /// Who owns it.
        manager: String,
    },
    /// One object, two installations.
    #[error(
        "{id}: piece {piece} contributes it to installation {installation}, but it belongs to {owner}; an object can only belong to one (--adopt=all takes it away from there)"
    )]
    OtherInstallation {
        /// Which object.
        id: ObjectId,
        /// The piece.
        piece: String,
        /// The installation that is planned.
        installation: String,
        /// Who has it.
        owner: String,
    },
    /// The cluster does not know the kind, nor does the bundle define it.
    #[error(
        "{id}: piece {piece} uses {api_version}, in which this cluster serves no {}; {hint}",
        .id.kind
    )]
    NotServed {
        /// Which object.
        id: ObjectId,
        /// The piece.
        piece: String,
        /// The version that is not served.
        api_version: String,
        /// Versions in which it is served, or what is missing.
        hint: String,
    },
    /// Its namespace is not there, nor does the bundle make it.
    #[error(
        "{id}: piece {piece} puts it into namespace {namespace}, which does not exist and which no piece makes; create it, or choose another"
    )]
    NoNamespace {
        /// Which object.
        id: ObjectId,
        /// The piece.
        piece: String,
        /// The namespace.
        namespace: String,
    },
    /// The server does not accept it.
    #[error("{id}: piece {piece}: the API server does not accept it: {message}")]
    Rejected {
        /// Which object.
        id: ObjectId,
        /// The piece.
        piece: String,
        /// What the server said.
        message: String,
    },
    /// A right is missing.
    #[error("{id}: you may not {verb} it: {message}; ask for that right, or use another --context")]
    Forbidden {
        /// Which object.
        id: ObjectId,
        /// The verb.
        verb: String,
        /// What the server said.
        message: String,
    },
    /// A field must change that cannot.
    #[error("{id}: piece {piece} changes what cannot be changed: {message}; {consent}")]
    Immutable {
        /// Which object.
        id: ObjectId,
        /// The piece.
        piece: String,
        /// What the server said.
        message: String,
        /// What agrees to its replacement, and what that costs.
        consent: String,
    },
    /// It is there, and nobody's, but only what is the installation's already may be touched.
    #[error(
        "{id}: piece {piece} contributes it, but it is there already and not this installation's; --adopt=unowned takes it in"
    )]
    NotAdopted {
        /// Which object.
        id: ObjectId,
        /// The piece.
        piece: String,
    },
    /// It is being deleted.
    #[error("{id}: it is being deleted; run again when it is gone{waits_for}")]
    Terminating {
        /// Which object.
        id: ObjectId,
        /// `; it waits for …`, or empty.
        waits_for: String,
    },
}
