//! What is kept on the cluster about an installation: the parent of its set and its revisions, all Secrets in one
//! namespace. Owns their form; must not know when they are written.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use http::Method;
use meshhost_core::inventory::{Inventory, InventoryError};
use serde_json::{Value, json};

use crate::request::{Request, RequestError};
use crate::session::Session;

mod chunks;
mod record;

pub(crate) use record::{
    forget, latest, objects, recorded, revision, write_objects, write_revision,
};

const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Which installation, and where its records are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// A DNS label.
    pub name: String,
    /// The namespace of its records. It must be there before the installation and after.
    pub state_namespace: String,
}

impl Installation {
    /// With its records in `kube-system`: it is always there, and only administrators write to it.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            state_namespace: "kube-system".into(),
        }
    }
}

/// Why the records of an installation cannot be read or written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StateError {
    /// The inventory is not ours.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// A right is missing.
    #[error(
        "you may not {verb} Secrets in namespace {namespace}, where the records of installation {installation} are: {message}; ask for that right, or choose a namespace for records with --state-namespace"
    )]
    Forbidden {
        /// The verb.
        verb: &'static str,
        /// Where.
        namespace: String,
        /// Whose records.
        installation: String,
        /// The server's words.
        message: String,
    },
    /// The namespace for records is not there.
    #[error(
        "namespace {namespace}, where the records of installation {installation} go, does not exist; create it, or choose another with --state-namespace"
    )]
    NoNamespace {
        /// Which.
        namespace: String,
        /// Whose records.
        installation: String,
    },
    /// Somebody else has written since.
    #[error(
        "another run has changed installation {installation} in the meantime; look at `status`, then run again"
    )]
    Moved {
        /// Which.
        installation: String,
    },
    /// A record that cannot be read.
    #[error("the record of revision {number} of installation {installation} is damaged: {why}")]
    Damaged {
        /// Whose.
        installation: String,
        /// Which.
        number: u64,
        /// What is wrong.
        why: String,
    },
    /// Anything else.
    #[error("the records of installation {installation}: {source}")]
    Request {
        /// Whose.
        installation: String,
        /// What failed.
        source: RequestError,
    },
}

/// The parent as it is on the cluster.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parent {
    pub(crate) inventory: Inventory,
    pub(crate) version: String,
}

fn secrets(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/secrets")
}

/// Gives an error of a request the words of its occasion.
fn state_error(installation: &Installation, verb: &'static str, error: RequestError) -> StateError {
    match error.code() {
        Some(403) => StateError::Forbidden {
            verb,
            namespace: installation.state_namespace.clone(),
            installation: installation.name.clone(),
            message: error.message().to_owned(),
        },
        Some(404) => StateError::NoNamespace {
            namespace: installation.state_namespace.clone(),
            installation: installation.name.clone(),
        },
        Some(409) => StateError::Moved {
            installation: installation.name.clone(),
        },
        _ => StateError::Request {
            installation: installation.name.clone(),
            source: error,
        },
    }
}

/// Reads the parent; `None` when there is no such installation.
pub(crate) async fn parent(
    session: &Session<'_>,
    installation: &Installation,
) -> Result<Option<Parent>, StateError> {
    let inventory = Inventory::new(&installation.name, &installation.state_namespace);
    let path = format!(
        "{}/{}",
        secrets(&installation.state_namespace),
        inventory.parent_name()
    );
    let live = match session.send(Request::get(path)).await {
        Ok(answer) => answer.body,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(state_error(installation, "get", error)),
    };
    Ok(Some(Parent {
        inventory: Inventory::read(&installation.name, &live)?,
        version: resource_version(&live),
    }))
}

/// Who writes the parent: two runs that start from the same state must not take each other's write for their own.
#[derive(Debug, Clone)]
pub(crate) struct Writer(String);

/// Annotation of the parent: the run that wrote it last.
const WRITTEN_BY: &str = "meshhost.dev/written-by";

impl Writer {
    pub(crate) fn new() -> Self {
        // The standard library's keys are random; nothing secret depends on them.
        Self(format!(
            "{:016x}",
            RandomState::new().build_hasher().finish()
        ))
    }
}

/// Writes the parent: anew when `version` is `None`, else over exactly that version. Gives the new version.
pub(crate) async fn write_parent(
    session: &Session<'_>,
    installation: &Installation,
    inventory: &Inventory,
    writer: &Writer,
    version: Option<&str>,
) -> Result<String, StateError> {
    let mut manifest = inventory.parent(TOOL_VERSION);
    manifest["metadata"]["annotations"][WRITTEN_BY] = json!(writer.0);
    let list = secrets(&installation.state_namespace);
    let path = format!("{list}/{}", inventory.parent_name());
    let (verb, request) = match version {
        None => ("create", Request::new(Method::POST, list)),
        Some(version) => {
            manifest["metadata"]["resourceVersion"] = json!(version);
            ("update", Request::new(Method::PUT, &path))
        }
    };
    let request = request
        .query("fieldManager", inventory.field_manager())
        .json(manifest);
    let error = match session.send(request).await {
        Ok(answer) => return Ok(resource_version(&answer.body)),
        Err(error) => error,
    };
    // An earlier try of this very write may have arrived without our hearing of it.
    if error.is_conflict()
        && let Ok(answer) = session.send(Request::get(path)).await
        && answer
            .body
            .pointer("/metadata/annotations")
            .and_then(|annotations| annotations.get(WRITTEN_BY)?.as_str())
            == Some(&writer.0)
    {
        return Ok(resource_version(&answer.body));
    }
    // Deleted by another run.
    if error.is_not_found() && version.is_some() {
        return Err(StateError::Moved {
            installation: installation.name.clone(),
        });
    }
    Err(state_error(installation, verb, error))
}

/// Deletes the parent: the installation is no more.
pub(crate) async fn delete_parent(
    session: &Session<'_>,
    installation: &Installation,
) -> Result<(), StateError> {
    let inventory = Inventory::new(&installation.name, &installation.state_namespace);
    delete_secret(session, installation, &inventory.parent_name()).await
}

async fn delete_secret(
    session: &Session<'_>,
    installation: &Installation,
    name: &str,
) -> Result<(), StateError> {
    let path = format!("{}/{name}", secrets(&installation.state_namespace));
    match session.send(Request::new(Method::DELETE, path)).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(state_error(installation, "delete", error)),
    }
}

fn resource_version(live: &Value) -> String {
    live.pointer("/metadata/resourceVersion")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
