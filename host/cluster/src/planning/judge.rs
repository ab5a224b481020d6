//! What happens to one object of the bundle. Owns the questions that the server is asked about it; must not know the
//! others.

use meshhost_core::desired::{Belonging, desired};
use meshhost_core::id::ObjectId;
use meshhost_core::inventory;
use meshhost_core::migration::{BEFORE, LAST_APPLIED, migration, was_installed};
use meshhost_core::ownership::{Owned, Policy};
use meshhost_core::plan::{
    Action, Planned, Precondition, Refusal, ServerWarning, Verdict, changes, masked, verdict,
};
use meshhost_core::readiness::readiness;
use meshhost_core::replace;
use meshhost_core::revision::Applied;
use serde_json::Value;

use super::obstacle::{not_served, waits_for};
use super::trial::{self, Trial, Tried};
use super::{Adopt, Candidate, Ground, Verify, owner};
use crate::discovery::{Discovery, Resource};
use crate::live::Found;
use crate::refused::Refused;
use crate::request::RequestError;

/// What became of a candidate.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) planned: Option<Planned>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) warnings: Vec<ServerWarning>,
}

impl From<Planned> for Judged {
    fn from(planned: Planned) -> Self {
        Self {
            planned: Some(planned),
            ..Self::default()
        }
    }
}

impl From<Vec<Refusal>> for Judged {
    fn from(refusals: Vec<Refusal>) -> Self {
        Self {
            refusals,
            ..Self::default()
        }
    }
}

pub(super) async fn judge(
    ground: &Ground<'_>,
    candidate: &Candidate<'_>,
    found: &Found,
    discovery: &Discovery,
) -> Result<Judged, RequestError> {
    let Some(resource) = candidate.resource else {
        return Ok(vec![not_served(candidate, discovery)].into());
    };
    let live = found.get(candidate.id()).map(|(_, live)| live);
    let taken_over = live.and_then(|live| taken_over(ground, live));
    let judge = Judge {
        ground,
        candidate,
        resource,
        live,
        owned: taken_over.as_ref().or(live),
    };
    judge.judged().await
}

/// A live object that is no member, as its fields will be owned when installers of before have given them up: nobody is to
/// be left a field that will be ours.
fn taken_over(ground: &Ground<'_>, live: &Value) -> Option<Value> {
    if inventory::part_of(live) == Some(ground.inventory.set_id().as_str()) {
        return None;
    }
    let migration = migration(live, &ground.inventory.field_manager())?;
    let mut live = live.clone();
    live["metadata"]["managedFields"] = migration.managed_fields;
    Some(live)
}

/// One object, and what it is judged by.
struct Judge<'a> {
    ground: &'a Ground<'a>,
    candidate: &'a Candidate<'a>,
    resource: &'a Resource,
    live: Option<&'a Value>,
    /// The same, owned as it will be.
    owned: Option<&'a Value>,
}

impl Judge<'_> {
    fn id(&self) -> &ObjectId {
        self.candidate.id()
    }

    fn piece(&self) -> &str {
        &self.candidate.contributed.piece
    }

    /// What would be sent, and what of it is left to others.
    fn sent(&self, belonging: Belonging) -> (Value, Vec<Owned>) {
        let ground = self.ground;
        let object = &self.candidate.contributed.object;
        let mut body = desired(object, &ground.inventory.set_id(), belonging);
        let left = self.owned.map_or_else(Vec::new, |live| {
            let manager = ground.inventory.field_manager();
            ground.rules.settle(self.id(), &mut body, live, &manager)
        });
        (body, left)
    }

    fn planned(&self, action: Action, belonging: Belonging) -> Planned {
        let (desired, leaves) = self.sent(belonging);
        let live = self.live;
        let manager = self.ground.inventory.field_manager();
        Planned {
            id: self.id().clone(),
            api_version: self.candidate.contributed.object.api_version().to_owned(),
            piece: self.piece().to_owned(),
            amended: self.candidate.contributed.amended.clone(),
            wave: self.candidate.wave,
            action,
            because: Vec::new(),
            belonging,
            unverified: self.candidate.unverified.clone(),
            desired,
            live: live.and_then(Precondition::of),
            readiness: live.map(readiness),
            applied: live.and_then(|live| Applied::of(live, &manager)),
            takes: Vec::new(),
            leaves,
            migrates: Vec::new(),
        }
    }

    async fn judged(&self) -> Result<Judged, RequestError> {
        let ground = self.ground;
        let recorded = ground.recorded.get(self.id()).copied();
        let sent = |belonging| self.sent(belonging).0;
        match verdict(self.id(), self.live, ground.inventory, recorded, sent) {
            Verdict::Create => self.created().await,
            Verdict::Terminating => Ok(vec![Refusal::Terminating {
                id: self.id().clone(),
                waits_for: self.live.map(waits_for).unwrap_or_default(),
            }]
            .into()),
            Verdict::Unchanged(belonging) => Ok(self.planned(Action::Unchanged, belonging).into()),
            Verdict::OtherSet(_) | Verdict::Ask(_) if ground.rules.only_makes(self.id()) => {
                let belonging = match self.is_member() {
                    true => Belonging::Made,
                    false => Belonging::Shared,
                };
                Ok(self.planned(Action::Unchanged, belonging).into())
            }
            Verdict::OtherSet(set) => match owner::of(&ground.session, &set).await? {
                owner::Owner::Known(owner) if ground.options.adopt != Adopt::All => {
                    Ok(vec![Refusal::OtherInstallation {
                        id: self.id().clone(),
                        piece: self.piece().to_owned(),
                        installation: ground.installation.name.clone(),
                        owner,
                    }]
                    .into())
                }
                _ => self.adopted().await,
            },
            Verdict::Ask(Belonging::Adopted) if !self.is_member() => self.adopted().await,
            Verdict::Ask(belonging) => self.asked(belonging).await,
        }
    }

    fn is_member(&self) -> bool {
        let set = self.live.and_then(inventory::part_of);
        set == Some(self.ground.inventory.set_id().as_str())
    }

    async fn created(&self) -> Result<Judged, RequestError> {
        let mut judged = Judged::from(self.planned(Action::Create, Belonging::Made));
        if self.ground.options.verify == Verify::Everything && self.candidate.unverified.is_none() {
            let body = self.sent(Belonging::Made).0;
            let tried = self.trial().run(&body, false).await?;
            judged.warnings = tried.warnings;
            judged.refusals = match tried.answer {
                Ok(_) => Vec::new(),
                Err(refused) => refused.told(self.id(), self.piece(), &body),
            };
        }
        Ok(judged)
    }

    /// It is there, and no member.
    async fn adopted(&self) -> Result<Judged, RequestError> {
        let id = self.id();
        let namespace = id.group.is_empty() && id.kind == "Namespace";
        let manager = self.ground.inventory.field_manager();
        let installed = self.live.is_some_and(|live| was_installed(live, &manager));
        match self.ground.options.adopt {
            Adopt::Match if namespace => self.asked(Belonging::Shared).await,
            Adopt::Match => Ok(vec![Refusal::NotAdopted {
                id: id.clone(),
                piece: self.piece().to_owned(),
            }]
            .into()),
            // What an installer had made that is left behind is ours, as if we had made it: it goes with the rest.
            _ if installed && !namespace => self.asked(Belonging::Made).await,
            _ => self.asked(Belonging::Adopted).await,
        }
    }

    fn trial(&self) -> Trial<'_> {
        Trial {
            ground: self.ground,
            id: self.id(),
            piece: self.piece(),
            resource: self.resource,
        }
    }

    /// The server says what would change.
    async fn asked(&self, belonging: Belonging) -> Result<Judged, RequestError> {
        let live = self.live.expect("only what is there is asked about");
        let ground = self.ground;
        let manager = ground.inventory.field_manager();
        let (body, _) = self.sent(belonging);
        let migrates = !self.is_member() && belonging != Belonging::Shared;
        let migrating = migration(live, &manager).filter(|_| migrates);
        let trial = self.trial();
        let mut tried = trial.run(&body, false).await?;
        let mut takes = Vec::new();
        if let Err(Refused::Conflicts(conflicts)) = tried.answer {
            let free = |manager: &String| {
                manager == BEFORE
                    || migrating
                        .as_ref()
                        .is_some_and(|migrating| migrating.managers.contains(manager))
            };
            let (taken, refused): (Vec<_>, Vec<_>) = conflicts
                .into_iter()
                .filter(|(_, manager)| !free(manager))
                .partition(|(field, manager)| self.takes(live, field, manager));
            if !refused.is_empty() {
                let told = Refused::Conflicts(refused).told(self.id(), self.piece(), &body);
                return Ok(told.into());
            }
            takes.extend(
                taken
                    .into_iter()
                    .map(|(field, manager)| Owned { field, manager }),
            );
            tried = trial.run(&body, true).await?;
        }
        let Tried { answer, warnings } = tried;
        let mut judged = Judged {
            warnings,
            ..Judged::default()
        };
        match answer {
            Ok(mut after) => {
                // Before there were owners, the dry run shows who there are.
                let migrating =
                    migrating.or_else(|| migration(&after, &manager).filter(|_| migrates));
                let stays = trial::same_owner(live, &after, &manager);
                if migrating.is_some() {
                    after = trial.migrated(after).await?;
                }
                let fields = changes(&without_last_applied(live), &without_last_applied(&after));
                let action = if !self.is_member() && belonging != Belonging::Shared {
                    Action::Adopt { fields }
                } else if fields.is_empty() && stays {
                    Action::Unchanged
                } else {
                    Action::Change { fields }
                };
                let mut planned = self.planned(action, belonging);
                planned.takes = takes;
                planned.migrates = migrating.map(|it| it.from).unwrap_or_default();
                judged.planned = Some(planned);
            }
            Err(Refused::Immutable(reason)) if ground.options.replace.allows(self.id(), live) => {
                let fields = changes(live, &trial::laid_over(live, &body));
                // What is made anew is made by the installation, whoever had made it before.
                let reason = masked(&reason, &body);
                let action = Action::Replace { fields, reason };
                judged.planned = Some(self.planned(action, Belonging::Made));
            }
            Err(Refused::Immutable(message)) => judged.refusals.push(Refusal::Immutable {
                id: self.id().clone(),
                piece: self.piece().to_owned(),
                message: masked(&message, &body),
                consent: replace::consent(self.id(), live),
            }),
            Err(refused) => judged.refusals = refused.told(self.id(), self.piece(), &body),
        }
        Ok(judged)
    }

    /// Whether a field may be taken over from another manager.
    fn takes(&self, live: &Value, field: &str, manager: &str) -> bool {
        let ground = self.ground;
        match ground.rules.on_conflict(self.id(), live, manager, field) {
            Some(policy) => policy == Policy::Own,
            None => {
                let ours_now = ground.options.adopt == Adopt::All && is_membership(field);
                ground.options.force_conflicts || ours_now
            }
        }
    }
}

/// The label that says whose an object is.
fn is_membership(field: &str) -> bool {
    field.strip_prefix(".metadata.labels.") == Some(inventory::PART_OF)
}

/// kubectl's note of what it had applied goes with its ownership, and tells nothing that the other fields do not.
fn without_last_applied(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        && let Some(annotations) = metadata
            .get_mut("annotations")
            .and_then(Value::as_object_mut)
    {
        annotations.remove(LAST_APPLIED);
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
    object
}
