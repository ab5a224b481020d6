//! Records of revisions: what was asked for and what came of it, and beside it the objects themselves, which are only read
//! to bring them back. Owns how many are kept; must not know when they are written.

use std::collections::{BTreeMap, BTreeSet};

use meshhost_core::inventory::{INSTALLATION, Inventory, REVISION};
use meshhost_core::recorded::Recorded;
use meshhost_core::revision::{Outcome, Revision};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::chunks::Place;
use super::{Installation, StateError, delete_secret, secrets, state_error};
use crate::request::{METADATA_LIST, Request};
use crate::session::Session;

/// Label of a record: how the apply ended, in one word, so that it can be told without reading it.
const OUTCOME: &str = "meshhost.dev/outcome";
/// So many numbers may be without a record.
const LOOK_BACK: usize = 10;

fn place<'a>(
    session: &'a Session<'a>,
    installation: &'a Installation,
    number: u64,
    what: &str,
) -> Place<'a> {
    let inventory = Inventory::new(&installation.name, &installation.state_namespace);
    Place {
        session,
        installation,
        name: format!("{}.r{number}{what}", inventory.parent_name()),
    }
}

/// Objects of a revision.
const OBJECTS: &str = ".objects";

/// Writes a revision, over an earlier record of the same number.
pub(crate) async fn write_revision(
    session: &Session<'_>,
    installation: &Installation,
    revision: &Revision,
) -> Result<(), StateError> {
    let inventory = Inventory::new(&installation.name, &installation.state_namespace);
    let labels = json!({
        INSTALLATION: installation.name,
        REVISION: revision.number.to_string(),
        OUTCOME: revision.outcome.word(),
    });
    let text = serde_json::to_vec(revision).expect("a revision is JSON");
    place(session, installation, revision.number, "")
        .write(&inventory.field_manager(), &labels, &text)
        .await
}

/// Writes the objects of a revision.
pub(crate) async fn write_objects(
    session: &Session<'_>,
    installation: &Installation,
    number: u64,
    objects: &Recorded,
) -> Result<(), StateError> {
    let inventory = Inventory::new(&installation.name, &installation.state_namespace);
    let labels = json!({ INSTALLATION: installation.name, REVISION: number.to_string() });
    let text = serde_json::to_vec(objects).expect("objects are JSON");
    place(session, installation, number, OBJECTS)
        .write(&inventory.field_manager(), &labels, &text)
        .await
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
pub(crate) async fn revision(
    session: &Session<'_>,
    installation: &Installation,
    number: u64,
) -> Result<Option<Revision>, StateError> {
    read(session, installation, number, "").await
}

/// Reads the objects of a revision; `None` when they were not recorded.
pub(crate) async fn objects(
    session: &Session<'_>,
    installation: &Installation,
    number: u64,
) -> Result<Option<Recorded>, StateError> {
    let objects: Option<Recorded> = read(session, installation, number, OBJECTS).await?;
    match objects {
        Some(objects) if !objects.bundle.is_in_order() => Err(StateError::Damaged {
            installation: installation.name.clone(),
            number,
            why: "its objects are not in order".into(),
        }),
        other => Ok(other),
    }
}

async fn read<T: DeserializeOwned>(
    session: &Session<'_>,
    installation: &Installation,
    number: u64,
    what: &str,
) -> Result<Option<T>, StateError> {
    let damaged = |why: String| StateError::Damaged {
        installation: installation.name.clone(),
        number,
        why,
    };
    let text = place(session, installation, number, what)
        .read(damaged)
        .await?;
    text.map(|text| serde_json::from_slice(&text).map_err(|error| damaged(error.to_string())))
        .transpose()
}

/// The numbers of all revisions that have a record, and whether each ended well. One list.
pub(crate) async fn recorded(
    session: &Session<'_>,
    installation: &Installation,
) -> Result<BTreeMap<u64, bool>, StateError> {
    let secrets = all(session, installation).await?;
    Ok(secrets
        .into_iter()
        .filter_map(|secret| Some((secret.number, secret.outcome? == Outcome::Done.word())))
        .collect())
}

/// Deletes records: all, or those that are neither among the newest `keep` nor the last good one.
pub(crate) async fn forget(
    session: &Session<'_>,
    installation: &Installation,
    keep: Option<u64>,
) -> Result<(), StateError> {
    let secrets = all(session, installation).await?;
    let numbers: BTreeSet<u64> = secrets.iter().map(|secret| secret.number).collect();
    let good = secrets
        .iter()
        .filter(|secret| secret.outcome.as_deref() == Some(Outcome::Done.word()))
        .map(|secret| secret.number)
        .max();
    let kept = kept(&numbers, good, keep);
    for secret in secrets {
        if !kept.contains(&secret.number) {
            delete_secret(session, installation, &secret.name).await?;
        }
    }
    Ok(())
}

fn kept(numbers: &BTreeSet<u64>, good: Option<u64>, keep: Option<u64>) -> BTreeSet<u64> {
    let Some(keep) = keep else {
        return BTreeSet::new();
    };
    let keep = usize::try_from(keep.max(1)).unwrap_or(usize::MAX);
    let newest = numbers.iter().rev().take(keep).copied();
    newest.chain(good).collect()
}

/// A Secret that holds a record or a part of one.
struct Kept {
    name: String,
    number: u64,
    /// Of the record itself; its objects do not have it.
    outcome: Option<String>,
}

async fn all(session: &Session<'_>, installation: &Installation) -> Result<Vec<Kept>, StateError> {
    let selector = format!("{INSTALLATION}={},{REVISION}", installation.name);
    let request = Request::get(secrets(&installation.state_namespace))
        .query("labelSelector", selector)
        .accept(METADATA_LIST);
    let found = session
        .send(request)
        .await
        .map_err(|error| state_error(installation, "list", error))?
        .body;
    let items = found.pointer("/items").and_then(Value::as_array);
    Ok(items
        .into_iter()
        .flatten()
        .filter_map(|item| {
            let label = |key: &str| {
                let labels = item.pointer("/metadata/labels")?;
                labels.get(key)?.as_str().map(str::to_owned)
            };
            Some(Kept {
                name: item.pointer("/metadata/name")?.as_str()?.to_owned(),
                number: label(REVISION)?.parse().ok()?,
                outcome: label(OUTCOME),
            })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_and_the_last_good_one_are_kept() {
        let all = BTreeSet::from([1, 2, 3, 5]);
        for (good, keep, expected) in [
            (Some(5), Some(2), vec![3, 5]),
            (Some(1), Some(2), vec![1, 3, 5]),
            (None, Some(1), vec![5]),
            (Some(2), Some(0), vec![2, 5]),
            (Some(2), Some(10), vec![1, 2, 3, 5]),
            (Some(5), None, vec![]),
        ] {
            assert_eq!(
                kept(&all, good, keep),
                BTreeSet::from_iter(expected),
                "{good:?} {keep:?}"
            );
        }
    }
}
