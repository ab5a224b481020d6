//! `meshhost apply`: render, plan, ask, apply, wait.

use std::sync::Arc;
use std::time::Duration;

use meshhost::assessors::Assessors;
use meshhost_cluster::{Applied, ApplyError, ApplyOptions, Cluster, LockOptions, StateError};
use meshhost_core::plan::Plan;
use meshhost_core::problem::count;
use meshhost_core::provenance;
use meshhost_core::revision::RevisionRequest;
use serde_json::Value;

use crate::cli::args::{Apply, Consent, DryRun, Keep, Lock, Report, Wanted};
use crate::cli::fault::{Fault, exit};
use crate::cli::plan_text::Tense;
use crate::cli::progress::Progress;
use crate::cli::wish::{Typed, Wish};
use crate::cli::{approval, ask, causes, diff, past, plan_text, render, report, session};

/// How many removals are named in a question; the plan above it names them all.
const NAMED: usize = 5;

pub(crate) fn run(args: &Apply) -> Result<u8, Fault> {
    let Wanted {
        settings,
        keep_settings,
        ..
    } = &args.wanted;
    let client = args.dry_run == Some(DryRun::Client);
    if client && *keep_settings {
        return Err(Fault::usage(
            "--keep-settings needs the cluster, and --dry-run client does not ask it",
            "say `--dry-run server`, or leave one of the two out",
        ));
    }
    // What can be refused without a cluster is refused first.
    let typed = Typed::read(settings, *keep_settings)?;
    if client {
        let facts = meshhost_core::release::facts(meshhost_core::release::NEWEST)
            .map_err(|error| Fault::from_error(&error))?;
        let wish = typed.over(|| None)?.resolve()?;
        let rendered = wish.render(&facts)?;
        render::tell(&wish, &rendered);
        render::tell_once(&rendered);
        approval::tell(&wish, &rendered, settings)?;
        report::talk(&format!(
            "dry run: {} rendered, no cluster was asked",
            count(rendered.bundle.objects.len(), "object")
        ));
        return Ok(exit::DONE);
    }
    let name = typed.installation().to_owned();
    let asked = match typed {
        Typed::Whole(draft) => {
            let wish = draft.resolve()?;
            if args.dry_run.is_none() {
                approval::refuse_early(&wish, settings)?;
            }
            Asked::Whole(Box::new(wish))
        }
        over @ Typed::Over(_) => Asked::Over(over),
    };
    session::block_on(on_cluster(args, &name, asked))
}

/// What is asked for, as far as it is known without the cluster.
enum Asked {
    Whole(Box<Wish>),
    Over(Typed),
}

async fn on_cluster(args: &Apply, name: &str, asked: Asked) -> Result<u8, Fault> {
    let installation = session::installation(&args.wanted.cluster, name);
    let mut cluster = session::connect(&args.wanted.cluster).await?;
    let mut wish = match asked {
        Asked::Whole(wish) => *wish,
        Asked::Over(typed) => {
            let last = session::last_revision(&cluster, &installation).await?;
            typed.over(|| last.as_ref().map(session::kept))?.resolve()?
        }
    };
    let judges = Assessors::new(wish.pieces());
    cluster.assess_with(Arc::new(judges));
    let facts = cluster
        .facts()
        .await
        .map_err(|error| Fault::from_error(&error))?;
    let regenerate = &args.wanted.regenerate;
    let mut rendered = past::render(&cluster, &installation, &mut wish, &facts, regenerate).await?;
    render::tell(&wish, &rendered);
    let settings = &args.wanted.settings;
    match args.dry_run {
        None => approval::require(&wish, &rendered, settings)?,
        Some(_) => approval::tell(&wish, &rendered, settings)?,
    }
    let pieces = wish.recorded();
    let digest = provenance::digest(&rendered.bundle, &pieces);
    let annotated = args.wanted.provenance.is_some();
    if annotated {
        rendered.bundle = provenance::annotated(rendered.bundle, &pieces);
    }
    let mut options =
        session::plan_options(&args.wanted.ownership, wish.fields.clone(), pieces.clone());
    options.once = wish.used_once(&rendered);
    let wanted = rendered.bundle.with_restarts().with_versioned_names();
    let mut plan = cluster
        .plan(&wanted, &installation, &options)
        .await
        .map_err(|error| Fault::from_error(&error))?;
    if !args.consent.yes || args.dry_run.is_some() {
        causes::explain(&mut plan, &wish, &wanted, annotated, &facts);
    }
    if args.dry_run == Some(DryRun::Server) || !plan.refusals.is_empty() {
        diff::show(&plan, args.output)?;
        return Ok(if plan.refusals.is_empty() {
            exit::DONE
        } else {
            exit::FAILED
        });
    }
    let code = loop {
        if !plan.is_empty() && !agreed(args, &plan)? {
            report::talk("nothing was changed");
            return Ok(exit::FAILED);
        }
        let given = Value::Array(wish.given.clone());
        let request = session::request(given, pieces.clone(), digest.clone());
        match work_off(&Work::of(args), &cluster, &installation.name, plan, request).await {
            Ok(code) => break code,
            // Whoever waits for another run wants to come after it.
            Err(Unfinished::Moved(_)) if args.lock.wait_for_lock.is_some() => {
                report::talk("another run has changed the installation meanwhile: planning anew");
                plan = cluster
                    .plan(&wanted, &installation, &options)
                    .await
                    .map_err(|error| Fault::from_error(&error))?;
                if !plan.refusals.is_empty() {
                    diff::show(&plan, args.output)?;
                    return Ok(exit::FAILED);
                }
            }
            Err(unfinished) => return Err(unfinished.into()),
        }
    };
    if args.output == Report::Text {
        for (piece, note) in &rendered.notes {
            report::text(&format!("{piece}: {note}\n"));
        }
    }
    Ok(code)
}

/// Whether the person agrees to the plan, and to what it takes away.
fn agreed(args: &Apply, plan: &Plan) -> Result<bool, Fault> {
    let asked = ask::possible();
    let Consent { yes } = args.consent;
    let silent = yes && (plan.removals.is_empty() || args.prune);
    if silent {
        return Ok(true);
    }
    if args.output == Report::Text {
        report::talk(plan_text::plan(plan).trim_end());
        report::talk(&plan_text::counts(&plan.count(), Tense::Planned));
    }
    if !plan.removals.is_empty() && !args.prune {
        let going: Vec<String> = plan
            .removals
            .iter()
            .take(NAMED)
            .map(|removal| removal.id.to_string())
            .collect();
        let more = match plan.removals.len() - going.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!(
            "{} would be taken away, because these settings do not ask for them any more: {}{more}",
            count(plan.removals.len(), "object"),
            going.join(", ")
        );
        if !asked {
            return Err(Fault::failed(
                message,
                "say `--keep-settings` to lay these settings over those of the last revision, or `--prune` to agree to the removal",
            ));
        }
        report::talk(&message);
        report::talk(
            "(`--keep-settings` lays these settings over those of the last revision instead)",
        );
        return Ok(ask::yes("Take them away and apply the rest?"));
    }
    if !asked {
        return Err(Fault::failed(
            "there is no terminal to ask on, so nothing was changed",
            "say `--yes` to agree to the plan",
        ));
    }
    Ok(ask::yes("Apply?"))
}

/// How a plan is worked off.
pub(crate) struct Work<'a> {
    pub(crate) output: Report,
    pub(crate) timeout: Duration,
    pub(crate) wait: bool,
    pub(crate) atomic: bool,
    pub(crate) hooks: bool,
    pub(crate) keep: &'a Keep,
    pub(crate) lock: &'a Lock,
}

impl<'a> Work<'a> {
    pub(crate) fn of(args: &'a Apply) -> Self {
        Self {
            output: args.output,
            timeout: args.patience.timeout,
            wait: !args.no_wait,
            atomic: args.atomic,
            hooks: !args.hooks.no_hooks,
            keep: &args.keep,
            lock: &args.lock,
        }
    }
}

/// Why a plan was not worked off.
pub(crate) enum Unfinished {
    /// Another run came in between: nothing was done, and a new plan is needed.
    Moved(Fault),
    /// Anything else.
    Failed(Fault),
}

impl From<Unfinished> for Fault {
    fn from(unfinished: Unfinished) -> Self {
        match unfinished {
            Unfinished::Moved(fault) | Unfinished::Failed(fault) => fault,
        }
    }
}

/// Works off a plan that was agreed to, and tells what comes of it.
pub(crate) async fn work_off(
    work: &Work<'_>,
    cluster: &Cluster,
    name: &str,
    plan: Plan,
    request: RevisionRequest,
) -> Result<u8, Unfinished> {
    // Whoever did not agree to removals has not come here.
    let prune = !plan.removals.is_empty();
    let restores = plan.restores;
    let options = ApplyOptions {
        timeout: work.timeout,
        wait: work.wait,
        prune,
        history: work.keep.history_max,
        atomic: work.atomic,
        hooks: work.hooks,
        lock: lock(work.lock),
        ..ApplyOptions::default()
    };
    let applied = watched(cluster, name, plan, request, &options, work.output).await;
    let applied = applied.map_err(|error| {
        let fault = Fault::from_error(&error);
        match error {
            ApplyError::State(StateError::Moved { .. }) => Unfinished::Moved(fault),
            _ => Unfinished::Failed(fault),
        }
    })?;
    if work.output == Report::Text {
        let counts = plan_text::counts(&applied.counts, Tense::Done);
        report::talk(&match (applied.revision, restores) {
            (None, _) => format!("installation {name}: nothing changed"),
            (Some(revision), None) => {
                format!("installation {name}: revision {revision} applied ({counts})")
            }
            (Some(revision), Some(number)) => format!(
                "installation {name}: rolled back to revision {number}, as revision {revision} ({counts})"
            ),
        });
        for left in &applied.left {
            report::talk(&format!("left: {}: {}", left.id, left.why));
        }
    }
    Ok(exit::DONE)
}

/// Carries out a plan until it is done or the person asks to stop, and shows what happens meanwhile.
pub(crate) async fn watched(
    cluster: &Cluster,
    name: &str,
    plan: Plan,
    request: RevisionRequest,
    options: &ApplyOptions,
    output: Report,
) -> Result<Applied, ApplyError> {
    let progress = Progress::new(output);
    let stop = session::asked_to_stop();
    let applied = cluster
        .apply_until(stop, plan, request, options, &|event| {
            progress.event(&event);
        })
        .await;
    progress.clear();
    progress.result(name, &applied);
    applied
}

/// How the lock is taken, as the flags say.
pub(crate) fn lock(args: &Lock) -> LockOptions {
    LockOptions {
        wait: args.wait_for_lock.unwrap_or_default(),
        lasts: args.lock_lease,
    }
}
