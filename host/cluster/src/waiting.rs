//! Waiting until objects are ready, by watching them. Owns the time limit and finding out the cause; must not
//! know why something is waited for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::{join_all, try_join, try_join_all};
use meshhost_core::id::ObjectId;
use meshhost_core::readiness::{Readiness, readiness};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use crate::assess::Assess;
use crate::discovery::Resource;
use crate::event::Event;
use crate::places::{Ended, Wish, places, watch_place};
use crate::request::RequestError;
use crate::session::Session;

mod assessing;
mod cause;
mod endpoints;

use assessing::until_assessed;
pub(crate) use endpoints::until_answered;

/// After this long without news, pods are looked at for the cause.
const LOOK_AT_PODS: Duration = Duration::from_secs(8);
/// How long finding the cause may take when the time is over already.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// Something to wait for.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) id: ObjectId,
    pub(crate) piece: String,
    pub(crate) resource: Resource,
}

/// An object that is not ready when it should be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NotReady {
    /// Which.
    pub id: ObjectId,
    /// Whose.
    pub piece: String,
    /// What it waited for, or why it failed, with the cause as far as it can be seen from its pods.
    pub why: String,
    /// Whether waiting longer would not have helped.
    pub failed: bool,
}

impl std::fmt::Display for NotReady {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = if self.failed {
            "has failed"
        } else {
            "is not ready"
        };
        write!(f, "{} (piece {}) {what}: {}", self.id, self.piece, self.why)
    }
}

/// Why waiting ended early.
#[derive(Debug)]
pub(crate) enum WaitError {
    NotReady(Vec<NotReady>),
    Request(RequestError),
}

/// What is known of each target that is not ready.
struct Board<'a> {
    session: Session<'a>,
    open: Mutex<BTreeMap<ObjectId, Entry>>,
}

#[derive(Clone)]
struct Entry {
    piece: String,
    why: String,
    /// The last seen state, if any.
    live: Value,
}

/// Waits until all targets are ready, or one has failed, or the session's time is over.
pub(crate) async fn until_ready(
    session: &Session<'_>,
    set_id: &str,
    targets: Vec<Target>,
    assess: Option<&Arc<dyn Assess>>,
) -> Result<(), WaitError> {
    let open: BTreeMap<ObjectId, Entry> = targets
        .iter()
        .map(|target| {
            let entry = Entry {
                piece: target.piece.clone(),
                why: "nothing seen of it yet".into(),
                live: Value::Null,
            };
            (target.id.clone(), entry)
        })
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let judges = |target: &Target| assess.filter(|it| it.judges(&target.piece, &target.id));
    let (judged, others): (Vec<&Target>, Vec<&Target>) =
        targets.iter().partition(|target| judges(target).is_some());
    let places = places(others.iter().map(|target| (&target.id, &target.resource)));
    let board = Board {
        session: *session,
        open: Mutex::new(open),
    };
    let watches = try_join_all(
        places
            .into_iter()
            .map(|(place, ids)| watch_place(session, &board, set_id, place, ids)),
    );
    let asked = judged
        .into_iter()
        .filter_map(|target| Some((target, judges(target)?)));
    let asked =
        try_join_all(asked.map(|(target, assess)| until_assessed(session, &board, target, assess)));
    let work = async {
        tokio::select! {
            ended = try_join(watches, asked) => ended.map(|_| ()),
            () = board.look_at_pods() => Ok(()),
        }
    };
    let not_ready = match timeout_at(session.deadline, work).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(Ended::Request(error))) => return Err(WaitError::Request(error)),
        Ok(Err(Ended::Hopeless(id))) => board.told(Some(&id)).await,
        Err(_) => board.told(None).await,
    };
    Err(in_vain(session, not_ready))
}

fn in_vain(session: &Session<'_>, objects: Vec<NotReady>) -> WaitError {
    for object in objects.iter().cloned() {
        session.tell(Event::NotReady {
            id: object.id,
            piece: object.piece,
            why: object.why,
            failed: object.failed,
        });
    }
    WaitError::NotReady(objects)
}

impl Wish for Board<'_> {
    fn there(&self, id: &ObjectId, live: Value) -> Result<bool, Ended> {
        match readiness(&live) {
            Readiness::Ready => {
                self.ready(id);
                return Ok(true);
            }
            Readiness::Progressing(why) => self.waits(id, why, live),
            Readiness::Terminating => self.waits(id, "it is being deleted".into(), live),
            Readiness::Failed(why) => return Err(self.fails(id, why, live)),
        }
        Ok(false)
    }

    fn absent(&self, id: &ObjectId, seen: bool) -> Result<bool, Ended> {
        // A Job with a time to live goes by itself when it is done.
        if seen && id.group == "batch" && id.kind == "Job" {
            self.ready(id);
            return Ok(true);
        }
        if seen {
            return Err(self.fails(id, "somebody has deleted it".into(), Value::Null));
        }
        Ok(false)
    }
}

impl Board<'_> {
    fn ready(&self, id: &ObjectId) {
        let entry = self.entries().remove(id);
        if let Some(entry) = entry {
            self.session.tell(Event::Ready {
                id: id.clone(),
                piece: entry.piece,
            });
        }
    }

    fn fails(&self, id: &ObjectId, why: String, live: Value) -> Ended {
        self.waits(id, why, live);
        Ended::Hopeless(id.clone())
    }

    fn waits(&self, id: &ObjectId, why: String, live: Value) {
        let told = {
            let mut open = self.entries();
            let Some(entry) = open.get_mut(id) else {
                return;
            };
            entry.live = live;
            if entry.why == why {
                return;
            }
            entry.why.clone_from(&why);
            entry.piece.clone()
        };
        self.session.tell(Event::Waiting {
            id: id.clone(),
            piece: told,
            why,
        });
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<ObjectId, Entry>> {
        self.open.lock().expect("no holder of this lock panics")
    }

    /// Never ends: tells the cause when it is other than before.
    async fn look_at_pods(&self) {
        let mut told: BTreeMap<ObjectId, String> = BTreeMap::new();
        loop {
            sleep(LOOK_AT_PODS).await;
            let open = self.entries().clone();
            for (id, entry) in open {
                if let Some(cause) = cause::of(&self.session, &id, &entry.live).await
                    && told.insert(id.clone(), cause.clone()).as_ref() != Some(&cause)
                {
                    self.session.tell(Event::Waiting {
                        id,
                        piece: entry.piece,
                        why: format!("{}: {cause}", entry.why),
                    });
                }
            }
        }
    }

    /// What is not ready, with causes; only the one that has failed, if one has.
    async fn told(&self, failed: Option<&ObjectId>) -> Vec<NotReady> {
        let mut session = self.session;
        session.deadline = Instant::now() + LAST_LOOK;
        let open = self.entries().clone();
        let told = open
            .into_iter()
            .filter(|(id, _)| failed.is_none_or(|failed| failed == id))
            .map(|(id, entry)| {
                let session = &session;
                async move {
                    let cause = cause::of(session, &id, &entry.live).await;
                    let known = cause.is_some();
                    let why = match cause {
                        Some(cause) => format!("{}: {cause}", entry.why),
                        None => entry.why,
                    };
                    let piece = entry.piece;
                    let failed = failed.is_some();
                    (
                        !known,
                        NotReady {
                            id,
                            piece,
                            why,
                            failed,
                        },
                    )
                }
            });
        let mut told = join_all(told).await;
        // What a cause is known of explains the rest.
        told.sort_by_key(|(unknown, _)| *unknown);
        told.into_iter().map(|(_, not_ready)| not_ready).collect()
    }
}
