//! A whole run under the lock of its installation: carrying out a plan, and taking it back when it fails and that was asked
//! for. Owns that nothing is written without the lock; must not know how anything is written.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use meshhost_core::plan::{Action, Plan};
use meshhost_core::recorded::Recorded;
use meshhost_core::replace::Replace;
use meshhost_core::revision::{Revision, RevisionRequest};
use tokio::time::Instant;

use crate::applying::{self, Applied, ApplyError, ApplyOptions, Broken};
use crate::assess::Assess;
use crate::connect::Connection;
use crate::discovery::Discovery;
use crate::event::{Event, Listener};
use crate::lease;
use crate::planning::{self, PlanOptions};
use crate::session::Session;
use crate::state::{self, Installation, StateError};

/// How long requests about the lock may take beside waiting for it.
const LOCKING: Duration = Duration::from_secs(60);

/// What is to be done, and where.
pub(crate) struct Run<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) discovery: &'a Discovery,
    pub(crate) plan: &'a Plan,
    pub(crate) request: RevisionRequest,
    pub(crate) options: ApplyOptions,
    pub(crate) listener: Listener<'a>,
    pub(crate) assess: Option<&'a Arc<dyn Assess>>,
}

/// Carries out a plan; alone, and until `stop` ends.
pub(crate) async fn run(
    run: Run<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Applied, ApplyError> {
    let Run {
        connection,
        discovery,
        plan,
        request,
        options,
        listener,
        assess,
    } = run;
    if !plan.refusals.is_empty() {
        return Err(ApplyError::PlanRefused(plan.refusals.clone()));
    }
    let installation = &Installation {
        name: plan.basis.inventory.installation.clone(),
        state_namespace: plan.basis.inventory.namespace.clone(),
    };
    let free = |time: Duration| Session {
        connection,
        deadline: Instant::now() + time,
        listener,
        hold: None,
    };
    let mut stop = pin!(stop);
    // An installation that is not there can still have the lock of a run that was cut off.
    let nothing_there = plan.removes_everything()
        && plan.basis.parent_version.is_none()
        && lease::held_by(&free(LOCKING), installation)
            .await?
            .is_none();
    if nothing_there || applying::is_idle(plan, &request, &options) {
        let session = free(options.timeout);
        let applying = applying::apply(session, discovery, plan, request, options, assess);
        return tokio::select! {
            done = applying => done.map_err(|broken| broken.error),
            () = &mut stop => Err(ApplyError::Stopped),
        };
    }
    let patience = options.lock.wait + options.lock.lasts * 2 + LOCKING;
    let waiting = free(patience);
    let lease = tokio::select! {
        lease = lease::take(&waiting, installation, &request.by, options.lock) => lease?,
        () = &mut stop => return Err(ApplyError::Stopped),
    };
    if lease.after_another() {
        lease.give_back(&free(LOCKING)).await;
        return Err(ApplyError::State(StateError::Moved {
            installation: installation.name.clone(),
        }));
    }
    let session = Session {
        hold: Some(lease.hold()),
        ..free(options.timeout)
    };
    let keeping = free(options.timeout);
    let done = tokio::select! {
        lost = lease.keep(&keeping) => Err(ApplyError::Lock(lost)),
        done = work(session, discovery, plan, request, options, assess) => done,
        () = &mut stop => Err(ApplyError::Stopped),
    };
    lease.give_back(&free(LOCKING)).await;
    done
}

async fn work(
    session: Session<'_>,
    discovery: &Discovery,
    plan: &Plan,
    request: RevisionRequest,
    options: ApplyOptions,
    assess: Option<&Arc<dyn Assess>>,
) -> Result<Applied, ApplyError> {
    let again = request.clone();
    match applying::apply(session, discovery, plan, request, options, assess).await {
        Ok(applied) => Ok(applied),
        Err(Broken { error, begun: true }) if options.atomic => {
            Err(take_back(session, plan, again, options, assess, error).await)
        }
        Err(broken) => Err(broken.error),
    }
}

/// Takes back what a run has done that failed; gives the error that tells of both.
async fn take_back(
    session: Session<'_>,
    plan: &Plan,
    request: RevisionRequest,
    options: ApplyOptions,
    assess: Option<&Arc<dyn Assess>>,
    cause: ApplyError,
) -> ApplyError {
    let session = Session {
        // The time of the run may be over.
        deadline: Instant::now() + options.timeout,
        ..session
    };
    let installation = Installation {
        name: plan.basis.inventory.installation.clone(),
        state_namespace: plan.basis.inventory.namespace.clone(),
    };
    let cause = Box::new(cause);
    let good = match last_good(&session, &installation, plan.revision).await {
        Ok(good) => good,
        Err(failure) => {
            return ApplyError::NotRolledBack {
                cause,
                to: None,
                failure,
            };
        }
    };
    let to = good.as_ref().map(|(revision, _)| revision.number);
    session.tell(Event::RollingBack {
        why: cause.to_string(),
        to,
    });
    let request = Way {
        request,
        options,
        assess,
    };
    match bring_back(&session, plan, &installation, good, request).await {
        Ok(applied) => ApplyError::RolledBack {
            cause,
            to,
            revision: applied.revision,
        },
        Err(failure) => ApplyError::NotRolledBack { cause, to, failure },
    }
}

/// The latest revision before this one that ended well, with its objects.
async fn last_good(
    session: &Session<'_>,
    installation: &Installation,
    before: u64,
) -> Result<Option<(Revision, Recorded)>, String> {
    let told = |error: state::StateError| error.to_string();
    let recorded = state::recorded(session, installation).await.map_err(told)?;
    let good = recorded
        .range(..before)
        .rev()
        .find(|(_, good)| **good)
        .map(|(number, _)| *number);
    let Some(number) = good else {
        return Ok(None);
    };
    let revision = state::revision(session, installation, number)
        .await
        .map_err(told)?;
    let objects = state::objects(session, installation, number)
        .await
        .map_err(told)?;
    match (revision, objects) {
        (Some(revision), Some(objects)) => Ok(Some((revision, objects))),
        _ => Err(format!(
            "the objects of revision {number} were not recorded"
        )),
    }
}

/// How what failed was to be done, and is taken back.
struct Way<'a> {
    request: RevisionRequest,
    options: ApplyOptions,
    assess: Option<&'a Arc<dyn Assess>>,
}

async fn bring_back(
    session: &Session<'_>,
    failed: &Plan,
    installation: &Installation,
    good: Option<(Revision, Recorded)>,
    way: Way<'_>,
) -> Result<Applied, String> {
    // Kinds may have come and gone.
    let discovery = Discovery::read(session)
        .await
        .map_err(|error| error.to_string())?;
    let (revision, recorded) = good.unzip();
    let recorded = recorded.unwrap_or_default();
    let replaced = failed
        .objects
        .iter()
        .filter(|planned| matches!(planned.action, Action::Replace { .. }));
    let plan_options = PlanOptions {
        force_conflicts: failed
            .objects
            .iter()
            .any(|planned| !planned.takes.is_empty()),
        fields: recorded.fields,
        // What could not be changed without being made anew cannot be changed back otherwise either.
        replace: Replace {
            harmless: true,
            named: replaced.map(|planned| planned.id.to_string()).collect(),
        },
        pieces: revision
            .as_ref()
            .map(|revision| revision.request.pieces.clone())
            .unwrap_or_default(),
        once: recorded.once,
        restores: revision.as_ref().map(|revision| revision.number),
        ..PlanOptions::default()
    };
    let bundle = recorded.bundle;
    let plan = planning::plan(*session, &discovery, &bundle, installation, &plan_options)
        .await
        .map_err(|error| error.to_string())?;
    if !plan.refusals.is_empty() {
        return Err(ApplyError::PlanRefused(plan.refusals).to_string());
    }
    let mut request = way.request;
    if let Some(revision) = revision {
        request.settings = revision.request.settings;
        request.pieces = revision.request.pieces;
        request.bundle = revision.request.bundle;
    }
    let options = ApplyOptions {
        prune: true,
        atomic: false,
        ..way.options
    };
    applying::apply(*session, &discovery, &plan, request, options, way.assess)
        .await
        .map_err(|broken| broken.error.to_string())
}
