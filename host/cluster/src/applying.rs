//! Carrying out a plan. Owns the order of what is written: the record and the union of old and new inventory before the
//! first object, waves, waiting, removal, then the inventory as it is and the record's end. A run that is cut off anywhere
//! leaves an inventory that names all it may have written, so the next one finishes the job.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use meshhost_core::desired::Belonging;
use meshhost_core::id::ObjectId;
use meshhost_core::inventory::Inventory;
use meshhost_core::object::Object;
use meshhost_core::plan::{Action, How, Phase, Plan};
use meshhost_core::readiness::Readiness;
use meshhost_core::revision::{self, RecordedObject, Revision, RevisionRequest, digest};

use crate::assess::Assess;
use crate::discovery::Discovery;
use crate::event::Event;
use crate::removing::remove;
use crate::session::Session;
use crate::state::{self, Installation};

mod awaited;
mod hooks;
mod told;
mod waves;

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
    /// Whether anything was written.
    begun: AtomicBool,
}

/// Why a plan was not carried out, and whether it was begun.
pub(crate) struct Broken {
    pub(crate) error: ApplyError,
    pub(crate) begun: bool,
}

/// Whether a plan changes nothing that others could see: then no lock is needed.
pub(crate) fn is_idle(plan: &Plan, request: &RevisionRequest, options: &ApplyOptions) -> bool {
    same_request(plan, request).is_some() && !has_work(plan, options)
}

fn same_request<'a>(plan: &'a Plan, request: &RevisionRequest) -> Option<&'a Revision> {
    plan.basis
        .last
        .as_ref()
        .filter(|last| last.outcome == revision::Outcome::Done)
        // A run in between that came to nothing more than its number left an inventory to be shrunk.
        .filter(|last| last.number == plan.basis.inventory.revision)
        .filter(|last| last.request.asks_the_same(request))
}

fn has_work(plan: &Plan, options: &ApplyOptions) -> bool {
    plan.basis.inventory.removing
        || plan
            .objects
            .iter()
            .any(|planned| planned.action != Action::Unchanged)
        || (options.hooks && !plan.hooks.is_empty())
        || (options.prune && !plan.removals.is_empty())
}

/// Carries out a plan.
pub(crate) async fn apply(
    session: Session<'_>,
    discovery: &Discovery,
    plan: &Plan,
    request: RevisionRequest,
    options: ApplyOptions,
    assess: Option<&Arc<dyn Assess>>,
) -> Result<Applied, Broken> {
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
        begun: AtomicBool::new(false),
    };
    let applied = if plan.removes_everything() {
        run.remove_all().await
    } else {
        run.install(request).await
    };
    match applied {
        Ok(applied) => {
            session.tell(Event::Finished);
            Ok(applied)
        }
        Err(error) => Err(Broken {
            error,
            begun: run.begun.load(Ordering::Relaxed),
        }),
    }
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
        if let Some(last) = same_request(plan, &request)
            && !has_work(plan, &self.options)
        {
            let records = self.recorded();
            // Only what proves that nothing has changed is out of date.
            if last.objects != records {
                let refreshed = Revision {
                    objects: records,
                    ..last.clone()
                };
                state::write_revision(&self.session, &self.installation, &refreshed).await?;
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
        // Whatever hook is run, now or at another occasion, is found again.
        for hook in &plan.basis.recorded.bundle.hooks {
            wanted.add(hook.contributed.object.id());
        }
        wanted.revision = plan.revision;
        let mut record = Revision {
            number: plan.revision,
            outcome: revision::Outcome::Pending,
            request,
            restores: plan.restores,
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
        self.begun.store(true, Ordering::Relaxed);
        // The record last: where it is, the objects that it stands for are.
        state::write_objects(session, installation, plan.revision, &plan.basis.recorded).await?;
        state::write_revision(session, installation, &record).await?;

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
        let written = state::write_revision(&ending, installation, &record).await;
        let left = match done {
            Ok(left) => left,
            Err(error) => {
                // Failures must not pile up either; that this one cannot be helped matters less than what has failed.
                let _ = state::forget(&ending, installation, Some(self.options.history)).await;
                return Err(error);
            }
        };
        written?;
        if !self.options.prune {
            for removal in &plan.removals {
                wanted.add(&removal.id);
            }
        }
        state::write_parent(session, installation, &wanted, &writer, Some(&version)).await?;
        state::forget(session, installation, Some(self.options.history)).await?;
        Ok(Applied {
            revision: Some(plan.revision),
            counts,
            left,
        })
    }

    /// The empty bundle: everything goes, and with it what was known of it.
    async fn remove_all(&self) -> Result<Applied, ApplyError> {
        let plan = self.plan;
        let mut counts = plan.count();
        let (session, installation) = (&self.session, &self.installation);
        let Some(version) = &plan.basis.parent_version else {
            // At most the records of a run that was cut off are there.
            state::forget(session, installation, None).await?;
            return Ok(Applied {
                revision: None,
                counts,
                left: Vec::new(),
            });
        };
        self.session.tell(Event::Started {
            revision: None,
            objects: plan.removals.len(),
        });
        if !plan.basis.inventory.removing {
            let mut removing = plan.basis.inventory.clone();
            removing.removing = true;
            let writer = state::Writer::new();
            state::write_parent(session, installation, &removing, &writer, Some(version)).await?;
        }
        self.last_hooks(Phase::BeforeRemoving).await?;
        let left = remove(
            session,
            &plan.basis.inventory,
            &self.discovery,
            &plan.removals,
        )
        .await?;
        self.last_hooks(Phase::AfterRemoving).await?;
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
        state::forget(session, installation, None).await?;
        state::delete_parent(session, installation).await?;
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
