//! From a bundle to a plan. Owns which questions the server is asked: records first, then lists, and a dry run only for
//! what may differ. Writes nothing. Must not know how a plan is carried out.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream};
use meshhost_core::bundle::{Bundle, Contributed};
use meshhost_core::desired::{Belonging, desired};
use meshhost_core::id::ObjectId;
use meshhost_core::inventory::{self, Inventory};
use meshhost_core::plan::{
    Action, Basis, How, Plan, Planned, Precondition, Refusal, Removal, ServerWarning, Verdict,
    changes, verdict,
};
use meshhost_core::readiness::readiness;
use meshhost_core::revision::{Applied, RecordedObject, Revision};
use meshhost_core::waves::{Cycle, removal, waves};
use serde_json::Value;

use crate::discovery::{Discovery, Resource};
use crate::live::{self, Found};
use crate::refused::Refused;
use crate::request::RequestError;
use crate::session::Session;
use crate::state::{self, Installation, StateError};

mod owner;
mod rights;
mod trial;

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

/// Why the server cannot try an object: its kind or its namespace is not there yet.
fn unverified(
    contributed: &Contributed,
    served: &Discovery,
    namespaces: Option<&BTreeSet<String>>,
) -> Option<String> {
    let object = &contributed.object;
    let id = object.id();
    if served.resource(object.api_version(), &id.kind).is_none() {
        return Some(format!("its kind {} is not served yet", id.group_kind()));
    }
    let namespace = id.namespace.as_ref()?;
    let namespaces = namespaces?;
    (!namespaces.contains(namespace)).then(|| format!("namespace {namespace} does not exist yet"))
}

/// Objects whose namespace is not there and is not made either.
fn homeless(candidates: &[Candidate<'_>], namespaces: Option<&BTreeSet<String>>) -> Vec<Refusal> {
    let Some(namespaces) = namespaces else {
        return Vec::new();
    };
    let made: BTreeSet<&str> = candidates
        .iter()
        .map(Candidate::id)
        .filter(|id| id.group.is_empty() && id.kind == "Namespace")
        .map(|id| id.name.as_str())
        .collect();
    candidates
        .iter()
        .filter_map(|candidate| {
            let namespace = candidate.id().namespace.as_ref()?;
            let there = namespaces.contains(namespace) || made.contains(namespace.as_str());
            (!there).then(|| Refusal::NoNamespace {
                id: candidate.id().clone(),
                piece: candidate.contributed.piece.clone(),
                namespace: namespace.clone(),
            })
        })
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

fn not_served(candidate: &Candidate<'_>, discovery: &Discovery) -> Refusal {
    let id = candidate.id();
    let versions = discovery.versions(&id.group, &id.kind);
    let hint = if versions.is_empty() {
        format!(
            "install what defines {} first, or leave out the piece",
            id.group_kind()
        )
    } else {
        format!("it is served as {}", versions.join(", "))
    };
    Refusal::NotServed {
        id: id.clone(),
        piece: candidate.contributed.piece.clone(),
        api_version: candidate.contributed.object.api_version().to_owned(),
        hint,
    }
}

/// What an object that is being deleted waits for.
fn waits_for(live: &Value) -> String {
    let finalizers: Vec<&str> = live
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if finalizers.is_empty() {
        String::new()
    } else {
        format!("; it waits for {}", finalizers.join(", "))
    }
}

/// Members that the bundle does not have, in the order of removal.
fn removals(
    ground: &Ground<'_>,
    candidates: &[Candidate<'_>],
    members: &BTreeSet<ObjectId>,
    found: &Found,
) -> Vec<Removal> {
    let wanted: BTreeSet<&ObjectId> = candidates.iter().map(Candidate::id).collect();
    let pieces: BTreeSet<&str> = candidates
        .iter()
        .map(|candidate| candidate.contributed.piece.as_str())
        .collect();
    let gone: BTreeSet<ObjectId> = members
        .iter()
        .filter(|id| !wanted.contains(id))
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
                how,
                live: Precondition::of(live)?,
                id,
            })
        })
        .collect()
}
