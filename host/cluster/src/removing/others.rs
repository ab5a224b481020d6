//! What of others would go with an object of ours: what lives in a namespace, what is of a kind. Owns knowing which objects
//! Kubernetes makes by itself.

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use meshhost_core::id::ObjectId;
use meshhost_core::inventory::{Inventory, PART_OF};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::discovery::{Discovery, Resource};
use crate::live::list;
use crate::request::{METADATA_LIST, Request, RequestError};
use crate::session::Session;

/// Lists in flight.
const LISTS: usize = 8;
/// Controllers take a moment to clear up after what they served.
const CLEARING_UP: Duration = Duration::from_secs(15);
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// As many are named.
const NAMED: usize = 3;

/// Why an object must stay for others' sake; `None` when it may go.
pub(super) async fn reason_to_stay(
    session: &Session<'_>,
    inventory: &Inventory,
    discovery: &Discovery,
    id: &ObjectId,
) -> Result<Option<String>, RequestError> {
    match (id.group.as_str(), id.kind.as_str()) {
        ("", "Namespace") => namespace(session, discovery, &id.name).await,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            let kind = id
                .name
                .split_once('.')
                .and_then(|(plural, group)| discovery.plural(group, plural));
            match kind {
                Some(resource) => of_kind(session, inventory, resource).await,
                None => Ok(None),
            }
        }
        _ => Ok(None),
    }
}

async fn namespace(
    session: &Session<'_>,
    discovery: &Discovery,
    name: &str,
) -> Result<Option<String>, RequestError> {
    let give_up = session.deadline.min(Instant::now() + CLEARING_UP);
    let mut looked_at = discovery.listable_in_namespaces();
    loop {
        let lists: Vec<(&Resource, Vec<(ObjectId, bool)>)> = stream::iter(looked_at)
            .map(|resource| async move {
                let found = in_namespace(session, resource, name).await?;
                Ok::<_, RequestError>((resource, found))
            })
            .buffered(LISTS)
            .try_collect()
            .await?;
        // What passes goes; nothing is made of it that would have to be looked for in other kinds.
        looked_at = lists
            .iter()
            .filter(|(_, found)| !found.is_empty())
            .map(|(resource, _)| *resource)
            .collect();
        let there: Vec<(ObjectId, bool)> = lists.into_iter().flat_map(|(_, found)| found).collect();
        let stays: Vec<ObjectId> = there
            .iter()
            .filter(|(_, passing)| !passing)
            .map(|(id, _)| id.clone())
            .collect();
        if !stays.is_empty() {
            return Ok(Some(told("others' objects live in it", &stays)));
        }
        if there.is_empty() {
            return Ok(None);
        }
        if Instant::now() + LOOK_AGAIN >= give_up {
            let ids: Vec<ObjectId> = there.into_iter().map(|(id, _)| id).collect();
            return Ok(Some(told("objects in it do not go away", &ids)));
        }
        sleep(LOOK_AGAIN).await;
    }
}

/// Objects in a namespace that count, and whether each will pass by itself.
async fn in_namespace(
    session: &Session<'_>,
    resource: &Resource,
    namespace: &str,
) -> Result<Vec<(ObjectId, bool)>, RequestError> {
    let items = list(session, resource, || {
        Request::get(resource.list_path(Some(namespace)))
            .accept(METADATA_LIST)
            .attempts(2)
    })
    .await;
    let items = match items {
        Ok(items) => items,
        // Not a collection after all, or an aggregated API whose server is away and keeps nothing in the meantime.
        Err(error) if matches!(error.code(), Some(404 | 405 | 503)) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    Ok(items
        .iter()
        .filter(|item| !made_by_kubernetes(resource, item))
        .filter_map(|item| Some((resource.id(item)?, passes(resource, item))))
        .collect())
}

/// What every namespace has, or what only tells of others.
fn made_by_kubernetes(resource: &Resource, item: &Value) -> bool {
    let name = item
        .pointer("/metadata/name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("" | "events.k8s.io", "Event") => true,
        ("metrics.k8s.io" | "custom.metrics.k8s.io", _) => true,
        ("", "ConfigMap") => matches!(name, "kube-root-ca.crt" | "openshift-service-ca.crt"),
        ("", "ServiceAccount") => matches!(name, "default" | "builder" | "deployer"),
        // Before Kubernetes 1.24 each service account had one.
        ("", "Secret") => item
            .pointer("/metadata/annotations")
            .and_then(|annotations| annotations.get("kubernetes.io/service-account.name"))
            .is_some_and(|account| account == "default"),
        _ => false,
    }
}

/// What a controller takes away by itself, since what it was made for is gone.
fn passes(resource: &Resource, item: &Value) -> bool {
    item.pointer("/metadata/deletionTimestamp").is_some()
        || item.pointer("/metadata/ownerReferences").is_some()
        || matches!(
            (resource.group.as_str(), resource.kind.as_str()),
            ("", "Endpoints") | ("discovery.k8s.io", "EndpointSlice")
        )
        || (resource.group.is_empty()
            && resource.kind == "Secret"
            && item
                .pointer("/metadata/annotations")
                .and_then(|annotations| annotations.get("kubernetes.io/service-account.uid"))
                .is_some())
}

async fn of_kind(
    session: &Session<'_>,
    inventory: &Inventory,
    resource: &Resource,
) -> Result<Option<String>, RequestError> {
    let items = list(session, resource, || {
        Request::get(resource.list_path(None)).accept(METADATA_LIST)
    })
    .await;
    let items = match items {
        Ok(items) => items,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let set_id = inventory.set_id();
    let others: Vec<ObjectId> = items
        .iter()
        .filter(|item| {
            let set = item
                .pointer("/metadata/labels")
                .and_then(|labels| labels.get(PART_OF)?.as_str());
            set != Some(&set_id)
        })
        .filter_map(|item| resource.id(item))
        .collect();
    Ok((!others.is_empty()).then(|| told("there are others' objects of its kind", &others)))
}

fn told(what: &str, ids: &[ObjectId]) -> String {
    let named: Vec<String> = ids.iter().take(NAMED).map(ToString::to_string).collect();
    let more = match ids.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{what}: {}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn what_kubernetes_makes_is_nobodys() {
        let ours = |group: &str, kind: &str, metadata: Value| {
            let resource = Resource {
                group: group.into(),
                version: "v1".into(),
                kind: kind.into(),
                plural: String::new(),
                namespaced: true,
                verbs: BTreeSet::new(),
            };
            let item = json!({ "metadata": metadata });
            (
                made_by_kubernetes(&resource, &item),
                passes(&resource, &item),
            )
        };
        for (group, kind, metadata, expected) in [
            (
                "",
                "ConfigMap",
                json!({"name": "kube-root-ca.crt"}),
                (true, false),
            ),
            ("", "ConfigMap", json!({"name": "mine"}), (false, false)),
            (
                "",
                "ServiceAccount",
                json!({"name": "default"}),
                (true, false),
            ),
            (
                "events.k8s.io",
                "Event",
                json!({"name": "x"}),
                (true, false),
            ),
            ("", "Endpoints", json!({"name": "x"}), (false, true)),
            ("", "Pod", json!({"name": "x"}), (false, false)),
            (
                "",
                "Pod",
                json!({"name": "x", "ownerReferences": []}),
                (false, true),
            ),
        ] {
            assert_eq!(
                ours(group, kind, metadata.clone()),
                expected,
                "{kind} {metadata}"
            );
        }
    }
}
