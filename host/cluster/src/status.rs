//! How an installation is: its members, whether they work, and what others have done to them. Owns the comparison with the
//! record; must not change anything.

use std::collections::{BTreeMap, BTreeSet};

use meshhost_core::id::ObjectId;
use meshhost_core::inventory::{Inventory, is_hook};
use meshhost_core::readiness::{Readiness, readiness};
use meshhost_core::revision::{Applied, Outcome, Revision};
use serde::Serialize;
use serde_json::Value;

use crate::discovery::Discovery;
use crate::event::LockHolder;
use crate::lease;
use crate::live::members;
use crate::planning::PlanError;
use crate::session::Session;
use crate::state::{self, Installation};

/// An installation as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Its name.
    pub installation: String,
    /// The latest revision, if its record is there.
    pub revision: Option<Revision>,
    /// The run that has not ended, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<Unfinished>,
    /// Recorded objects and members, sorted by identity.
    pub objects: Vec<MemberStatus>,
}

/// A run that is at work, or was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unfinished {
    /// What it does.
    pub what: Work,
    /// Who holds the lock. It is at work still, or was cut off less than a lock's time ago; nobody when it was cut off and
    /// that was noticed.
    pub lock: Option<LockHolder>,
}

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// It applies this revision.
    Apply(
        /// Its number.
        u64,
    ),
    /// It removes everything.
    Uninstall,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberStatus {
    /// Which.
    pub id: ObjectId,
    /// The piece it came from, if that is recorded.
    pub piece: Option<String>,
    /// Whether it works; absent when it is not there.
    pub readiness: Option<Readiness>,
    /// How it differs from what was applied.
    pub drift: Option<Drift>,
}

/// How an object differs from what was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "drift", content = "by", rename_all = "lowercase")]
pub enum Drift {
    /// It was applied, and is not there any more.
    Missing,
    /// Somebody has deleted it and made another of the same name.
    Remade,
    /// Fields that were applied have been changed or removed: by which managers, as far as it shows.
    Changed(Vec<String>),
    /// It is a member, but the latest revision does not have it.
    Superfluous,
}

/// Looks; `None` when there is no such installation.
pub(crate) async fn status(
    session: &Session<'_>,
    discovery: &Discovery,
    installation: &Installation,
) -> Result<Option<Status>, PlanError> {
    let Some(parent) = state::parent(session, installation).await? else {
        return Ok(None);
    };
    let inventory = parent.inventory;
    let revision = state::latest(session, installation, inventory.revision).await?;
    let what = if inventory.removing {
        Some(Work::Uninstall)
    } else if revision.as_ref().is_none_or(|revision| {
        revision.number < inventory.revision || revision.outcome == Outcome::Pending
    }) {
        Some(Work::Apply(inventory.revision))
    } else {
        None
    };
    let unfinished = match what {
        // Who may not see the lock is told the rest.
        Some(what) => Some(Unfinished {
            what,
            lock: lease::held_by(session, installation)
                .await
                .unwrap_or_default(),
        }),
        None => None,
    };
    let recorded: BTreeMap<&ObjectId, _> = revision
        .iter()
        .flat_map(|revision| &revision.objects)
        .map(|object| (&object.id, object))
        .collect();
    let versions = recorded
        .values()
        .map(|object| (object.id.group_kind(), object.api_version.clone()))
        .collect();
    let found = members(session, discovery, &inventory, &versions).await?;
    let ids: BTreeSet<&ObjectId> = recorded.keys().copied().chain(found.keys()).collect();
    let objects = ids
        .into_iter()
        // What a hook has left is no part of what was applied.
        .filter(|id| {
            let hook = |(_, live): &(_, Value)| is_hook(live);
            recorded.contains_key(id) || !found.get(id).is_some_and(hook)
        })
        .map(|id| {
            let live = found.get(id).map(|(_, live)| live);
            let recorded = recorded.get(id);
            MemberStatus {
                id: id.clone(),
                piece: recorded.map(|recorded| recorded.piece.clone()),
                readiness: live.map(readiness),
                drift: match (recorded, live) {
                    (None, _) => Some(Drift::Superfluous),
                    // Never applied, so far; a namespace that another has is no member.
                    (Some(recorded), None) => recorded
                        .applied
                        .is_some()
                        .then_some(Drift::Missing)
                        .filter(|_| !is_namespace(id)),
                    (Some(recorded), Some(live)) => recorded
                        .applied
                        .as_ref()
                        .and_then(|applied| drift(applied, live, &inventory)),
                },
            }
        })
        .collect();
    Ok(Some(Status {
        installation: installation.name.clone(),
        revision,
        unfinished,
        objects,
    }))
}

fn is_namespace(id: &ObjectId) -> bool {
    id.group.is_empty() && id.kind == "Namespace"
}

fn drift(applied: &Applied, live: &Value, inventory: &Inventory) -> Option<Drift> {
    let manager = inventory.field_manager();
    let now = Applied::of(live, &manager);
    if now.as_ref() == Some(applied) {
        return None;
    }
    if live.pointer("/metadata/uid").and_then(Value::as_str) != Some(applied.uid.as_str()) {
        return Some(Drift::Remade);
    }
    let others: BTreeSet<String> = live
        .pointer("/metadata/managedFields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|entry| entry.get("subresource").is_none())
        .filter_map(|entry| entry.get("manager")?.as_str())
        .filter(|other| *other != manager)
        .map(str::to_owned)
        .collect();
    Some(Drift::Changed(others.into_iter().collect()))
}
