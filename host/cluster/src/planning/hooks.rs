//! The hooks that a plan runs, asked from the records. Must not know how they are run.

use std::collections::BTreeSet;

use meshhost_core::bundle::Bundle;
use meshhost_core::card::Occasion;
use meshhost_core::hooks::{Circumstances, chosen, running};
use meshhost_core::plan::{Planned, PlannedHook, Removal};
use meshhost_core::recorded::Recorded;
use meshhost_core::revision::{Outcome, Revision};

use super::{Ground, PlanError};
use crate::session::Session;
use crate::state::{self, Installation, StateError};

/// What a plan does, as far as hooks look at it.
pub(super) struct Doing<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) last: Option<&'a Revision>,
    pub(super) objects: &'a [Planned],
    pub(super) removals: &'a [Removal],
}

/// Requests are only made where there are hooks, or pieces that go.
pub(super) async fn hooks(
    ground: &Ground<'_>,
    doing: &Doing<'_>,
) -> Result<Vec<PlannedHook>, PlanError> {
    let set_id = ground.inventory.set_id();
    let mut hooks = going(ground, doing, &set_id).await?;
    if !doing.bundle.hooks.is_empty() {
        let good = good(&ground.session, ground.installation, doing.last).await?;
        let circumstances = Circumstances {
            last: doing.last,
            installed: &good.as_ref().map(pieces).unwrap_or_default(),
            pieces: &ground.options.pieces,
            objects: doing.objects,
            removals: doing.removals,
            restores: ground.options.restores.is_some(),
        };
        hooks.extend(running(&doing.bundle.hooks, &set_id, &circumstances));
    }
    hooks.sort_by_key(|hook| hook.on.phase());
    Ok(hooks)
}

/// The hooks of pieces that go, as the latest revision has recorded them.
async fn going(
    ground: &Ground<'_>,
    doing: &Doing<'_>,
    set_id: &str,
) -> Result<Vec<PlannedHook>, PlanError> {
    let Some(last) = doing.last else {
        return Ok(Vec::new());
    };
    let mut staying: BTreeSet<&str> = doing
        .bundle
        .contributed()
        .map(|contributed| contributed.piece.as_str())
        .collect();
    staying.extend(
        ground
            .options
            .pieces
            .iter()
            .map(|piece| piece.name.as_str()),
    );
    if pieces(last)
        .iter()
        .all(|piece| staying.contains(piece.as_str()))
    {
        return Ok(Vec::new());
    }
    let recorded: Option<Recorded> =
        match state::objects(&ground.session, ground.installation, last.number).await {
            // What cannot be read must not keep anybody from removing the rest.
            Err(StateError::Damaged { .. }) => None,
            read => read?,
        };
    let hooks = recorded.map(|recorded| recorded.bundle.hooks);
    Ok(chosen(
        &hooks.unwrap_or_default(),
        set_id,
        |piece| match staying.contains(piece) {
            true => &[],
            false => &[Occasion::PreDelete, Occasion::PostDelete],
        },
    ))
}

/// The latest revision that ended well.
pub(crate) async fn good(
    session: &Session<'_>,
    installation: &Installation,
    last: Option<&Revision>,
) -> Result<Option<Revision>, PlanError> {
    match last {
        None => Ok(None),
        Some(last) if last.outcome == Outcome::Done => Ok(Some(last.clone())),
        Some(_) => {
            let recorded = state::recorded(session, installation).await?;
            let good = recorded.iter().rev().find(|(_, good)| **good);
            Ok(match good {
                Some((number, _)) => state::revision(session, installation, *number).await?,
                None => None,
            })
        }
    }
}

/// The pieces of a revision.
pub(crate) fn pieces(revision: &Revision) -> BTreeSet<String> {
    let named = revision.request.pieces.iter().map(|piece| &piece.name);
    let seen = revision.objects.iter().map(|object| &object.piece);
    named.chain(seen).cloned().collect()
}
