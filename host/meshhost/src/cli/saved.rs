//! `meshhost apply PLAN`: a plan from a file, done exactly or refused.

use std::path::Path;

use meshhost_cluster::{Installation, PlanOptions};
use meshhost_core::plan::{Moved, Outline};

use crate::cli::apply::{self, Work, work_off};
use crate::cli::args::{Apply, Report};
use crate::cli::fault::{Fault, exit};
use crate::cli::{approval, consent, plan_file, report, session};

/// `apply`, with a plan or with settings.
pub(crate) fn run(args: &Apply) -> Result<u8, Fault> {
    match &args.plan {
        Some(path) => session::block_on(from_file(args, path)),
        None => apply::run(args),
    }
}

async fn from_file(args: &Apply, path: &Path) -> Result<u8, Fault> {
    // What can be refused without a cluster is refused first.
    let file = plan_file::read(path)?;
    approval::still(path, &file, args.wanted.settings.lock_file.as_deref())?;
    let cluster = session::connect(&args.wanted.cluster).await?;
    let here = cluster
        .identity()
        .await
        .map_err(|error| Fault::from_error(&error))?;
    if !file.cluster.is_same(&here) {
        return Err(Fault::failed(
            format!(
                "{}: this plan was made for the cluster at {}, and the one at {} is another",
                path.display(),
                file.cluster.server,
                here.server
            ),
            "choose its cluster with --context, or make a plan for this one with `meshhost diff --out`",
        ));
    }
    let installation = Installation {
        name: file.installation.clone(),
        state_namespace: file.state_namespace.clone(),
    };
    let Some(adopt) = session::adopt(&file.adopt) else {
        return Err(Fault::usage(
            format!("{}: adopt: {} is not known", path.display(), file.adopt),
            "make the plan anew with `meshhost diff --out`",
        ));
    };
    let options = PlanOptions {
        force_conflicts: file.force_conflicts,
        fields: file.recorded.fields,
        replace: file.replace,
        adopt,
        pieces: file.pieces.clone(),
        once: file.recorded.once,
        ..PlanOptions::default()
    };
    let plan = cluster
        .plan(&file.recorded.bundle, &installation, &options)
        .await
        .map_err(|error| Fault::from_error(&error))?;
    // What is refused now was not when the plan was made, and is in no plan: the refusal says what has moved.
    let refused: Vec<String> = plan.refusals.iter().map(ToString::to_string).collect();
    let moved = file.outline.moved(&Outline::of(&plan));
    let moved: Vec<String> = moved
        .iter()
        .filter(|moved| refused.is_empty() || !matches!(moved, Moved::Gone { .. }))
        .map(ToString::to_string)
        .chain(refused.iter().cloned())
        .collect();
    if !moved.is_empty() {
        let reasons: String = moved.iter().map(|moved| format!("\n  {moved}")).collect();
        return Err(Fault::failed(
            format!(
                "{}: the cluster has moved since this plan was made at {}, so nothing was changed:{reasons}",
                path.display(),
                file.at
            ),
            "look at what would happen now with `meshhost diff --out`, and apply that",
        ));
    }
    if !consent::given(&plan, &args.consent, args.output, "Apply?")? {
        return Ok(exit::FAILED);
    }
    let request = session::request(file.settings, file.pieces, file.digest);
    let code = work_off(&Work::of(args), &cluster, &installation.name, plan, request).await?;
    if args.output == Report::Text {
        for (piece, note) in &file.notes {
            report::data(&format!("{piece}: {note}\n"));
        }
    }
    Ok(code)
}
