//! `meshhost apply`: render, plan, ask, apply, wait.

use std::sync::Arc;

use meshhost::assessors::Assessors;
use meshhost_cluster::{ApplyOptions, Cluster};
use meshhost_core::installation::PieceSource;
use meshhost_core::plan::Plan;
use meshhost_core::revision::{RecordedPiece, RevisionRequest};
use serde_json::Value;

use crate::cli::args::{Apply, Consent, DryRun, Report};
use crate::cli::fault::{Fault, exit};
use crate::cli::progress::Progress;
use crate::cli::wish::{self, Wish};
use crate::cli::{ask, diff, plan_text, render, report, session};

/// How many removals are named in a question; the plan above it names them all.
const NAMED: usize = 5;

pub(crate) fn run(args: &Apply) -> Result<u8, Fault> {
    // What can be refused without a cluster is refused first.
    let draft = wish::choose(&args.settings, None)?;
    if args.dry_run == Some(DryRun::Client) {
        let facts = meshhost_core::release::facts(meshhost_core::release::NEWEST)
            .map_err(|error| Fault::from_error(&error))?;
        let wish = draft.resolve()?;
        let rendered = wish.render(&facts)?;
        render::tell(&wish, &rendered);
        report::talk(&format!(
            "dry run: {} objects rendered, no cluster was asked",
            rendered.bundle.objects.len()
        ));
        return Ok(exit::DONE);
    }
    session::block_on(on_cluster(args, draft))
}

async fn on_cluster(args: &Apply, mut draft: wish::Draft) -> Result<u8, Fault> {
    let mut cluster = session::connect(&args.cluster).await?;
    let installation = session::installation(&args.cluster, &draft.chosen.installation);
    let last = session::last_revision(&cluster, &installation).await?;
    if args.keep_settings {
        draft = wish::choose(&args.settings, last.as_ref().map(session::kept))?;
    }
    let wish = draft.resolve()?;
    let judges = Assessors::new(wish.taking_part().map(|(_, piece)| piece));
    cluster.assess_with(Arc::new(judges));
    let facts = cluster
        .facts()
        .await
        .map_err(|error| Fault::from_error(&error))?;
    let rendered = wish.render(&facts)?;
    render::tell(&wish, &rendered);
    let options = session::plan_options(&args.ownership, wish.fields.clone());
    let plan = cluster
        .plan(
            &rendered.bundle.with_restarts().with_versioned_names(),
            &installation,
            &options,
        )
        .await
        .map_err(|error| Fault::from_error(&error))?;
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
    let applied = work_off(args, &cluster, &installation.name, plan, request(&wish)).await?;
    if args.output == Report::Text {
        for (piece, note) in &rendered.notes {
            report::data(&format!("{piece}: {note}\n"));
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
        report::talk(&plan_text::counts(&plan.count()));
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
            plural(plan.removals.len(), "object"),
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
                done(&applied.counts)
            ),
        });
    }
    Ok(exit::DONE)
}

fn done(counts: &meshhost_core::plan::Counts) -> String {
    plan_text::counts(counts)
        .replace("to create", "created")
        .replace("to adopt", "adopted")
        .replace("to change", "changed")
        .replace("to delete and create again", "replaced")
        .replace("to delete", "deleted")
        .replace("to release", "released")
}

/// What the revision remembers of this apply.
fn request(wish: &Wish) -> RevisionRequest {
    RevisionRequest {
        tool: concat!("meshhost ", env!("CARGO_PKG_VERSION")).to_owned(),
        at: jiff::Timestamp::now().to_string(),
        by: std::env::var("USER").unwrap_or_default(),
        settings: Value::Array(wish.given.clone()),
        pieces: wish
            .taking_part()
            .map(|(settings, piece)| RecordedPiece {
                name: settings.name.clone(),
                version: piece.card().version.clone(),
                digest: piece.digest().to_owned(),
                source: source(&settings.source),
            })
            .collect(),
    }
}

fn source(source: &PieceSource) -> String {
    match source {
        PieceSource::Builtin(_) => "built-in".to_owned(),
        PieceSource::File(path) => path.clone(),
        PieceSource::Oci(reference) => reference.clone(),
    }
}

fn plural(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}
