//! Watching members in one place until nothing is waited for there. Owns list, watch, and list again; must not know what is
//! waited for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{StreamExt as _, pin_mut};
use meshhost_core::id::ObjectId;
use meshhost_core::inventory::PART_OF;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::discovery::Resource;
use crate::request::{Request, RequestError};
use crate::session::{Change, Session};

/// How long the server keeps a watch open; then it is listed anew, which heals whatever went unnoticed.
const WATCH_SECONDS: u64 = 60;

/// Objects of one resource in one namespace, or of one that has none.
pub(crate) type Place = (Resource, Option<String>);

/// Sorts objects by place.
pub(crate) fn places<'a>(
    objects: impl Iterator<Item = (&'a ObjectId, &'a Resource)>,
) -> BTreeMap<Place, BTreeSet<ObjectId>> {
    let mut places: BTreeMap<Place, BTreeSet<ObjectId>> = BTreeMap::new();
    for (id, resource) in objects {
        let place = (resource.clone(), id.namespace.clone());
        places.entry(place).or_default().insert(id.clone());
    }
    places
}

/// What is wanted of the objects of a place. Each answer says whether the object is done with.
pub(crate) trait Wish {
    /// It is there, like this.
    fn there(&self, id: &ObjectId, live: Value) -> Result<bool, Ended>;
    /// It is not there; `seen` when it was before.
    fn absent(&self, id: &ObjectId, seen: bool) -> Result<bool, Ended>;
}

/// Why watching ended early.
#[derive(Debug)]
pub(crate) enum Ended {
    /// There is no hope for this one.
    Hopeless(ObjectId),
    /// The server could not be asked.
    Request(RequestError),
}

/// Lists and watches the members in one place until all the wanted ones are done with.
pub(crate) async fn watch_place(
    session: &Session<'_>,
    wish: &impl Wish,
    set_id: &str,
    (resource, namespace): Place,
    mut ids: BTreeSet<ObjectId>,
) -> Result<(), Ended> {
    let request = || {
        Request::get(resource.list_path(namespace.as_deref()))
            .query("labelSelector", format!("{PART_OF}={set_id}"))
    };
    let mut seen = BTreeSet::new();
    loop {
        let list = match session.send(request()).await {
            Ok(answer) => answer.body,
            // Its definition is gone, or so new that its path is not there yet.
            Err(error) if error.is_not_found() => {
                for id in ids.clone() {
                    if wish.absent(&id, seen.contains(&id))? {
                        ids.remove(&id);
                    }
                }
                if ids.is_empty() {
                    return Ok(());
                }
                sleep(Duration::from_millis(300)).await;
                continue;
            }
            Err(error) => return Err(Ended::Request(error)),
        };
        let mut missing = ids.clone();
        let items = list.pointer("/items").and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            let mut item = item.clone();
            item["apiVersion"] = Value::from(resource.api_version());
            item["kind"] = Value::from(resource.kind.clone());
            if let Some(id) = resource.id(&item).filter(|id| ids.contains(id)) {
                missing.remove(&id);
                seen.insert(id.clone());
                if wish.there(&id, item)? {
                    ids.remove(&id);
                }
            }
        }
        for id in missing {
            if wish.absent(&id, seen.contains(&id))? {
                ids.remove(&id);
            }
        }
        if ids.is_empty() {
            return Ok(());
        }
        let version = list
            .pointer("/metadata/resourceVersion")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let watch = request()
            .query("watch", "true")
            .query("allowWatchBookmarks", "true")
            .query("timeoutSeconds", WATCH_SECONDS.to_string())
            .query("resourceVersion", version);
        let Ok(events) = session.watch(watch).await else {
            sleep(Duration::from_millis(500)).await;
            continue;
        };
        pin_mut!(events);
        // A little longer than the server's own limit: a dead connection never tells.
        let patience = Duration::from_secs(WATCH_SECONDS + 10);
        while let Ok(Some(Ok((change, live)))) = timeout(patience, events.next()).await {
            let Some(id) = resource.id(&live).filter(|id| ids.contains(id)) else {
                continue;
            };
            seen.insert(id.clone());
            let done = match change {
                Change::Is => wish.there(&id, live)?,
                Change::Gone => wish.absent(&id, true)?,
            };
            if done {
                ids.remove(&id);
            }
            if ids.is_empty() {
                return Ok(());
            }
        }
        // Kind to a server that closes at once.
        sleep(Duration::from_millis(100)).await;
    }
}
