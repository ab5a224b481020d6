//! Taking objects away, in order and not one more than is ours. Owns the checks before a deletion and waiting until it has
//! happened; must not know why something goes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use futures::future::try_join_all;
use futures::{StreamExt as _, stream};
use meshhost_core::id::ObjectId;
use meshhost_core::inventory::{Inventory, part_of};
use meshhost_core::plan::{How, Precondition, Refusal, Removal};
use meshhost_core::waves::removal;
use serde_json::Value;
use tokio::time::timeout_at;

use crate::discovery::{Discovery, Resource};
use crate::event::Event;
use crate::places::{Ended, Wish, places, watch_place};
use crate::request::{Request, RequestError};
use crate::session::Session;
use crate::writing::{delete, release};

mod others;

/// Deletions in flight.
const DELETIONS: usize = 8;
/// An object that changes all the time is looked at so often.
const LOOKS: usize = 10;

/// An object that stays, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Left {
    /// Which.
    pub id: ObjectId,
    /// Why.
    pub why: String,
}

impl std::fmt::Display for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} stays: {}", self.id, self.why)
    }
}

/// Why not everything was taken away.
#[derive(Debug)]
pub(crate) enum RemoveError {
    /// Rights are missing.
    Refused(Vec<Refusal>),
    /// Deleted, but not gone in time.
    NotGone(Vec<Left>),
    Request(RequestError),
}

/// What became of one object.
enum Fate {
    Gone,
    /// It was told to go.
    Going(Resource),
    Left(String),
    Refused(Refusal),
}

/// Takes away what is planned; gives what stays.
pub(crate) async fn remove(
    session: &Session<'_>,
    inventory: &Inventory,
    discovery: &Discovery,
    removals: &[Removal],
) -> Result<Vec<Left>, RemoveError> {
    let by_id: BTreeMap<&ObjectId, &Removal> = removals
        .iter()
        .map(|removal| (&removal.id, removal))
        .collect();
    let ids: BTreeSet<ObjectId> = by_id.keys().map(|id| (*id).clone()).collect();
    let mut left = Vec::new();
    for step in removal(&ids) {
        let fates: Vec<(ObjectId, Result<Fate, RequestError>)> = stream::iter(step)
            .map(|id| async {
                let fate = one(session, inventory, discovery, by_id[&id]).await;
                (id, fate)
            })
            .buffer_unordered(DELETIONS)
            .collect()
            .await;
        let mut going = Vec::new();
        let mut refused = Vec::new();
        for (id, fate) in fates {
            match fate.map_err(RemoveError::Request)? {
                Fate::Gone => session.tell(Event::Deleted { id }),
                Fate::Going(resource) => going.push((id, resource)),
                Fate::Left(why) => {
                    session.tell(Event::Left {
                        id: id.clone(),
                        why: why.clone(),
                    });
                    left.push(Left { id, why });
                }
                Fate::Refused(refusal) => refused.push(refusal),
            }
        }
        if !refused.is_empty() {
            return Err(RemoveError::Refused(refused));
        }
        until_gone(session, &inventory.set_id(), going).await?;
    }
    left.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(left)
}

async fn one(
    session: &Session<'_>,
    inventory: &Inventory,
    discovery: &Discovery,
    removal: &Removal,
) -> Result<Fate, RequestError> {
    let id = &removal.id;
    let Some(resource) = discovery.resource(&removal.api_version, &id.kind) else {
        // Its definition went before it.
        return Ok(Fate::Gone);
    };
    let keep = match &removal.how {
        How::Release(why) => Some(why.clone()),
        How::Delete => others::reason_to_stay(session, inventory, discovery, id).await?,
    };
    if let Some(why) = keep {
        return Ok(match release(session, inventory, resource, id).await {
            Ok(()) => Fate::Left(why),
            Err(error) if error.is_forbidden() => Fate::Refused(forbidden(id, "patch", &error)),
            Err(error) => return Err(error),
        });
    }
    session.tell(Event::Deleting { id: id.clone() });
    let mut live = removal.live.clone();
    for _ in 0..LOOKS {
        match delete(session, resource, id, &live).await {
            // A `Status` says that it is gone; the object itself, that it may still have to end.
            Ok(answer) if answer.body.get("kind") == Some(&Value::from("Status")) => {
                return Ok(Fate::Gone);
            }
            Ok(_) => return Ok(Fate::Going(resource.clone())),
            Err(error) if error.is_not_found() => return Ok(Fate::Gone),
            Err(error) if error.is_forbidden() => {
                return Ok(Fate::Refused(forbidden(id, "delete", &error)));
            }
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error),
        }
        let now = match session.send(Request::get(resource.path(id))).await {
            Ok(answer) => answer.body,
            Err(error) if error.is_not_found() => return Ok(Fate::Gone),
            Err(error) => return Err(error),
        };
        if part_of(&now) != Some(inventory.set_id().as_str()) {
            return Ok(Fate::Left(
                "it is not part of this installation any more".into(),
            ));
        }
        match Precondition::of(&now) {
            Some(now) if now.uid == live.uid => live = now,
            _ => {
                return Ok(Fate::Left(
                    "somebody has made it anew in the meantime".into(),
                ));
            }
        }
    }
    Ok(Fate::Left("somebody changes it all the time".into()))
}

fn forbidden(id: &ObjectId, verb: &str, error: &RequestError) -> Refusal {
    Refusal::Forbidden {
        id: id.clone(),
        verb: verb.into(),
        message: error.message().to_owned(),
    }
}

/// Objects that were told to go, with their last state.
struct Leaving<'a> {
    session: Session<'a>,
    open: Mutex<BTreeMap<ObjectId, Value>>,
}

impl Wish for Leaving<'_> {
    fn there(&self, id: &ObjectId, live: Value) -> Result<bool, Ended> {
        let gone = live.pointer("/metadata/deletionTimestamp").is_none();
        if gone {
            // Made anew by somebody: what was told to go has gone.
            return self.absent(id, true);
        }
        self.lock().insert(id.clone(), live);
        Ok(false)
    }

    fn absent(&self, id: &ObjectId, _seen: bool) -> Result<bool, Ended> {
        if self.lock().remove(id).is_some() {
            self.session.tell(Event::Deleted { id: id.clone() });
        }
        Ok(true)
    }
}

impl Leaving<'_> {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<ObjectId, Value>> {
        self.open.lock().expect("no holder of this lock panics")
    }
}

async fn until_gone(
    session: &Session<'_>,
    set_id: &str,
    going: Vec<(ObjectId, Resource)>,
) -> Result<(), RemoveError> {
    let places = places(going.iter().map(|(id, resource)| (id, resource)));
    let leaving = Leaving {
        session: *session,
        open: Mutex::new(going.into_iter().map(|(id, _)| (id, Value::Null)).collect()),
    };
    let watches = try_join_all(
        places
            .into_iter()
            .map(|(place, ids)| watch_place(session, &leaving, set_id, place, ids)),
    );
    match timeout_at(session.deadline, watches).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(Ended::Request(error))) => Err(RemoveError::Request(error)),
        Ok(Err(Ended::Hopeless(_))) | Err(_) => Err(RemoveError::NotGone(
            leaving
                .lock()
                .iter()
                .map(|(id, live)| Left {
                    id: id.clone(),
                    why: holds(live),
                })
                .collect(),
        )),
    }
}

/// What an object that is being deleted waits for.
fn holds(live: &Value) -> String {
    let finalizers: Vec<&str> = live
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let conditions: Vec<&str> = live
        .pointer("/status/conditions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|condition| condition.get("status") == Some(&Value::from("True")))
        .filter_map(|condition| condition.get("message")?.as_str())
        .collect();
    let mut why = "it was told to go, but is still there".to_owned();
    if !finalizers.is_empty() {
        why.push_str(&format!("; it waits for {}", finalizers.join(", ")));
    }
    if !conditions.is_empty() {
        why.push_str(&format!(" ({})", conditions.join("; ")));
    }
    why
}
