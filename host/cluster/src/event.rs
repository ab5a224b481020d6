//! What happens, told as it happens. Owns the words; must not know who listens.

use meshhost_core::card::Occasion;
use meshhost_core::id::ObjectId;
use serde::Serialize;

/// Something that happened. Ordered in time; objects of one wave come in no particular order.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Work starts; from here on the cluster is written to.
    Started {
        /// The revision that is recorded; absent when everything is removed.
        revision: Option<u64>,
        /// How many objects there are.
        objects: usize,
    },
    /// A wave starts.
    Wave {
        /// From 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// How many objects are in it.
        objects: usize,
    },
    /// An object was written, or needed no writing.
    Applied {
        /// Which.
        id: ObjectId,
        /// Whose.
        piece: String,
        /// What happened to it.
        result: Outcome,
    },
    /// An object is not ready yet; told again when the reason changes.
    Waiting {
        /// Which.
        id: ObjectId,
        /// Whose.
        piece: String,
        /// What it waits for.
        why: String,
    },
    /// An object was waited for in vain; the run ends.
    NotReady {
        /// Which.
        id: ObjectId,
        /// Whose.
        piece: String,
        /// What it waited for, or why it failed, with the cause as far as it can be seen.
        why: String,
        /// Whether waiting longer would not have helped.
        failed: bool,
    },
    /// An object that was waited for is ready.
    Ready {
        /// Which.
        id: ObjectId,
        /// Whose.
        piece: String,
    },
    /// A hook is run.
    Hook {
        /// Its object.
        id: ObjectId,
        /// Whose.
        piece: String,
        /// When.
        on: Occasion,
    },
    /// It has done its work.
    HookDone {
        /// Its object.
        id: ObjectId,
        /// Whose.
        piece: String,
        /// When.
        on: Occasion,
    },
    /// Another run holds the lock on the installation.
    Locked {
        /// Who.
        #[serde(flatten)]
        by: LockHolder,
        /// It is taken over when it shows no life for so many milliseconds.
        stale_after_ms: u64,
    },
    /// The lock of a run that showed no life was taken over.
    TakenOver {
        /// Whose.
        #[serde(flatten)]
        from: LockHolder,
    },
    /// The run has failed, and what it was asked not to leave behind is taken back.
    RollingBack {
        /// What went wrong.
        why: String,
        /// The revision that is brought back; absent when everything is removed, since there is no good one.
        to: Option<u64>,
    },
    /// An object is being deleted.
    Deleting {
        /// Which.
        id: ObjectId,
    },
    /// It is gone.
    Deleted {
        /// Which.
        id: ObjectId,
    },
    /// It stays, without what the installation had put on it.
    Left {
        /// Which.
        id: ObjectId,
        /// Why it stays.
        why: String,
    },
    /// The API server warns.
    Warning {
        /// About which object.
        id: Option<ObjectId>,
        /// Whose.
        piece: Option<String>,
        /// What it says.
        text: String,
    },
    /// A request failed in a way that may pass, and is made again.
    Retrying {
        /// Method and path.
        request: String,
        /// What went wrong.
        why: String,
        /// After how many milliseconds it is made again.
        after_ms: u64,
    },
    /// All is done.
    Finished,
}

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Outcome {
    Created,
    Adopted,
    Changed,
    Replaced,
    Unchanged,
}

/// Who is at work on an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LockHolder {
    /// Who and where.
    pub holder: String,
    /// Since when, RFC 3339, by the clock there.
    pub since: String,
    /// Last sign of life, RFC 3339, by the clock there.
    pub seen: String,
}

/// Who listens.
pub type Listener<'a> = &'a (dyn Fn(Event) + Send + Sync);
