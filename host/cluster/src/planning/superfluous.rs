//! Members that a bundle does not have any more.

use std::collections::BTreeSet;

use meshhost_core::id::ObjectId;
use meshhost_core::inventory;
use meshhost_core::plan::{How, Precondition, Removal};
use meshhost_core::waves::removal;

use super::{Candidate, Ground};
use crate::live::Found;

/// Members that the bundle does not have, in the order of removal. What a hook of the bundle has left stays until the hook is
/// run again.
pub(super) fn removals(
    ground: &Ground<'_>,
    candidates: &[Candidate<'_>],
    members: &BTreeSet<ObjectId>,
    found: &Found,
    hooks: &BTreeSet<&ObjectId>,
) -> Vec<Removal> {
    let wanted: BTreeSet<&ObjectId> = candidates.iter().map(Candidate::id).collect();
    let pieces: BTreeSet<&str> = candidates
        .iter()
        .map(|candidate| candidate.contributed.piece.as_str())
        .collect();
    let gone: BTreeSet<ObjectId> = members
        .iter()
        .filter(|id| !wanted.contains(id))
        .filter(|id| {
            let left = |(_, live): &(_, _)| inventory::is_hook(live);
            !(hooks.contains(id) && found.get(id).is_some_and(left))
        })
        .cloned()
        .collect();
    removal(&gone)
        .into_iter()
        .flatten()
        .filter_map(|id| {
            let (resource, live) = found.get(&id)?;
            let piece = ground
                .recorded
                .get(&id)
                .map(|recorded| recorded.piece.clone());
            let why = match &piece {
                _ if candidates.is_empty() => "the installation is removed".to_owned(),
                Some(piece) if pieces.contains(piece.as_str()) => {
                    format!("piece {piece} does not contribute it any more")
                }
                Some(piece) => format!("piece {piece} is not part of the installation any more"),
                None => "no piece contributes it any more".to_owned(),
            };
            let how = if inventory::is_adopted(live) {
                How::Release("it was there before the installation".to_owned())
            } else if let Some(wish) = inventory::keep_wish(live) {
                How::Release(wish)
            } else {
                How::Delete
            };
            Some(Removal {
                api_version: resource.api_version(),
                piece,
                why,
                because: Vec::new(),
                how,
                live: Precondition::of(live)?,
                id,
            })
        })
        .collect()
}
