//! Records of revisions: JSON, compressed, and cut into as many Secrets as it needs (a Secret holds 1 MiB). The first says
//! how many and is written last, so that a record is there whole or not at all.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::Method;
use meshhost_core::inventory::{INSTALLATION, Inventory, REVISION};
use meshhost_core::revision::Revision;
use serde_json::{Value, json};

use super::{Installation, StateError, delete_secret, secrets, state_error};
use crate::request::{METADATA_LIST, Request};
use crate::session::Session;

/// Bytes of a revision in one Secret: the limit is 1 MiB for all keys together.
const CHUNK: usize = 900 * 1024;
/// So many numbers may be without a record.
const LOOK_BACK: usize = 10;
/// A record that inflates to more is not one of ours.
const LARGEST: u64 = 256 * 1024 * 1024;

fn revision_name(inventory: &Inventory, number: u64, chunk: usize) -> String {
    let head = format!("{}.r{number}", inventory.parent_name());
    match chunk {
        0 => head,
        chunk => format!("{head}.{chunk}"),
    }
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
                bundle: String::new(),
            },
            objects: Vec::new(),
        };
        let packed = pack(&revision);
        assert_eq!(unpack(&packed), Ok(revision));
        assert!(unpack(&packed[..packed.len() - 9]).is_err(), "cut");
        assert!(unpack(b"nonsense").is_err());
    }
}
