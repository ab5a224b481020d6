//! From a bundle to a plan. Owns which questions the server is asked: records first, then lists, and a dry run only for
//! what may differ. Writes nothing. Must not know how a plan is carried out.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream};
use meshhost_core::bundle::{Bundle, Contributed};
use meshhost_core::desired::{Belonging, desired};
use meshhost_core::id::ObjectId;
use meshhost_core::inventory::{self, Inventory};
use meshhost_core::plan::{
    Action, Basis, Plan, Planned, Precondition, Refusal, ServerWarning, Verdict, changes, verdict,
};
use meshhost_core::readiness::readiness;
use meshhost_core::revision::{Applied, RecordedObject, Revision};
use meshhost_core::waves::{Cycle, waves};

use crate::discovery::{Discovery, Resource};
use crate::live::{self, Found};
use crate::refused::Refused;
use crate::request::RequestError;
use crate::session::Session;
use crate::state::{self, Installation, StateError};

mod obstacle;
mod owner;
mod rights;
mod superfluous;
mod trial;

use obstacle::{homeless, not_served, unverified, waits_for};
use superfluous::removals;
use trial::{Trial, Tried};

/// Dry runs in flight.
const TRIALS: usize = 8;

/// How a plan is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlanOptions {
    /// What the server is asked to try.
    pub verify: Verify,
    /// Fields that other managers have set otherwise are taken over.
    pub force_conflicts: bool,
    /// Objects of which a field must change that cannot may be deleted and made anew.
    pub allow_replace: bool,
}

/// What the server is asked to try in a dry run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verify {
    /// What is there and may differ.
    #[default]
    Needed,
    /// Also what is not there yet, where its kind and its namespace are: one request more for each.
    Everything,
}

/// Why no plan could be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The records cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// Objects wait for each other.
    #[error(transparent)]
    Cycle(#[from] Cycle),
    /// The server did not answer a question.
    #[error("cannot compare with the cluster: {0}")]
    Request(#[from] RequestError),
}

/// An object of the bundle on its way to a plan.
struct Candidate<'a> {
    contributed: &'a Contributed,
    wave: usize,
    /// Absent when the kind is served in no such version.
    resource: Option<&'a Resource>,
    /// Why the server cannot try it.
    unverified: Option<String>,
}

impl Candidate<'_> {
    fn id(&self) -> &ObjectId {
        self.contributed.object.id()
    }
}

/// Everything that a plan is judged against.
struct Ground<'a> {
    session: Session<'a>,
    installation: &'a Installation,
    inventory: &'a Inventory,
    recorded: BTreeMap<&'a ObjectId, &'a RecordedObject>,
    options: PlanOptions,
}

/// Makes a plan.
pub(crate) async fn plan(
    session: Session<'_>,
    discovery: &Discovery,
    bundle: &Bundle,
    installation: &Installation,
    options: PlanOptions,
) -> Result<Plan, PlanError> {
    let waves = waves(bundle)?;
    let parent = state::parent(&session, installation).await?;
    let (inventory, parent_version) = match parent {
        Some(parent) => (parent.inventory, Some(parent.version)),
        None => (
            Inventory::new(&installation.name, &installation.state_namespace),
            None,
        ),
    };
    let last = state::latest(&session, installation, inventory.revision).await?;
    let served = discovery;
    let discovery = served.with_definitions(bundle.objects.iter().map(|it| &it.object));
    let namespaces = match bundle.objects.is_empty() {
        true => None,
        false => live::namespaces(&session, &discovery).await?,
    };
    let wave_of: BTreeMap<&ObjectId, usize> = waves
        .iter()
        .enumerate()
        .flat_map(|(number, wave)| wave.objects.iter().map(move |id| (id, number)))
        .collect();
    let candidates: Vec<Candidate<'_>> = bundle
        .objects
        .iter()
        .map(|contributed| {
            let object = &contributed.object;
            let kind = &object.id().kind;
            Candidate {
                contributed,
                wave: wave_of.get(object.id()).copied().unwrap_or(0),
                resource: discovery.resource(object.api_version(), kind),
                unverified: unverified(contributed, served, namespaces.as_ref()),
            }
        })
        .collect();

    let versions = candidates
        .iter()
        .map(|it| {
            (
                it.id().group_kind(),
                it.contributed.object.api_version().to_owned(),
            )
        })
        .collect();
    let mut found = live::members(&session, &discovery, &inventory, &versions).await?;
    let strangers = candidates
        .iter()
        .filter(|it| it.unverified.is_none() && !found.contains_key(it.id()))
        .filter_map(|it| Some((it.id().clone(), it.resource?.clone())))
        .collect();
    let (there, forbidden) = live::at_places(&session, strangers).await?;
    let members: BTreeSet<ObjectId> = found.keys().cloned().collect();
    found.extend(there);

    let mut refusals: Vec<Refusal> = forbidden
        .into_iter()
        .map(|(id, error)| Refusal::Forbidden {
            id,
            verb: "get".into(),
            message: error.message().to_owned(),
        })
        .collect();
    refusals.extend(homeless(&candidates, namespaces.as_ref()));
    let ground = Ground {
        session,
        installation,
        inventory: &inventory,
        recorded: recorded(last.as_ref()),
        options,
    };
    let removals = removals(&ground, &candidates, &members, &found);
    let judged: Vec<Result<Judged, RequestError>> = stream::iter(&candidates)
        .map(|candidate| judge(&ground, candidate, &found, &discovery))
        .buffered(TRIALS)
        .collect()
        .await;
    let mut objects = Vec::new();
    let mut warnings = BTreeSet::new();
    for judged in judged {
        let judged = judged?;
        objects.extend(judged.planned);
        refusals.extend(judged.refusals);
        warnings.extend(judged.warnings);
    }
    refusals.extend(rights::missing(&session, &discovery, &objects, &removals).await?);
    objects.sort_by(|a: &Planned, b| (a.wave, &a.id).cmp(&(b.wave, &b.id)));
    Ok(Plan {
        installation: installation.name.clone(),
        revision: inventory.revision + 1,
        objects,
        removals,
        refusals,
        warnings: warnings.into_iter().collect(),
        basis: Basis {
            inventory,
            parent_version,
            last,
            waves,
        },
    })
}

fn recorded(last: Option<&Revision>) -> BTreeMap<&ObjectId, &RecordedObject> {
    last.into_iter()
        .flat_map(|revision| &revision.objects)
        .map(|object| (&object.id, object))
        .collect()
}

/// What became of a candidate.
#[derive(Default)]
struct Judged {
    planned: Option<Planned>,
    refusals: Vec<Refusal>,
    warnings: Vec<ServerWarning>,
}

async fn judge(
    ground: &Ground<'_>,
    candidate: &Candidate<'_>,
    found: &Found,
    discovery: &Discovery,
) -> Result<Judged, RequestError> {
    let id = candidate.id();
    let piece = &candidate.contributed.piece;
    let Some(resource) = candidate.resource else {
        return Ok(Judged {
            refusals: vec![not_served(candidate, discovery)],
            ..Judged::default()
        });
    };
    let set_id = ground.inventory.set_id();
    let sent = |belonging| desired(&candidate.contributed.object, &set_id, belonging);
    let live = found.get(id).map(|(_, live)| live);
    let recorded = ground.recorded.get(id).copied();
    let planned = |action, belonging| Planned {
        id: id.clone(),
        api_version: candidate.contributed.object.api_version().to_owned(),
        piece: piece.clone(),
        wave: candidate.wave,
        action,
        belonging,
        unverified: candidate.unverified.clone(),
        desired: sent(belonging),
        live: live.and_then(Precondition::of),
        readiness: live.map(readiness),
        applied: live.and_then(|live| Applied::of(live, &ground.inventory.field_manager())),
        force: ground.options.force_conflicts,
    };
    let belonging = match verdict(id, live, ground.inventory, recorded, sent) {
        Verdict::Create => {
            let mut judged = Judged {
                planned: Some(planned(Action::Create, Belonging::Made)),
                ..Judged::default()
            };
            if ground.options.verify == Verify::Everything && candidate.unverified.is_none() {
                let trial = Trial {
                    ground,
                    id,
                    piece,
                    resource,
                };
                let tried = trial.run(&sent(Belonging::Made), false).await?;
                judged.warnings = tried.warnings;
                judged.refusals = match tried.answer {
                    Ok(_) => Vec::new(),
                    Err(refused) => refused.told(id, piece),
                };
            }
            return Ok(judged);
        }
        Verdict::Unchanged(belonging) => {
            return Ok(Judged {
                planned: Some(planned(Action::Unchanged, belonging)),
                ..Judged::default()
            });
        }
        Verdict::Terminating => {
            return Ok(Judged {
                refusals: vec![Refusal::Terminating {
                    id: id.clone(),
                    waits_for: live.map(waits_for).unwrap_or_default(),
                }],
                ..Judged::default()
            });
        }
        Verdict::OtherSet(set) => match owner::of(&ground.session, &set).await? {
            owner::Owner::Nobody => Belonging::Adopted,
            owner::Owner::Known(owner) => {
                return Ok(Judged {
                    refusals: vec![Refusal::OtherInstallation {
                        id: id.clone(),
                        piece: piece.clone(),
                        installation: ground.installation.name.clone(),
                        owner,
                    }],
                    ..Judged::default()
                });
            }
        },
        Verdict::Ask(belonging) => belonging,
    };
    let live = live.expect("only what is there is asked about");
    let body = sent(belonging);
    let trial = Trial {
        ground,
        id,
        piece,
        resource,
    };
    let mut tried = trial.run(&body, ground.options.force_conflicts).await?;
    if tried.answer.as_ref().is_err_and(Refused::only_by_nobody) {
        tried = trial.run(&body, true).await?;
    }
    let Tried { answer, warnings } = tried;
    let member = inventory::part_of(live) == Some(set_id.as_str());
    let mut judged = Judged {
        warnings,
        ..Judged::default()
    };
    match answer {
        Ok(after) => {
            let fields = changes(live, &after);
            let manager = ground.inventory.field_manager();
            let action = if !member && belonging == Belonging::Adopted {
                Action::Adopt { fields }
            } else if fields.is_empty() && trial::same_owner(live, &after, &manager) {
                Action::Unchanged
            } else {
                Action::Change { fields }
            };
            judged.planned = Some(planned(action, belonging));
        }
        Err(Refused::Immutable(reason)) if ground.options.allow_replace => {
            let fields = changes(live, &trial::laid_over(live, &body));
            // What is made anew is made by the installation, whoever had made it before.
            let action = Action::Replace { fields, reason };
            judged.planned = Some(planned(action, Belonging::Made));
        }
        Err(refused) => {
            judged.refusals = refused.told(id, piece);
        }
    }
    Ok(judged)
}
