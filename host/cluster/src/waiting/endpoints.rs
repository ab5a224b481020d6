//! Waiting until somebody answers behind a Service: what the API server will call has to be there before it is told to.

use std::time::Duration;

use futures::future::join_all;
use futures::{StreamExt as _, pin_mut};
use meshhost_core::id::ObjectId;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{LAST_LOOK, NotReady, WaitError, cause, in_vain};
use crate::discovery::Discovery;
use crate::event::Event;
use crate::request::{Request, RequestError};
use crate::session::Session;

/// How long the server keeps a watch open.
const WATCH_SECONDS: u64 = 60;

/// Waits until each of these Services, given with their pieces, has an endpoint that is ready. Who may not look at endpoints
/// does not wait: that the pods are ready is known.
pub(crate) async fn until_answered(
    session: &Session<'_>,
    discovery: &Discovery,
    services: Vec<(ObjectId, String)>,
) -> Result<(), WaitError> {
    let waits = services.iter().map(|(id, piece)| async move {
        match timeout_at(session.deadline, answered(session, discovery, id, piece)).await {
            Ok(Ok(())) => Ok(None),
            Ok(Err(error)) => Err(error),
            Err(_) => Ok(Some(not_ready(session, id, piece).await)),
        }
    });
    let mut silent = Vec::new();
    for waited in join_all(waits).await {
        silent.extend(waited.map_err(WaitError::Request)?);
    }
    match silent.is_empty() {
        true => Ok(()),
        false => Err(in_vain(session, silent)),
    }
}

async fn answered(
    session: &Session<'_>,
    discovery: &Discovery,
    id: &ObjectId,
    piece: &str,
) -> Result<(), RequestError> {
    let namespace = id.namespace.as_deref();
    // Since Kubernetes 1.21; before that, one Endpoints a Service.
    let slices = discovery.preferred("discovery.k8s.io", "EndpointSlice");
    let Some(resource) = slices.or_else(|| discovery.preferred("", "Endpoints")) else {
        return Ok(());
    };
    let request = || {
        let request = Request::get(resource.list_path(namespace));
        match slices {
            Some(_) => request.query(
                "labelSelector",
                format!("kubernetes.io/service-name={}", id.name),
            ),
            None => request.query("fieldSelector", format!("metadata.name={}", id.name)),
        }
    };
    let mut told = false;
    loop {
        let list = match session.send(request()).await {
            Ok(answer) => answer.body,
            Err(error) if error.is_forbidden() => return Ok(()),
            Err(error) => return Err(error),
        };
        let items = list["items"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        if items.iter().any(has_ready) {
            if told {
                session.tell(Event::Ready {
                    id: id.clone(),
                    piece: piece.to_owned(),
                });
            }
            return Ok(());
        }
        if !told {
            session.tell(Event::Waiting {
                id: id.clone(),
                piece: piece.to_owned(),
                why: WHY.to_owned(),
            });
            told = true;
        }
        let version = list["metadata"]["resourceVersion"]
            .as_str()
            .unwrap_or_default();
        let watch = request()
            .query("watch", "true")
            .query("timeoutSeconds", WATCH_SECONDS.to_string())
            .query("resourceVersion", version);
        match session.watch(watch).await {
            Ok(events) => {
                pin_mut!(events);
                let patience = Duration::from_secs(WATCH_SECONDS + 10);
                // Whatever came, the list tells.
                let _news = timeout(patience, events.next()).await;
            }
            Err(_) => sleep(Duration::from_millis(500)).await,
        }
        sleep(Duration::from_millis(100)).await;
    }
}

const WHY: &str =
    "nobody answers behind it yet (no ready endpoints), and the API server is about to call it";

/// Whether an EndpointSlice or an Endpoints has an address that takes requests. `ready` that is not said means yes.
fn has_ready(item: &Value) -> bool {
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned();
    let addressed = |value: &Value| list(value, "addresses").is_some_and(|it| !it.is_empty());
    let slice = list(item, "endpoints").unwrap_or_default();
    let ready =
        |endpoint: &Value| endpoint.pointer("/conditions/ready") != Some(&Value::Bool(false));
    slice
        .iter()
        .any(|endpoint| ready(endpoint) && addressed(endpoint))
        || list(item, "subsets")
            .unwrap_or_default()
            .iter()
            .any(addressed)
}

async fn not_ready(session: &Session<'_>, id: &ObjectId, piece: &str) -> NotReady {
    let mut session = *session;
    session.deadline = Instant::now() + LAST_LOOK;
    let namespace = id.namespace.as_deref().unwrap_or_default();
    let path = format!("/api/v1/namespaces/{namespace}/services/{}", id.name);
    let live = session.send(Request::get(path).attempts(1)).await;
    let live = live.map_or(Value::Null, |answer| answer.body);
    let cause = cause::of(&session, id, &live).await;
    NotReady {
        id: id.clone(),
        piece: piece.to_owned(),
        why: match cause {
            Some(cause) => format!("{WHY}: {cause}"),
            None => WHY.to_owned(),
        },
        failed: false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_kinds_of_endpoints_are_read() {
        for (item, ready) in [
            (
                json!({"endpoints": [{"addresses": ["1"], "conditions": {"ready": true}}]}),
                true,
            ),
            (json!({"endpoints": [{"addresses": ["1"]}]}), true),
            (
                json!({"endpoints": [{"addresses": ["1"], "conditions": {"ready": false}}]}),
                false,
            ),
            (
                json!({"endpoints": [{"addresses": [], "conditions": {"ready": true}}]}),
                false,
            ),
            (json!({"endpoints": null}), false),
            (json!({"subsets": [{"addresses": [{"ip": "1"}]}]}), true),
            (
                json!({"subsets": [{"notReadyAddresses": [{"ip": "1"}]}]}),
                false,
            ),
            (json!({}), false),
        ] {
            assert_eq!(has_ready(&item), ready, "{item}");
        }
    }
}
