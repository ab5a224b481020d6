//! Reading ConfigMaps by their name, for configuration that other programs read from them too. Must not know what is in
//! them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::request::{Request, RequestError, encode};
use crate::session::Session;

/// A ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigMap {
    /// Its namespace.
    pub namespace: String,
    /// Its texts by their keys.
    pub data: BTreeMap<String, String>,
}

/// The one of a name in a namespace, if there is one.
pub(crate) async fn one(
    session: &Session<'_>,
    namespace: &str,
    name: &str,
) -> Result<Option<ConfigMap>, RequestError> {
    let path = format!(
        "/api/v1/namespaces/{}/configmaps/{}",
        encode(namespace),
        encode(name)
    );
    match session.send(Request::get(path)).await {
        Ok(answer) => Ok(Some(read(&answer.body))),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Those of a name in all namespaces, by namespace.
pub(crate) async fn everywhere(
    session: &Session<'_>,
    name: &str,
) -> Result<Vec<ConfigMap>, RequestError> {
    let request =
        Request::get("/api/v1/configmaps").query("fieldSelector", format!("metadata.name={name}"));
    let answer = session.send(request).await?;
    let items = answer.body["items"].as_array().cloned().unwrap_or_default();
    Ok(items.iter().map(read).collect())
}

fn read(object: &Value) -> ConfigMap {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    ConfigMap {
        namespace: text(&object["metadata"]["namespace"]),
        data: object["data"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), text(value)))
            .collect(),
    }
}
