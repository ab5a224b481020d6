//! Objects that their pieces judge: asked each time that the object or one of its pods has changed.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, pin_mut};
use meshhost_core::card::Assessment;
use meshhost_core::readiness::{Readiness, readiness};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::{Board, Target, cause};
use crate::assess::Assess;
use crate::places::{Ended, Wish as _};
use crate::request::Request;
use crate::session::Session;

/// How long the server keeps a watch open; then everything is looked at anew, which heals whatever went unnoticed.
const WATCH_SECONDS: u64 = 60;
/// Changes that come together are looked at together.
const SETTLE: Duration = Duration::from_millis(200);

/// Waits until both the rules and the piece say that an object is ready.
pub(super) async fn until_assessed(
    session: &Session<'_>,
    board: &Board<'_>,
    target: &Target,
    assess: &Arc<dyn Assess>,
) -> Result<(), Ended> {
    let (id, path) = (&target.id, target.resource.path(&target.id));
    let mut seen = false;
    loop {
        let live = match session.send(Request::get(&path)).await {
            Ok(answer) => answer.body,
            Err(error) if error.is_not_found() => {
                if board.absent(id, seen)? {
                    return Ok(());
                }
                sleep(SETTLE).await;
                continue;
            }
            Err(error) => return Err(Ended::Request(error)),
        };
        seen = true;
        let pods = cause::pods(session, id, &live).await;
        let said = ask(target, assess, &live, &pods.items).await;
        match (readiness(&live), said) {
            (Readiness::Failed(why), _) => return Err(board.fails(id, why, live)),
            (_, Assessment::Failed(why)) => {
                let why = format!("piece {} says: {why}", target.piece);
                return Err(board.fails(id, why, live));
            }
            (Readiness::Ready, Assessment::Ready) => {
                board.ready(id);
                return Ok(());
            }
            (Readiness::Ready, Assessment::Progressing(why)) => {
                let why = format!("piece {} says: {why}", target.piece);
                board.waits(id, why, live.clone());
            }
            (Readiness::Progressing(why), _) => board.waits(id, why, live.clone()),
            (Readiness::Terminating, _) => {
                board.waits(id, "it is being deleted".into(), live.clone());
            }
        }
        changed(session, target, &live, &pods).await;
        sleep(SETTLE).await;
    }
}

async fn ask(
    target: &Target,
    assess: &Arc<dyn Assess>,
    live: &Value,
    pods: &[Value],
) -> Assessment {
    let (assess, piece) = (Arc::clone(assess), target.piece.clone());
    let object = live.to_string();
    let pods: Vec<String> = pods.iter().map(Value::to_string).collect();
    let answer = tokio::task::spawn_blocking(move || assess.assess(&piece, &object, &pods)).await;
    answer.unwrap_or_else(|error| Assessment::Failed(format!("it could not be asked: {error}")))
}

/// Waits until the object or one of its pods is not as it was.
async fn changed(session: &Session<'_>, target: &Target, live: &Value, pods: &cause::Pods) {
    let version = live["metadata"]["resourceVersion"]
        .as_str()
        .unwrap_or_default();
    let list = target.resource.list_path(target.id.namespace.as_deref());
    let object = Request::get(list)
        .query("fieldSelector", format!("metadata.name={}", target.id.name))
        .query("resourceVersion", version);
    let object = first(session, object);
    let Some((path, selector)) = &pods.place else {
        return object.await;
    };
    let pods = Request::get(path)
        .query("labelSelector", selector)
        .query("resourceVersion", &pods.version);
    tokio::select! {
        () = object => {}
        () = first(session, pods) => {}
    }
}

/// Waits for the first news of a watch, or its end.
async fn first(session: &Session<'_>, request: Request) {
    let request = request
        .query("watch", "true")
        .query("timeoutSeconds", WATCH_SECONDS.to_string());
    let Ok(events) = session.watch(request).await else {
        return sleep(Duration::from_secs(1)).await;
    };
    pin_mut!(events);
    let patience = Duration::from_secs(WATCH_SECONDS + 10);
    // No news in all that time is as good a reason to look again.
    let _news = timeout(patience, events.next()).await;
}
