//! Carrying out a plan. Owns the order of what is written: the record and the union of old and new inventory before the
//! first object, waves, waiting, removal, then the inventory as it is and the record's end. A run that is cut off anywhere
//! leaves an inventory that names all it may have written, so the next one finishes the job.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use meshhost_core::desired::Belonging;
use meshhost_core::id::ObjectId;
use meshhost_core::inventory::Inventory;
use meshhost_core::object::Object;
use meshhost_core::plan::{Action, How, Plan, Planned};
use meshhost_core::readiness::{Readiness, readiness};
use meshhost_core::revision::{self, RecordedObject, Revision, RevisionRequest, digest};

use crate::assess::Assess;
use crate::discovery::Discovery;
use crate::event::{Event, Outcome};
use crate::removing::{Left, remove};
use crate::session::Session;
use crate::state::{self, Installation};
use crate::writing::{WriteError, write};

mod awaited;
mod told;

use awaited::is_judged;
pub use told::{Applied, ApplyError, ApplyOptions};

/// One run.
struct Run<'a> {
    session: Session<'a>,
    installation: Installation,
    discovery: Discovery,
    plan: &'a Plan,
    options: ApplyOptions,
    /// What pieces say of their objects.
    assess: Option<&'a Arc<dyn Assess>>,
    /// What is recorded of each object, filled in as they are written.
    records: Mutex<BTreeMap<ObjectId, RecordedObject>>,
    /// What each object said when it was written, or when the plan was made.
    readiness: Mutex<BTreeMap<ObjectId, Readiness>>,
}

/// Carries out a plan.
pub(crate) async fn apply(
    session: Session<'_>,
    discovery: &Discovery,
    plan: &Plan,
    request: RevisionRequest,
    options: ApplyOptions,
    assess: Option<&Arc<dyn Assess>>,
) -> Result<Applied, ApplyError> {
    if !plan.refusals.is_empty() {
        return Err(ApplyError::PlanRefused(plan.refusals.clone()));
    }
    let objects: Vec<Object> = plan
        .objects
        .iter()
        .filter_map(|planned| Object::new(planned.desired.clone()).ok())
        .collect();
    let run = Run {
        session,
        installation: Installation {
            name: plan.basis.inventory.installation.clone(),
            state_namespace: plan.basis.inventory.namespace.clone(),
        },
        discovery: discovery.with_definitions(objects.iter()),
        plan,
        options,
        assess,
        records: Mutex::new(records(plan)),
        readiness: Mutex::new(
            plan.objects
                .iter()
                .filter(|planned| !is_judged(assess, planned))
                .filter_map(|planned| Some((planned.id.clone(), planned.readiness.clone()?)))
                .collect(),
        ),
    };
    let applied = if plan.objects.is_empty() {
        run.remove_all().await?
    } else {
        run.install(request).await?
    };
    session.tell(Event::Finished);
    Ok(applied)
}

/// What is recorded before anything is written: untouched objects keep what proves that they are.
fn records(plan: &Plan) -> BTreeMap<ObjectId, RecordedObject> {
    plan.objects
        .iter()
        .map(|planned| {
            let applied = match planned.action {
                Action::Unchanged => planned.applied.clone(),
                _ => None,
            };
            let record = RecordedObject {
                id: planned.id.clone(),
                api_version: planned.api_version.clone(),
                piece: planned.piece.clone(),
                digest: digest(&planned.desired),
                applied,
            };
            (planned.id.clone(), record)
        })
        .collect()
}

impl Run<'_> {
    async fn install(&self, request: RevisionRequest) -> Result<Applied, ApplyError> {
        let plan = self.plan;
        let counts = plan.count();
        let before = &plan.basis.inventory;
        let same_request = plan
            .basis
            .last
            .as_ref()
            .filter(|last| last.outcome == revision::Outcome::Done)
            .filter(|last| last.request.asks_the_same(&request));
        let work = plan
            .objects
            .iter()
            .any(|planned| planned.action != Action::Unchanged)
            || (self.options.prune && !plan.removals.is_empty());
        if let Some(last) = same_request
            && !work
        {
            let records = self.recorded();
            // Only what proves that nothing has changed is out of date.
            if last.objects != records {
                let refreshed = Revision {
                    objects: records,
                    ..last.clone()
                };
                state::write_revision(&self.session, &self.installation, before, &refreshed)
                    .await?;
            }
            return Ok(Applied {
                revision: None,
                counts,
                left: Vec::new(),
            });
        }

        let mut wanted = Inventory::new(&before.installation, &before.namespace);
        for planned in &plan.objects {
            if planned.belonging != Belonging::Shared {
                wanted.add(&planned.id);
            }
        }
        wanted.revision = plan.revision;
        let mut record = Revision {
            number: plan.revision,
            outcome: revision::Outcome::Pending,
            request,
            objects: self.recorded(),
        };
        let (session, installation) = (&self.session, &self.installation);
        session.tell(Event::Started {
            revision: Some(plan.revision),
            objects: plan.objects.len(),
        });
        // First the parent: it is written over exactly what the plan was made from, so only one of two runs passes.
        let writer = state::Writer::new();
        let version = state::write_parent(
            session,
            installation,
            &before.union(&wanted),
            &writer,
            plan.basis.parent_version.as_deref(),
        )
        .await?;
        state::write_revision(session, installation, before, &record).await?;

        let done = self.objects_and_removals().await;
        record.objects = self.recorded();
        record.outcome = match &done {
            Ok(_) => revision::Outcome::Done,
            Err(error) => revision::Outcome::Failed(error.to_string()),
        };
        let mut ending = *session;
        if done.is_err() {
            // The time may be over, but the record should still say what happened.
            ending.deadline = ending
                .deadline
                .max(tokio::time::Instant::now() + Duration::from_secs(10));
        }
        let written = state::write_revision(&ending, installation, before, &record).await;
        let left = done?;
        written?;
        if !self.options.prune {
            for removal in &plan.removals {
                wanted.add(&removal.id);
            }
        }
        state::write_parent(session, installation, &wanted, &writer, Some(&version)).await?;
        if let Some(old) = plan.revision.checked_sub(self.options.history.max(1))
            && old > 0
        {
            state::delete_revisions(session, installation, Some(old)).await?;
        }
        Ok(Applied {
            revision: Some(plan.revision),
            counts,
            left,
        })
    }

    async fn objects_and_removals(&self) -> Result<Vec<Left>, ApplyError> {
        let waves = &self.plan.basis.waves;
        for (number, wave) in waves.iter().enumerate() {
            self.wait_for(wave.awaits.iter()).await?;
            self.wait_for_answers(number, &wave.calls).await?;
            self.session.tell(Event::Wave {
                number: number + 1,
                of: waves.len(),
                objects: wave.objects.len(),
            });
            self.write_wave(number).await?;
        }
        if self.options.wait {
            self.wait_for(self.plan.objects.iter().map(|planned| &planned.id))
                .await?;
        }
        if !self.options.prune {
            return Ok(Vec::new());
        }
        Ok(remove(
            &self.session,
            &self.plan.basis.inventory,
            &self.discovery,
            &self.plan.removals,
        )
        .await?)
    }

    /// Writes all objects of a wave. After a failure no further one is started, but those on their way are ended.
    async fn write_wave(&self, number: usize) -> Result<(), ApplyError> {
        let failed = AtomicBool::new(false);
        let wave = self
            .plan
            .objects
            .iter()
            .filter(|planned| planned.wave == number);
        let results: Vec<Result<(), (&Planned, WriteError)>> = stream::iter(wave)
            .map(|planned| {
                let failed = &failed;
                async move {
                    if failed.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    let result = self.write_one(planned).await;
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    result.map_err(|error| (planned, error))
                }
            })
            .buffer_unordered(self.options.concurrency.max(1))
            .collect()
            .await;
        let mut refusals = Vec::new();
        for result in results {
            match result {
                Ok(()) => {}
                Err((_, WriteError::Refused(refused))) => refusals.extend(refused),
                Err((_, WriteError::Request(error))) => return Err(ApplyError::Request(error)),
                Err((planned, WriteError::Stuck(why))) => {
                    return Err(ApplyError::Stuck {
                        id: planned.id.clone(),
                        piece: planned.piece.clone(),
                        why,
                    });
                }
            }
        }
        if refusals.is_empty() {
            Ok(())
        } else {
            Err(ApplyError::Refused(refusals))
        }
    }

    async fn write_one(&self, planned: &Planned) -> Result<(), WriteError> {
        let result = if planned.action == Action::Unchanged {
            Outcome::Unchanged
        } else {
            let Some(resource) = self
                .discovery
                .resource(&planned.api_version, &planned.id.kind)
            else {
                return Err(WriteError::Stuck(format!(
                    "{} is not served any more",
                    planned.api_version
                )));
            };
            let inventory = &self.plan.basis.inventory;
            let written = write(&self.session, inventory, resource, planned).await?;
            let applied = revision::Applied::of(&written.live, &inventory.field_manager());
            let state = readiness(&written.live);
            if let Some(record) = lock(&self.records).get_mut(&planned.id) {
                record.applied = applied;
                record.digest = digest(&written.sent);
            }
            if !is_judged(self.assess, planned) {
                lock(&self.readiness).insert(planned.id.clone(), state);
            }
            written.outcome
        };
        self.session.tell(Event::Applied {
            id: planned.id.clone(),
            piece: planned.piece.clone(),
            result,
        });
        Ok(())
    }

    /// The empty bundle: everything goes, and with it what was known of it.
    async fn remove_all(&self) -> Result<Applied, ApplyError> {
        let plan = self.plan;
        let mut counts = plan.count();
        if plan.basis.parent_version.is_none() {
            return Ok(Applied {
                revision: None,
                counts,
                left: Vec::new(),
            });
        }
        self.session.tell(Event::Started {
            revision: None,
            objects: plan.removals.len(),
        });
        let left = remove(
            &self.session,
            &plan.basis.inventory,
            &self.discovery,
            &plan.removals,
        )
        .await?;
        let planned_to_go: BTreeSet<&ObjectId> = plan
            .removals
            .iter()
            .filter(|removal| removal.how == How::Delete)
            .map(|removal| &removal.id)
            .collect();
        let stayed = left
            .iter()
            .filter(|left| planned_to_go.contains(&left.id))
            .count();
        counts.delete -= stayed;
        counts.release += stayed;
        // The parent last: as long as it is there, another run can finish this one.
        state::delete_revisions(&self.session, &self.installation, None).await?;
        state::delete_parent(&self.session, &self.installation).await?;
        Ok(Applied {
            revision: None,
            counts,
            left,
        })
    }

    fn recorded(&self) -> Vec<RecordedObject> {
        lock(&self.records).values().cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no holder of this lock panics")
}
