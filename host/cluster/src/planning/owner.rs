//! Whose set is it? Owns finding the parent of an id.

use meshhost_core::inventory::{ID, INSTALLATION, TOOLING};
use serde_json::Value;

use crate::request::{METADATA_LIST, Request, RequestError};
use crate::session::Session;

/// Who has a set.
pub(super) enum Owner {
    /// Its parent is nowhere: what is left of it is free to take.
    Nobody,
    /// In words.
    Known(String),
}

/// Looks for the parent among Secrets and ConfigMaps, which the KEP allows beside custom resources.
pub(super) async fn of(session: &Session<'_>, set_id: &str) -> Result<Owner, RequestError> {
    for (plural, kind) in [("secrets", "Secret"), ("configmaps", "ConfigMap")] {
        let request = Request::get(format!("/api/v1/{plural}"))
            .query("labelSelector", format!("{ID}={set_id}"))
            .query("limit", "1")
            .accept(METADATA_LIST);
        let list = match session.send(request).await {
            Ok(answer) => answer.body,
            Err(error) if error.is_forbidden() => {
                return Ok(Owner::Known(format!(
                    "another installation (set {set_id}; you may not look up which)"
                )));
            }
            Err(error) => return Err(error),
        };
        if let Some(parent) = list.pointer("/items/0") {
            return Ok(Owner::Known(told(parent, kind)));
        }
    }
    Ok(Owner::Nobody)
}

fn told(parent: &Value, kind: &str) -> String {
    let text = |pointer: &str, key: &str| {
        parent
            .pointer(pointer)
            .and_then(|map| map.get(key)?.as_str())
    };
    let name = text("/metadata", "name").unwrap_or("?");
    let namespace = text("/metadata", "namespace").unwrap_or("?");
    match text("/metadata/labels", INSTALLATION) {
        Some(installation) => format!("installation {installation}"),
        None => {
            let tooling = text("/metadata/annotations", TOOLING).unwrap_or("an unnamed tool");
            format!("the set of {tooling} in {kind} {namespace}/{name}")
        }
    }
}
