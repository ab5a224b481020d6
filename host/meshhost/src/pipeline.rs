//! From loaded pieces to a bundle: contribute, combine, amend. Owns the order of these steps; must not know where pieces
//! or settings came from, nor what becomes of the bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use meshhost_core::amend::AmendError;
use meshhost_core::bundle::{Bundle, BundleError};
use meshhost_core::card::{Card, Contribution, Diagnostic, GrantedFile, Once, Request};
use meshhost_core::facts::Facts;
use meshhost_core::needs::{self, Need};
use meshhost_core::problem::count;
use meshhost_runtime::{CallError, Piece};
use serde_json::{Value, json};

/// A piece, ready to be asked.
#[derive(Debug)]
pub struct Participant<'a> {
    /// The loaded piece.
    pub piece: &'a Piece,
    /// Its settings, checked against its schema.
    pub settings: Value,
    /// Where its objects go by default.
    pub namespace: String,
    /// Whether that namespace is one of its objects, though it does not contribute it: so the person says.
    pub creates_namespace: bool,
    /// Files that were granted to it, sorted by wish and path.
    pub files: &'a [GrantedFile],
    /// Where its random values and times come from.
    pub once: Once,
    /// Whether somebody wants to know which abilities its objects and amendments need.
    pub examined: bool,
}

/// Everything that the pieces answered.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The objects.
    pub bundle: Bundle,
    /// What pieces have to say, with the piece.
    pub diagnostics: Vec<(String, Diagnostic)>,
    /// What to show after a successful apply, with the piece.
    pub notes: Vec<(String, String)>,
    /// Pieces whose answer has something from [`Participant::once`].
    pub used_once: BTreeSet<String>,
    /// Which abilities the objects and amendments of the examined pieces need, by piece.
    pub needs: BTreeMap<String, Vec<Need>>,
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// Pieces that refused or failed: all of them, in the order of the installation.
    #[error("{} failed", count(.0.len(), "piece"))]
    Calls(Vec<CallError>),
    /// What the pieces returned does not fit together.
    #[error("what the pieces return cannot be combined: {}", count(.0.len(), "problem"))]
    Bundle(Vec<BundleError>),
    /// An amendment reached too far.
    #[error(transparent)]
    Amend(#[from] AmendError),
}

/// Asks every piece and combines the answers.
///
/// Pieces contribute concurrently; the result depends on their order in `participants` and not on timing.
///
/// # Errors
/// When any piece refuses or fails, or when the answers do not fit together.
pub fn render(
    installation: &str,
    participants: &[Participant<'_>],
    facts: &Facts,
) -> Result<Rendered, PipelineError> {
    let requests = requests(installation, participants, facts);
    let contributions = contribute(participants, &requests)?;
    let mut rendered = combine(participants, contributions, facts)?;
    for (participant, request) in participants.iter().zip(&requests) {
        let card = participant.piece.card();
        if card.amends.is_empty() {
            continue;
        }
        let selected = rendered.bundle.select(card);
        let amendments = participant
            .piece
            .amend(request, &selected)
            .map_err(|error| PipelineError::Calls(vec![error]))?;
        let before = participant.examined.then(|| rendered.bundle.clone());
        rendered.bundle.amend(card, &amendments)?;
        if let Some(before) = before {
            let needs = needs::amended(&before, &rendered.bundle, &card.name);
            rendered
                .needs
                .entry(card.name.clone())
                .or_default()
                .extend(needs);
        }
        rendered.diagnostics.extend(
            amendments
                .diagnostics
                .into_iter()
                .map(|diagnostic| (card.name.clone(), diagnostic)),
        );
    }
    Ok(rendered)
}

/// What each piece is called with.
pub(crate) fn requests(
    installation: &str,
    participants: &[Participant<'_>],
    facts: &Facts,
) -> Vec<Request> {
    participants
        .iter()
        .map(|participant| Request {
            installation: installation.to_owned(),
            namespace: participant.namespace.clone(),
            facts: facts.clone(),
            settings: participant.settings.clone(),
            files: participant.files.to_vec(),
            once: participant.once,
        })
        .collect()
}

/// Puts the contributions together, in the order of the pieces.
pub(crate) fn combine(
    participants: &[Participant<'_>],
    contributions: Vec<Contribution>,
    facts: &Facts,
) -> Result<Rendered, PipelineError> {
    let mut rendered = Rendered::default();
    let mut of_cards = Vec::new();
    for (participant, mut contribution) in participants.iter().zip(contributions) {
        let card = participant.piece.card();
        let from = |text| (card.name.clone(), text);
        rendered
            .notes
            .extend(contribution.notes.drain(..).map(from));
        rendered.diagnostics.extend(
            contribution
                .diagnostics
                .drain(..)
                .map(|diagnostic| (card.name.clone(), diagnostic)),
        );
        if contribution.used_once {
            rendered.used_once.insert(card.name.clone());
        }
        of_cards.push((card, contribution));
    }
    create_namespaces(participants, &mut of_cards);
    rendered.bundle = Bundle::combine(of_cards, facts).map_err(PipelineError::Bundle)?;
    for participant in participants
        .iter()
        .filter(|participant| participant.examined)
    {
        let piece = &participant.piece.card().name;
        let needs = needs::contributed(&rendered.bundle, piece);
        rendered.needs.insert(piece.clone(), needs);
    }
    Ok(rendered)
}

/// Adds the namespaces that pieces are to live in and nobody contributes.
fn create_namespaces(
    participants: &[Participant<'_>],
    contributions: &mut [(&Card, Contribution)],
) {
    for (number, participant) in participants.iter().enumerate() {
        let name = participant.namespace.as_str();
        let made = |text: &String| {
            serde_json::from_str::<Value>(text).is_ok_and(|object| {
                object["kind"] == "Namespace" && object["metadata"]["name"] == name
            })
        };
        let known = contributions
            .iter()
            .any(|(_, contribution)| contribution.objects.iter().any(made));
        if participant.creates_namespace && !known {
            let namespace =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            contributions[number].1.objects.push(namespace.to_string());
        }
    }
}

/// Asks every piece at the same time.
pub(crate) fn contribute(
    participants: &[Participant<'_>],
    requests: &[Request],
) -> Result<Vec<Contribution>, PipelineError> {
    let answers: Vec<_> = thread::scope(|scope| {
        let calls: Vec<_> = participants
            .iter()
            .zip(requests)
            .map(|(participant, request)| {
                scope.spawn(move || participant.piece.contribute(request))
            })
            .collect();
        calls
            .into_iter()
            .map(|call| call.join().expect("a call into a piece never panics"))
            .collect()
    });
    let (good, bad): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    if bad.is_empty() {
        Ok(good.into_iter().filter_map(Result::ok).collect())
    } else {
        Err(PipelineError::Calls(
            bad.into_iter().filter_map(Result::err).collect(),
        ))
    }
}
