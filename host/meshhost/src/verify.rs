//! Whether a piece is a function of what it is handed: calling it again, and with the same said in another order. Owns the
//! orders that must not matter and the comparison; must not know why anybody wants to know, nor print.
//!
//! With no imports and a fresh sandbox for each call, a piece has no clock, no randomness and nothing left of earlier calls.
//! What is left is order: of the keys of its settings, which a JSON object does not have, and of the objects that it is
//! asked to amend. Served kinds and files are handed over sorted by the contract, so no other order of them exists.

mod compare;
mod order;

use meshhost_core::card::{Amendments, Contribution, Request, Selected};
use meshhost_core::facts::Facts;
use meshhost_core::plan::FieldChange;
use meshhost_runtime::{Call, CallError};

use crate::pipeline::{self, Participant, PipelineError};

pub use order::Variation;

/// What came of calling one piece several times.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Verified {
    /// The piece.
    pub piece: String,
    /// Objects that it contributes.
    pub objects: usize,
    /// Objects of others that it was handed to amend.
    pub selected: usize,
    /// Changes that it made to them.
    pub changes: usize,
    /// Calls that gave the same.
    pub same: usize,
    /// What was not the same; one a call at most.
    pub differences: Vec<Difference>,
}

/// One call that gave something else than the first.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Difference {
    /// Which function: `contribute` or `amend`.
    pub call: String,
    /// How the call was other than the first.
    pub variation: Variation,
    /// The object, or which list of the answer.
    pub what: String,
    /// The fields that differ; none when it is there only once, or when only the bytes differ.
    pub fields: Vec<FieldChange>,
}

/// Renders, and calls each of the pieces named `runs` more times in each order.
///
/// # Errors
/// As [`pipeline::render`]: it has to give a bundle in the first place.
pub fn verify(
    installation: &str,
    participants: &[Participant<'_>],
    facts: &Facts,
    named: impl Fn(&str) -> bool,
    runs: u64,
) -> Result<Vec<Verified>, PipelineError> {
    let requests = pipeline::requests(installation, participants, facts);
    let contributions = pipeline::contribute(participants, &requests)?;
    let mut all = Vec::new();
    for ((participant, request), first) in participants.iter().zip(&requests).zip(&contributions) {
        let mut verified = Verified {
            piece: participant.piece.card().name.clone(),
            objects: first.objects.len(),
            selected: 0,
            changes: 0,
            same: 0,
            differences: Vec::new(),
        };
        if named(&verified.piece) {
            contributions_are_the_same(&mut verified, participant, request, first, runs)
                .map_err(failed)?;
        }
        all.push(verified);
    }
    let mut rendered = pipeline::combine(participants, contributions, facts)?;
    for ((participant, request), verified) in participants.iter().zip(&requests).zip(&mut all) {
        let card = participant.piece.card();
        if card.amends.is_empty() {
            continue;
        }
        let selected = rendered.bundle.select(card);
        let first = participant
            .piece
            .amend(request, &selected)
            .map_err(failed)?;
        if named(&verified.piece) {
            verified.selected = selected.len();
            verified.changes = first.changes.len();
            amendments_are_the_same(verified, participant, request, &selected, &first, runs)
                .map_err(failed)?;
        }
        rendered.bundle.amend(card, &first)?;
    }
    all.retain(|verified| named(&verified.piece));
    Ok(all)
}

fn failed(error: CallError) -> PipelineError {
    PipelineError::Calls(vec![error])
}

fn contributions_are_the_same(
    verified: &mut Verified,
    participant: &Participant<'_>,
    request: &Request,
    first: &Contribution,
    runs: u64,
) -> Result<(), CallError> {
    let mut note = |variation, found: Option<compare::Found>| match found {
        None => verified.same += 1,
        Some(found) => verified
            .differences
            .push(found.at(Call::Contribute, variation)),
    };
    for _ in 0..runs {
        let again = participant.piece.contribute(request)?;
        note(Variation::Again, compare::bytes(first, &again));
    }
    for run in 0..runs {
        let request = Request {
            settings: order::keys(&request.settings, run),
            ..request.clone()
        };
        let again = participant.piece.contribute(&request)?;
        note(Variation::SettingsKeys, compare::objects(first, &again));
    }
    Ok(())
}

fn amendments_are_the_same(
    verified: &mut Verified,
    participant: &Participant<'_>,
    request: &Request,
    selected: &[Selected],
    first: &Amendments,
    runs: u64,
) -> Result<(), CallError> {
    let mut note = |variation, found: Option<compare::Found>| match found {
        None => verified.same += 1,
        Some(found) => verified.differences.push(found.at(Call::Amend, variation)),
    };
    for _ in 0..runs {
        let again = participant.piece.amend(request, selected)?;
        let found = compare::amendment_bytes(selected, first, &again);
        note(Variation::Again, found);
    }
    for run in 0..runs {
        let request = Request {
            settings: order::keys(&request.settings, run),
            ..request.clone()
        };
        let again = participant.piece.amend(&request, selected)?;
        let found = compare::amendments(selected, first, selected, &again);
        note(Variation::SettingsKeys, found);
    }
    for run in 0..runs {
        let shuffled = order::selected(selected, run);
        let again = participant.piece.amend(request, &shuffled)?;
        let found = compare::amendments(selected, first, &shuffled, &again);
        note(Variation::AmendedObjects, found);
    }
    Ok(())
}
