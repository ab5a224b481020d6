//! What is kept on the cluster about an installation: the parent of its set and its revisions, all Secrets in one
//! namespace. Owns their form; must not know when they are written.
//!
//! A revision is JSON, compressed, and cut into as many Secrets as it needs (a Secret holds 1 MiB). The first says how many
//! and is written last, so that a revision is there whole or not at all.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::Method;
use meshhost_core::inventory::{INSTALLATION, Inventory, InventoryError, REVISION};
use meshhost_core::revision::Revision;
use serde_json::{Value, json};

use crate::request::{METADATA_LIST, Request, RequestError};
use crate::session::Session;

/// Bytes of a revision in one Secret: the limit is 1 MiB for all keys together.
const CHUNK: usize = 900 * 1024;
/// So many numbers may be without a record.
const LOOK_BACK: usize = 10;
/// A record that inflates to more is not one of ours.
const LARGEST: u64 = 256 * 1024 * 1024;
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

fn revision_name(inventory: &Inventory, number: u64, chunk: usize) -> String {
    let head = format!("{}.r{number}", inventory.parent_name());
    match chunk {
        0 => head,
        chunk => format!("{head}.{chunk}"),
    }
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

/// Writes a revision, over an earlier record of the same number.
pub(crate) async fn write_revision(
    session: &Session<'_>,
    installation: &Installation,
    inventory: &Inventory,
    revision: &Revision,
) -> Result<(), StateError> {
    let packed = pack(revision);
    let chunks: Vec<&[u8]> = packed.chunks(CHUNK).collect();
    let list = secrets(&installation.state_namespace);
    for (index, chunk) in chunks.iter().enumerate().rev() {
        let name = revision_name(inventory, revision.number, index);
        let mut manifest = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": name,
                "namespace": installation.state_namespace,
                "labels": { INSTALLATION: installation.name, REVISION: revision.number.to_string() },
            },
            "type": "meshhost.dev/revision",
            "data": { "revision": STANDARD.encode(chunk) },
        });
        if index == 0 {
            manifest["data"]["chunks"] = json!(STANDARD.encode(chunks.len().to_string()));
        }
        // Force: the record is ours alone, and a killed run may have left one of this number.
        let request = Request::new(Method::PATCH, format!("{list}/{name}"))
            .query("fieldManager", inventory.field_manager())
            .query("force", "true")
            .body("application/apply-patch+yaml", manifest);
        session
            .send(request)
            .await
            .map_err(|error| state_error(installation, "patch", error))?;
    }
    Ok(())
}

/// Reads the latest revision up to a number that has a record: a run that was cut off may not have come to write its own.
pub(crate) async fn latest(
    session: &Session<'_>,
    installation: &Installation,
    number: u64,
) -> Result<Option<Revision>, StateError> {
    for number in (1..=number).rev().take(LOOK_BACK) {
        if let Some(revision) = revision(session, installation, number).await? {
            return Ok(Some(revision));
        }
    }
    Ok(None)
}

/// Reads a revision; `None` when its record is not there.
async fn revision(
    session: &Session<'_>,
    installation: &Installation,
    number: u64,
) -> Result<Option<Revision>, StateError> {
    let inventory = Inventory::new(&installation.name, &installation.state_namespace);
    let damaged = |why: String| StateError::Damaged {
        installation: installation.name.clone(),
        number,
        why,
    };
    let list = secrets(&installation.state_namespace);
    let mut packed = Vec::new();
    let mut chunks = 1;
    let mut index = 0;
    while index < chunks {
        let path = format!("{list}/{}", revision_name(&inventory, number, index));
        let live = match session.send(Request::get(path)).await {
            Ok(answer) => answer.body,
            Err(error) if error.is_not_found() && index == 0 => return Ok(None),
            Err(error) if error.is_not_found() => {
                return Err(damaged(format!("part {index} of {chunks} is missing")));
            }
            Err(error) => return Err(state_error(installation, "get", error)),
        };
        let data = |key: &str| -> Option<Vec<u8>> {
            let text = live.pointer("/data")?.get(key)?.as_str()?;
            STANDARD.decode(text).ok()
        };
        if index == 0 {
            chunks = data("chunks")
                .and_then(|text| String::from_utf8(text).ok()?.parse().ok())
                .ok_or_else(|| damaged("it does not say of how many parts it is".into()))?;
        }
        packed.extend(data("revision").ok_or_else(|| damaged("a part is empty".into()))?);
        index += 1;
    }
    unpack(&packed).map(Some).map_err(damaged)
}

/// Deletes records of revisions: all, or those up to a number.
pub(crate) async fn delete_revisions(
    session: &Session<'_>,
    installation: &Installation,
    up_to: Option<u64>,
) -> Result<(), StateError> {
    let list = secrets(&installation.state_namespace);
    let selector = format!("{INSTALLATION}={},{REVISION}", installation.name);
    let request = Request::get(&list)
        .query("labelSelector", selector)
        .accept(METADATA_LIST);
    let found = session
        .send(request)
        .await
        .map_err(|error| state_error(installation, "list", error))?
        .body;
    for item in found
        .pointer("/items")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let number = item
            .pointer("/metadata/labels")
            .and_then(|labels| labels.get(REVISION)?.as_str()?.parse::<u64>().ok());
        let old = match (up_to, number) {
            (None, _) => true,
            (Some(up_to), Some(number)) => number <= up_to,
            (Some(_), None) => false,
        };
        if let Some(name) = item.pointer("/metadata/name").and_then(Value::as_str)
            && old
        {
            delete_secret(session, installation, name).await?;
        }
    }
    Ok(())
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

fn pack(revision: &Revision) -> Vec<u8> {
    let json = serde_json::to_vec(revision).expect("a revision is JSON");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&json).expect("memory takes all bytes");
    encoder.finish().expect("memory takes all bytes")
}

fn unpack(packed: &[u8]) -> Result<Revision, String> {
    let mut json = Vec::new();
    GzDecoder::new(packed)
        .take(LARGEST)
        .read_to_end(&mut json)
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use meshhost_core::revision::{Outcome, RevisionRequest};

    use super::*;

    #[test]
    fn a_revision_survives_packing() {
        let revision = Revision {
            number: 3,
            outcome: Outcome::Failed("because".into()),
            request: RevisionRequest {
                tool: "meshhost 0.1.0".into(),
                at: "2020-01-01T00:00:00Z".into(),
                by: String::new(),
                settings: json!({"a": ["b", 1, null]}),
                pieces: Vec::new(),
            },
            objects: Vec::new(),
        };
        let packed = pack(&revision);
        assert_eq!(unpack(&packed), Ok(revision));
        assert!(unpack(&packed[..packed.len() - 9]).is_err(), "cut");
        assert!(unpack(b"nonsense").is_err());
    }
}
