//! The plan: a bundle against what is on the cluster. Owns the data that `diff` shows and `apply` works off, and the
//! verdict on one object; must not know how a cluster is asked.

use serde::Serialize;
use serde_json::Value;

use crate::desired::Belonging;
use crate::id::ObjectId;
use crate::inventory::{self, Inventory};
use crate::ownership::Owned;
use crate::readiness::Readiness;
use crate::recorded::Recorded;
use crate::revision::{Applied, RecordedObject, Revision, digest};
use crate::waves::Wave;

mod hook;
mod cause;
mod fields;
mod refusal;
mod comparison;
mod outline;

pub use cause::Cause;
pub use comparison::Comparison;
pub use fields::{FieldChange, changes, masked, path_of};
pub use hook::{Phase, PlannedHook};
pub use outline::{Moved, Outline};
pub use refusal::Refusal;

/// What applying would do. Only planning against a cluster makes one, and applying takes it by value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The installation.
    pub installation: String,
    /// The revision that applying would record.
    pub revision: u64,
    /// The recorded revision that applying would bring back; absent when the objects were rendered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
    /// The bundle's objects, by wave, then identity.
    pub objects: Vec<Planned>,
    /// Hooks that are run, phase by phase.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<PlannedHook>,
    /// Members that are not in the bundle any more, in the order of removal.
    pub removals: Vec<Removal>,
    /// Why this plan cannot be applied; empty when it can.
    pub refusals: Vec<Refusal>,
    /// What the API server had to say to dry runs.
    pub warnings: Vec<ServerWarning>,
    /// What it was made from.
    #[serde(skip)]
    pub basis: Basis,
}

/// What a plan was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    /// The inventory as it was found, or empty.
    pub inventory: Inventory,
    /// `resourceVersion` of its parent; absent when there was none.
    pub parent_version: Option<String>,
    /// The latest revision, if its record could be read.
    pub last: Option<Revision>,
    /// The waves.
    pub waves: Vec<Wave>,
    /// The bundle and the rules, to be recorded.
    pub recorded: Recorded,
}

/// One object of the bundle.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planned {
    /// Which.
    pub id: ObjectId,
    /// In which version it is sent.
    pub api_version: String,
    /// The piece it comes from.
    pub piece: String,
    /// Pieces that amended it, with the fields (RFC 6901 pointers) that each has set or removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amended: Vec<(String, Vec<String>)>,
    /// Its wave, from 0.
    pub wave: usize,
    /// What happens to it.
    #[serde(flatten)]
    pub action: Action,
    /// What makes it appear; what makes fields change is said of each field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Cause>,
    /// How it belongs to the installation.
    pub belonging: Belonging,
    /// Why the server has not looked at it yet: its kind or its namespace does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unverified: Option<String>,
    /// What is sent.
    #[serde(skip)]
    pub desired: Value,
    /// The live object's `uid` and `resourceVersion`.
    #[serde(skip)]
    pub live: Option<Precondition>,
    /// What the live object said of itself when the plan was made.
    #[serde(skip)]
    pub readiness: Option<Readiness>,
    /// What tells that the live object was not touched since the plan was made.
    #[serde(skip)]
    pub applied: Option<Applied>,
    /// Fields that others have set otherwise and that are taken over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<Owned>,
    /// Fields that are left to others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<Owned>,
    /// Installers of before whose fields become ours, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub migrates: Vec<String>,
}

/// What happens to an object.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum Action {
    /// It is not there.
    Create,
    /// It is there and nobody's: it becomes a member.
    Adopt {
        /// What changes of it; may be empty.
        fields: Vec<FieldChange>,
    },
    /// It is a member, and differs.
    Change {
        /// What changes; empty when only the ownership of fields does.
        fields: Vec<FieldChange>,
    },
    /// A field that cannot be changed must change: it is deleted and made anew.
    Replace {
        /// What changes.
        fields: Vec<FieldChange>,
        /// What the server said.
        reason: String,
    },
    /// Nothing.
    Unchanged,
}

/// A member that is not in the bundle.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Removal {
    /// Which.
    pub id: ObjectId,
    /// In which version it was listed.
    pub api_version: String,
    /// The piece it came from, if that is recorded.
    pub piece: Option<String>,
    /// Why it goes.
    pub why: String,
    /// What makes it go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Cause>,
    /// What happens to it.
    #[serde(flatten)]
    pub how: How,
    /// The live object's `uid` and `resourceVersion`.
    #[serde(skip)]
    pub live: Precondition,
}

/// What happens to a member that is not in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "how", content = "left_because", rename_all = "lowercase")]
pub enum How {
    /// It is deleted.
    Delete,
    /// It stays, without what the installation had put on it.
    Release(
        /// Why it is not deleted.
        String,
    ),
}

/// Which state of a live object was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Precondition {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
}

impl Precondition {
    /// Of a live object.
    #[must_use]
    pub fn of(live: &Value) -> Option<Self> {
        Some(Self {
            uid: live.pointer("/metadata/uid")?.as_str()?.to_owned(),
            resource_version: live
                .pointer("/metadata/resourceVersion")?
                .as_str()?
                .to_owned(),
        })
    }
}

/// A `Warning` header of the API server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ServerWarning {
    /// About which object.
    pub id: Option<ObjectId>,
    /// The piece it comes from.
    pub piece: Option<String>,
    /// What it says.
    pub text: String,
}

/// How many objects meet which fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub create: usize,
    pub adopt: usize,
    pub change: usize,
    pub replace: usize,
    pub unchanged: usize,
    pub delete: usize,
    pub release: usize,
}

impl Plan {
    /// Whether the cluster had a record of this installation when the plan was made.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        self.basis.parent_version.is_some()
    }

    /// Whether no object would be written or deleted, and no hook run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.removals.is_empty()
            && self.hooks.is_empty()
            && self
                .objects
                .iter()
                .all(|planned| planned.action == Action::Unchanged)
    }

    /// Whether nothing is asked for: then everything goes, and with it what is known of the installation.
    #[must_use]
    pub fn removes_everything(&self) -> bool {
        self.objects.is_empty() && self.basis.recorded.bundle.hooks.is_empty()
    }

    /// How many objects meet which fate.
    #[must_use]
    pub fn count(&self) -> Counts {
        let mut counts = Counts::default();
        for planned in &self.objects {
            *match planned.action {
                Action::Create => &mut counts.create,
                Action::Adopt { .. } => &mut counts.adopt,
                Action::Change { .. } => &mut counts.change,
                Action::Replace { .. } => &mut counts.replace,
                Action::Unchanged => &mut counts.unchanged,
            } += 1;
        }
        for removal in &self.removals {
            *match removal.how {
                How::Delete => &mut counts.delete,
                How::Release(_) => &mut counts.release,
            } += 1;
        }
        counts
    }
}

/// What can be said of a desired object without asking the server to try it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not there.
    Create,
    /// There, and provably as we left it: see [`Applied`].
    Unchanged(Belonging),
    /// There: the server must say what would change.
    Ask(Belonging),
    /// A member of another installation's set, given by id.
    OtherSet(String),
    /// It is being deleted.
    Terminating,
}

/// Judges one object. `live` is the live object, with its `managedFields`; `sent` makes what would be sent.
pub fn verdict(
    id: &ObjectId,
    live: Option<&Value>,
    inventory: &Inventory,
    recorded: Option<&RecordedObject>,
    sent: impl Fn(Belonging) -> Value,
) -> Verdict {
    let Some(live) = live else {
        // A Job with a time to live has gone by itself after it was done: it is not run again.
        let made = sent(Belonging::Made);
        let done = id.group == "batch"
            && id.kind == "Job"
            && made.pointer("/spec/ttlSecondsAfterFinished").is_some()
            && recorded.is_some_and(|recorded| {
                recorded.applied.is_some() && recorded.digest == digest(&made)
            });
        return if done {
            Verdict::Unchanged(Belonging::Made)
        } else {
            Verdict::Create
        };
    };
    if live.pointer("/metadata/deletionTimestamp").is_some() {
        return Verdict::Terminating;
    }
    let belonging = match inventory::part_of(live) {
        Some(set) if set == inventory.set_id() => {
            if inventory::is_adopted(live) {
                Belonging::Adopted
            } else {
                Belonging::Made
            }
        }
        Some(_) if id.group.is_empty() && id.kind == "Namespace" => Belonging::Shared,
        Some(other) => return Verdict::OtherSet(other.to_owned()),
        None => Belonging::Adopted,
    };
    let unchanged = recorded.is_some_and(|recorded| {
        recorded.applied.is_some()
            && recorded.applied == Applied::of(live, &inventory.field_manager())
            && recorded.digest == digest(&sent(belonging))
    });
    if unchanged {
        Verdict::Unchanged(belonging)
    } else {
        Verdict::Ask(belonging)
    }
}

#[cfg(test)]
mod tests;
