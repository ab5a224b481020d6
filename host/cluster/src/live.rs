//! What is on the cluster: members of a set, and objects at the places of a bundle. Owns listing in few requests; must not
//! know what is wanted of what it finds.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use meshhost_core::id::ObjectId;
use meshhost_core::inventory::{Inventory, PART_OF};
use meshhost_core::managed_fields::owners;
use serde_json::Value;

use crate::discovery::{Discovery, Resource};
use crate::request::{METADATA_LIST, Request, RequestError};
use crate::session::Session;

/// Requests in flight while reading.
const READERS: usize = 8;
/// Items a page.
const PAGE: &str = "500";
/// As many objects in one place are got one by one; more are looked for in a list of names.
const FEW: usize = 3;

/// Objects by identity, each with the resource it was read from.
pub(crate) type Found = BTreeMap<ObjectId, (Resource, Value)>;

/// Reads a whole list, page by page. Items get the `apiVersion` and `kind` that lists leave out.
pub(crate) async fn list(
    session: &Session<'_>,
    resource: &Resource,
    request: impl Fn() -> Request,
) -> Result<Vec<Value>, RequestError> {
    let mut items: Vec<Value> = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut page = request().query("limit", PAGE);
        if let Some(token) = &token {
            page = page.query("continue", token);
        }
        let body = match session.send(page).await {
            Ok(answer) => answer.body,
            // The pages' snapshot is too old by now: from the start.
            Err(error) if error.code() == Some(410) && token.is_some() => {
                items.clear();
                token = None;
                continue;
            }
            Err(error) => return Err(error),
        };
        let Value::Object(mut body) = body else {
            return Ok(items);
        };
        token = body
            .get("metadata")
            .and_then(|metadata| metadata.get("continue")?.as_str())
            .filter(|token| !token.is_empty())
            .map(str::to_owned);
        if let Some(Value::Array(page)) = body.remove("items") {
            items.extend(page.into_iter().map(|mut item| {
                item["apiVersion"] = Value::from(resource.api_version());
                item["kind"] = Value::from(resource.kind.clone());
                item
            }));
        }
        if token.is_none() {
            return Ok(items);
        }
    }
}

/// All members of a set, of the kinds and in the namespaces that its parent names. Kinds are read in the version that
/// `versions` names, else in the server's preferred one; a kind that is served no more has no members.
pub(crate) async fn members(
    session: &Session<'_>,
    discovery: &Discovery,
    inventory: &Inventory,
    versions: &BTreeMap<String, String>,
) -> Result<Found, RequestError> {
    let (found, forbidden) = members_allowed(session, discovery, inventory, versions).await?;
    match forbidden.into_iter().next() {
        Some((_, error)) => Err(error),
        None => Ok(found),
    }
}

/// Those of the members that may be listed, and the kinds that may not.
pub(crate) async fn members_allowed(
    session: &Session<'_>,
    discovery: &Discovery,
    inventory: &Inventory,
    versions: &BTreeMap<String, String>,
) -> Result<(Found, Vec<(Resource, RequestError)>), RequestError> {
    let resources: Vec<&Resource> = inventory
        .group_kinds
        .iter()
        .filter_map(|group_kind| {
            let (kind, group) = group_kind.split_once('.').unwrap_or((group_kind, ""));
            versions
                .get(group_kind)
                .and_then(|version| discovery.resource(version, kind))
                .or_else(|| discovery.preferred(group, kind))
        })
        .collect();
    let lists: Vec<(&Resource, Result<Vec<_>, RequestError>)> = stream::iter(resources)
        .map(|resource| async move {
            (
                resource,
                members_of_kind(session, resource, inventory).await,
            )
        })
        .buffered(READERS)
        .collect()
        .await;
    let mut found = Found::new();
    let mut forbidden = Vec::new();
    for (resource, list) in lists {
        match list {
            Ok(members) => found.extend(members),
            Err(error) if error.is_forbidden() => forbidden.push((resource.clone(), error)),
            Err(error) => return Err(error),
        }
    }
    Ok((found, forbidden))
}

async fn members_of_kind(
    session: &Session<'_>,
    resource: &Resource,
    inventory: &Inventory,
) -> Result<Vec<(ObjectId, (Resource, Value))>, RequestError> {
    let selector = format!("{PART_OF}={}", inventory.set_id());
    let everywhere = list(session, resource, || {
        Request::get(resource.list_path(None)).query("labelSelector", &selector)
    })
    .await;
    let items = match everywhere {
        Ok(items) => items,
        // The definition went in the meantime.
        Err(error) if error.is_not_found() => Vec::new(),
        // Somebody with rights in some namespaces only.
        Err(error) if error.is_forbidden() && resource.namespaced => {
            let mut items = Vec::new();
            for namespace in inventory.all_namespaces() {
                items.extend(
                    list(session, resource, || {
                        Request::get(resource.list_path(Some(&namespace)))
                            .query("labelSelector", &selector)
                    })
                    .await?,
                );
            }
            items
        }
        Err(error) => return Err(error),
    };
    let manager = inventory.field_manager();
    Ok(items
        .into_iter()
        .filter(|item| !is_copy(resource, item, &manager))
        .filter_map(|item| Some((resource.id(&item)?, (resource.clone(), item))))
        .collect())
}

/// Kubernetes copies the labels of a Service, and with them the one of membership, to its endpoints.
fn is_copy(resource: &Resource, item: &Value, field_manager: &str) -> bool {
    let endpoints = matches!(
        (resource.group.as_str(), resource.kind.as_str()),
        ("", "Endpoints") | ("discovery.k8s.io", "EndpointSlice")
    );
    endpoints && !owners(item).iter().any(|owner| owner.is(field_manager))
}

/// Looks for objects that are no members: got one by one where they are few, else found in a list of names first.
/// What may not be read comes back as the second.
pub(crate) async fn at_places(
    session: &Session<'_>,
    wanted: Vec<(ObjectId, Resource)>,
) -> Result<(Found, Vec<(ObjectId, RequestError)>), RequestError> {
    let mut places: BTreeMap<(Resource, Option<String>), Vec<ObjectId>> = BTreeMap::new();
    for (id, resource) in wanted {
        let place = (resource, id.namespace.clone());
        places.entry(place).or_default().push(id);
    }
    let candidates: Vec<Vec<(ObjectId, Resource)>> = stream::iter(places)
        .map(|((resource, namespace), ids)| async move {
            let ids = if ids.len() > FEW {
                existing(session, &resource, namespace.as_deref(), ids).await?
            } else {
                ids
            };
            let with = |id| (id, resource.clone());
            Ok::<_, RequestError>(ids.into_iter().map(with).collect())
        })
        .buffered(READERS)
        .try_collect()
        .await?;
    let answers: Vec<(ObjectId, Resource, Result<Value, RequestError>)> =
        stream::iter(candidates.into_iter().flatten())
            .map(|(id, resource)| async move {
                let answer = session.send(Request::get(resource.path(&id))).await;
                (id, resource, answer.map(|answer| answer.body))
            })
            .buffered(READERS)
            .collect()
            .await;
    let mut found = Found::new();
    let mut forbidden = Vec::new();
    for (id, resource, answer) in answers {
        match answer {
            Ok(live) => {
                found.insert(id, (resource, live));
            }
            Err(error) if error.is_not_found() => {}
            Err(error) if error.is_forbidden() => forbidden.push((id, error)),
            Err(error) => return Err(error),
        }
    }
    Ok((found, forbidden))
}

async fn existing(
    session: &Session<'_>,
    resource: &Resource,
    namespace: Option<&str>,
    ids: Vec<ObjectId>,
) -> Result<Vec<ObjectId>, RequestError> {
    let names = list(session, resource, || {
        Request::get(resource.list_path(namespace)).accept(METADATA_LIST)
    })
    .await;
    match names {
        Ok(items) => {
            let there: BTreeSet<ObjectId> =
                items.iter().filter_map(|item| resource.id(item)).collect();
            Ok(ids.into_iter().filter(|id| there.contains(id)).collect())
        }
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        // Then each is got for itself, and says itself what may not be done.
        Err(error) if error.is_forbidden() => Ok(ids),
        Err(error) => Err(error),
    }
}

/// Which namespaces there are; `None` when that may not be asked.
pub(crate) async fn namespaces(
    session: &Session<'_>,
    discovery: &Discovery,
) -> Result<Option<BTreeSet<String>>, RequestError> {
    let Some(resource) = discovery.resource("v1", "Namespace") else {
        return Ok(None);
    };
    let names = list(session, resource, || {
        Request::get(resource.list_path(None)).accept(METADATA_LIST)
    })
    .await;
    match names {
        Ok(items) => Ok(Some(
            items
                .iter()
                .filter_map(|item| resource.id(item))
                .map(|id| id.name)
                .collect(),
        )),
        Err(error) if error.is_forbidden() => Ok(None),
        Err(error) => Err(error),
    }
}
