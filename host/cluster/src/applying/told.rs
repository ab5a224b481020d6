//! What carrying out a plan is told beforehand, and what it tells afterwards.

use std::time::Duration;

use meshhost_core::card::Occasion;
use meshhost_core::id::ObjectId;
use meshhost_core::plan::{Counts, Refusal};

use crate::lease::{LockError, LockOptions};
use crate::removing::{Left, RemoveError};
use crate::request::RequestError;
use crate::state::StateError;
use crate::waiting::{NotReady, WaitError};

/// How a plan is carried out.
#[derive(Debug, Clone, Copy)]
pub struct ApplyOptions {
    /// For everything together.
    pub timeout: Duration,
    /// Writes in flight.
    pub concurrency: usize,
    /// Whether to wait at the end until all is ready. Between waves what the next one needs is waited for anyway.
    pub wait: bool,
    /// Whether what is not in the bundle any more is removed; else it stays a member, and the next plan lists it again.
    pub prune: bool,
    /// Records of so many revisions are kept, and that of the last good one.
    pub history: u64,
    /// Whether a run that fails is taken back: to the last good revision, or to nothing when there is none.
    pub atomic: bool,
    /// Whether hooks are run.
    pub hooks: bool,
    /// How the lock is taken: only one run at a time works on an installation.
    pub lock: LockOptions,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(300),
            concurrency: 8,
            wait: true,
            prune: true,
            history: 10,
            atomic: false,
            hooks: true,
            lock: LockOptions::default(),
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The revision that was recorded; `None` when nothing had to be, or when everything was removed.
    pub revision: Option<u64>,
    /// How many objects met which fate.
    pub counts: Counts,
    /// What stays although it was to go.
    pub left: Vec<Left>,
}

/// Why a plan was not carried out, or not to the end.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ApplyError {
    /// The plan itself says that it cannot be applied; nothing was written.
    #[error("the plan cannot be applied:{}", lines(.0))]
    PlanRefused(Vec<Refusal>),
    /// The server refused objects.
    #[error("not everything was applied:{}", lines(.0))]
    Refused(Vec<Refusal>),
    /// An object could not be written for a reason that is not the server's refusal.
    #[error("{id} (piece {piece}): {why}")]
    Stuck {
        /// Which object.
        id: ObjectId,
        /// Whose.
        piece: String,
        /// What is in the way.
        why: String,
    },
    /// Objects are not ready.
    #[error("not everything is ready:{}", lines(.0))]
    NotReady(Vec<NotReady>),
    /// A hook has failed.
    #[error("hook {id} (piece {piece}, {}): {why}", .on.word())]
    Hook {
        /// When it was run.
        on: Occasion,
        /// Its object.
        id: ObjectId,
        /// Whose.
        piece: String,
        /// What went wrong.
        why: String,
    },
    /// Objects were told to go, but are still there.
    #[error("not everything is gone:{}", lines(.0))]
    NotGone(Vec<Left>),
    /// Another run is at work, or has taken over.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Whoever started it has asked it to stop.
    #[error(
        "stopped on the way: what was written stays, and the lock is given back; `apply` again finishes it, `rollback` goes back"
    )]
    Stopped,
    /// It failed, and was taken back as was asked for.
    #[error("{cause}\n{}", restored(.to, .revision))]
    RolledBack {
        /// Why.
        cause: Box<ApplyError>,
        /// The revision whose objects were brought back; absent when everything was removed.
        to: Option<u64>,
        /// The revision that records it.
        revision: Option<u64>,
    },
    /// It failed, and taking it back failed as well.
    #[error(
        "{cause}\nand {} failed as well: {failure}\nwhat is there now is told by `status`; `rollback` tries again",
        intention(.to)
    )]
    NotRolledBack {
        /// Why it failed.
        cause: Box<ApplyError>,
        /// The revision that was to be brought back; absent when everything was to be removed.
        to: Option<u64>,
        /// Why it could not be taken back.
        failure: String,
    },
    /// The records cannot be written.
    #[error(transparent)]
    State(#[from] StateError),
    /// The server could not be asked.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// As many objects are named.
const NAMED: usize = 20;

fn restored(to: &Option<u64>, revision: &Option<u64>) -> String {
    match (to, revision) {
        (Some(to), Some(revision)) => {
            format!("rolled back to the objects of revision {to}, as revision {revision}")
        }
        (Some(to), None) => format!("rolled back to revision {to}"),
        (None, _) => "removed again, since no revision before it was good".to_owned(),
    }
}

fn intention(to: &Option<u64>) -> String {
    match to {
        Some(to) => format!("rolling back to revision {to}"),
        None => "removing it again".to_owned(),
    }
}

fn lines<T: std::fmt::Display>(items: &[T]) -> String {
    let mut lines: String = items
        .iter()
        .take(NAMED)
        .map(|item| format!("\n  {item}"))
        .collect();
    if items.len() > NAMED {
        lines.push_str(&format!("\n  and {} more", items.len() - NAMED));
    }
    lines
}

impl From<WaitError> for ApplyError {
    fn from(error: WaitError) -> Self {
        match error {
            WaitError::NotReady(objects) => Self::NotReady(objects),
            WaitError::Request(error) => Self::Request(error),
        }
    }
}

impl From<RemoveError> for ApplyError {
    fn from(error: RemoveError) -> Self {
        match error {
            RemoveError::Refused(refusals) => Self::Refused(refusals),
            RemoveError::NotGone(objects) => Self::NotGone(objects),
            RemoveError::Request(error) => Self::Request(error),
        }
    }
}
