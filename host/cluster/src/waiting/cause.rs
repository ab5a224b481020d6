//! Why an object is not ready: as its pods tell, and where they do not, its events and those of its claims. Owns what is
//! looked at and in which order; must not know what is done about it.

use std::collections::BTreeSet;

use meshhost_core::id::ObjectId;
use meshhost_core::readiness::trouble;
use serde_json::Value;

use crate::request::Request;
use crate::session::Session;

/// Distinct causes that are told; the rest are counted.
const TOLD: usize = 3;
/// Pods of which events are looked at.
const LOOKED_AT: usize = 3;

/// The pods of an object, and where they are; nothing when it has none to be seen, or pods may not be looked at.
#[derive(Default)]
pub(super) struct Pods {
    pub(super) items: Vec<Value>,
    /// Path and label selector.
    pub(super) place: Option<(String, String)>,
    /// From where on a watch tells what is new.
    pub(super) version: String,
}

pub(super) async fn pods(session: &Session<'_>, id: &ObjectId, live: &Value) -> Pods {
    let found = async {
        let selector = live.pointer("/spec/selector")?;
        let selector = labels(selector.get("matchLabels").unwrap_or(selector))?;
        let path = format!("/api/v1/namespaces/{}/pods", id.namespace.as_deref()?);
        let request = Request::get(&path)
            .query("labelSelector", &selector)
            .query("limit", "200")
            .attempts(1);
        let list = session.send(request).await.ok()?.body;
        Some(Pods {
            items: list.pointer("/items")?.as_array()?.clone(),
            version: text(&list, "/metadata/resourceVersion").to_owned(),
            place: Some((path, selector)),
        })
    };
    found.await.unwrap_or_default()
}

/// In words an operator can use; `None` when nothing is to be seen.
pub(super) async fn of(session: &Session<'_>, id: &ObjectId, live: &Value) -> Option<String> {
    if id.kind == "Pod" && trouble(live).is_some() {
        // Its own state has said so.
        return None;
    }
    let pods = pods(session, id, live).await.items;
    let mut causes = BTreeSet::new();
    for (number, pod) in pods.iter().filter(|pod| !is_ready(pod)).enumerate() {
        let mut told = trouble(pod);
        if number < LOOKED_AT {
            told = with_events(session, pod, told).await;
        }
        if let Some(told) = told {
            causes.insert((told, text(pod, "/metadata/name")));
        }
    }
    if causes.is_empty() {
        return of_object(session, id).await;
    }
    // One pod stands for all with the same trouble.
    let mut said: Vec<String> = Vec::new();
    let mut last = None;
    for (trouble, pod) in &causes {
        if last != Some(trouble) {
            said.push(format!("pod {pod}: {trouble}"));
            last = Some(trouble);
        }
    }
    let more = said.len().saturating_sub(TOLD);
    said.truncate(TOLD);
    let mut told = said.join("; ");
    if more > 0 {
        told.push_str(&format!("; and {more} other troubles"));
    }
    Some(told)
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// What a pod's status leaves open: why a probe fails, why a volume cannot be mounted, why a claim is not bound.
async fn with_events(session: &Session<'_>, pod: &Value, told: Option<String>) -> Option<String> {
    let (namespace, name) = (
        text(pod, "/metadata/namespace"),
        text(pod, "/metadata/name"),
    );
    match told {
        Some(told) if told.contains("probe") => {
            match newest(session, namespace, "Pod", |it| it == name).await {
                Some(event) => Some(format!("{told}: {event}")),
                None => Some(told),
            }
        }
        Some(told)
            if told.contains("PersistentVolumeClaim") || told.contains("persistentvolumeclaim") =>
        {
            let mut told = told;
            for claim in claims(pod) {
                if let Some(event) = newest(session, namespace, "PersistentVolumeClaim", |it| {
                    it == claim
                })
                .await
                {
                    told.push_str(&format!("; claim {claim}: {event}"));
                }
            }
            Some(told)
        }
        Some(told) => Some(told),
        None => newest(session, namespace, "Pod", |it| it == name).await,
    }
}

fn claims(pod: &Value) -> Vec<&str> {
    let volumes = pod.pointer("/spec/volumes").and_then(Value::as_array);
    let claims = volumes
        .into_iter()
        .flatten()
        .filter_map(|volume| volume.pointer("/persistentVolumeClaim/claimName")?.as_str());
    claims.take(LOOKED_AT).collect()
}

/// What is told of the object itself, or of what it makes its pods with.
async fn of_object(session: &Session<'_>, id: &ObjectId) -> Option<String> {
    let namespace = id.namespace.as_deref().unwrap_or("default");
    if id.kind == "Deployment" {
        let prefix = format!("{}-", id.name);
        let of_set = newest(session, namespace, "ReplicaSet", |name| {
            name.starts_with(&prefix)
        })
        .await;
        if of_set.is_some() {
            return of_set;
        }
    }
    newest(session, namespace, &id.kind, |name| name == id.name).await
}

/// The newest warning about an object: `FailedMount: MountVolume.SetUp failed for volume …`.
async fn newest(
    session: &Session<'_>,
    namespace: &str,
    kind: &str,
    is_wanted: impl Fn(&str) -> bool,
) -> Option<String> {
    let request = Request::get(format!("/api/v1/namespaces/{namespace}/events"))
        .query(
            "fieldSelector",
            format!("involvedObject.kind={kind},type=Warning"),
        )
        .query("limit", "500")
        .attempts(1);
    let list = session.send(request).await.ok()?.body;
    let events = list.pointer("/items")?.as_array()?;
    let event = events
        .iter()
        .filter(|event| is_wanted(text(event, "/involvedObject/name")))
        .max_by_key(|event| when(event))?;
    let (reason, message) = (text(event, "/reason"), text(event, "/message"));
    Some(format!("{reason}: {}", message.trim()))
}

/// When an event was last seen, RFC 3339; which field says so depends on who wrote it.
fn when(event: &Value) -> &str {
    [
        "/series/lastObservedTime",
        "/lastTimestamp",
        "/eventTime",
        "/metadata/creationTimestamp",
    ]
    .into_iter()
    .map(|pointer| text(event, pointer))
    .find(|time| !time.is_empty())
    .unwrap_or_default()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn labels(labels: &Value) -> Option<String> {
    let labels = labels.as_object().filter(|labels| !labels.is_empty())?;
    let pairs: Option<Vec<String>> = labels
        .iter()
        .map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
        .collect();
    Some(pairs?.join(","))
}
