//! `meshhost apply`: render, plan, ask, apply, wait.

use std::sync::Arc;

use meshhost::assessors::Assessors;
use meshhost_cluster::{ApplyOptions, Cluster};
use meshhost_core::plan::Plan;
use meshhost_core::problem::count;
use meshhost_core::provenance;
use meshhost_core::revision::RevisionRequest;
use serde_json::Value;

use crate::cli::args::{Apply, Consent, DryRun, Report, Wanted};
use crate::cli::fault::{Fault, exit};
use crate::cli::plan_text::Tense;
use crate::cli::progress::Progress;
use crate::cli::wish::{Typed, Wish};
use crate::cli::{approval, ask, causes, diff, plan_text, render, report, session};

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
    let wish = match asked {
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
    let mut rendered = wish.render(&facts)?;
    render::tell(&wish, &rendered);
    let settings = &args.wanted.settings;
    match args.dry_run {
        None => approval::require(&wish, &rendered, settings)?,
        Some(_) => approval::tell(&wish, &rendered, settings)?,
    }
    let pieces = wish.recorded();
    let digest = provenance::digest(&rendered.bundle, &pieces);
    if args.provenance.is_some() {
        rendered.bundle = provenance::annotated(rendered.bundle, &pieces);
    }
    let options = session::plan_options(&args.wanted.ownership, wish.fields.clone());
    let wanted = rendered.bundle.with_restarts().with_versioned_names();
    let mut plan = cluster
        .plan(&wanted, &installation, &options)
        .await
        .map_err(|error| Fault::from_error(&error))?;
    if !args.consent.yes || args.dry_run.is_some() {
        causes::explain(&mut plan, &wish, &wanted, &facts);
    }
    if args.dry_run == Some(DryRun::Server) || !plan.refusals.is_empty() {
        diff::show(&plan, args.output)?;
        return Ok(if plan.refusals.is_empty() {
            exit::DONE
        } else {
            exit::FAILED
        });
    }
    if !plan.is_empty() && !agreed(args, &plan)? {
        report::talk("nothing was changed");
        return Ok(exit::FAILED);
    }
    let request = session::request(Value::Array(wish.given.clone()), pieces, digest);
    let applied = work_off(args, &cluster, &installation.name, plan, request).await?;
    if args.output == Report::Text {
        for (piece, note) in &rendered.notes {
            report::text(&format!("{piece}: {note}\n"));
        }
    }
    Ok(applied)
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

async fn work_off(
    args: &Apply,
    cluster: &Cluster,
    name: &str,
    plan: Plan,
    request: RevisionRequest,
) -> Result<u8, Fault> {
    // Whoever did not agree to removals has not come here.
    let prune = !plan.removals.is_empty();
    let progress = Progress::new(args.output);
    let options = ApplyOptions {
        timeout: args.patience.timeout,
        wait: !args.no_wait,
        prune,
        ..ApplyOptions::default()
    };
    let applied = cluster
        .apply(plan, request, &options, &|event| progress.event(&event))
        .await;
    progress.clear();
    let applied = applied.map_err(|error| Fault::from_error(&error))?;
    if args.output == Report::Text {
        report::talk(&match applied.revision {
            None => format!("installation {name}: nothing changed"),
            Some(revision) => format!(
                "installation {name}: revision {revision} applied ({})",
                plan_text::counts(&applied.counts, Tense::Done)
            ),
        });
    }
    Ok(exit::DONE)
}
