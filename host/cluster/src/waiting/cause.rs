//! Why a workload is not ready, as its pods tell.

use std::collections::BTreeSet;

use meshhost_core::id::ObjectId;
use meshhost_core::readiness::trouble;
use serde_json::Value;

use crate::request::Request;
use crate::session::Session;

/// Distinct causes that are told; the rest are counted.
const TOLD: usize = 3;

/// The troubles of the pods that a workload's selector chooses. `None` when there are none to be seen, or pods may not be
/// looked at.
pub(super) async fn of(session: &Session<'_>, id: &ObjectId, live: &Value) -> Option<String> {
    let selector = selector(live.pointer("/spec/selector/matchLabels")?)?;
    let namespace = id.namespace.as_deref()?;
    let request = Request::get(format!("/api/v1/namespaces/{namespace}/pods"))
        .query("labelSelector", selector)
        .query("limit", "200")
        .attempts(1);
    let list = session.send(request).await.ok()?.body;
    let items = list.pointer("/items")?.as_array()?;
    let mut causes = BTreeSet::new();
    for pod in items {
        if let Some(trouble) = trouble(pod) {
            let name = pod.pointer("/metadata/name").and_then(Value::as_str);
            causes.insert((trouble, name.unwrap_or("?")));
        }
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
    if said.is_empty() {
        return None;
    }
    let more = said.len().saturating_sub(TOLD);
    said.truncate(TOLD);
    let mut told = said.join("; ");
    if more > 0 {
        told.push_str(&format!("; and {more} other troubles"));
    }
    Some(told)
}

fn selector(labels: &Value) -> Option<String> {
    let labels = labels.as_object().filter(|labels| !labels.is_empty())?;
    let pairs: Option<Vec<String>> = labels
        .iter()
        .map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
        .collect();
    Some(pairs?.join(","))
}
