//! `meshhost diff`: what `apply` would change.

use meshhost_core::plan::Plan;

use crate::cli::args::{Diff, Report};
use crate::cli::fault::{Fault, exit};
use crate::cli::{plan_text, render, report, session, wish};

pub(crate) async fn run(args: &Diff) -> Result<u8, Fault> {
    // What can be refused without a cluster is refused first.
    let mut draft = wish::choose(&args.settings, None)?;
    let cluster = session::connect(&args.cluster).await?;
    let installation = session::installation(&args.cluster, &draft.chosen.installation);
    if args.keep_settings {
        let last = session::last_revision(&cluster, &installation).await?;
        draft = wish::choose(&args.settings, last.as_ref().map(session::kept))?;
    }
    let wish = draft.resolve()?;
    let facts = cluster
        .facts()
        .await
        .map_err(|error| Fault::from_error(&error))?;
    let rendered = wish.render(&facts)?;
    render::tell(&wish, &rendered);
    let plan = cluster
        .plan(
            &rendered.bundle.with_restarts().with_versioned_names(),
            &installation,
            &session::plan_options(&args.ownership, wish.fields.clone()),
        )
        .await
        .map_err(|error| Fault::from_error(&error))?;
    show(&plan, args.output)?;
    Ok(if !plan.refusals.is_empty() {
        exit::DIFF_FAILED
    } else if plan.is_empty() {
        exit::DONE
    } else {
        exit::CHANGES
    })
}

/// The plan on stdout, why it cannot be applied on stderr.
pub(crate) fn show(plan: &Plan, output: Report) -> Result<(), Fault> {
    match output {
        Report::Text => {
            report::data(&plan_text::plan(plan));
            report::talk(&plan_text::counts(&plan.count()));
        }
        Report::Json => {
            let text =
                serde_json::to_string_pretty(plan).map_err(|error| Fault::from_error(&error))?;
            report::data(&format!("{text}\n"));
        }
    }
    for warning in &plan.warnings {
        let about = warning
            .id
            .as_ref()
            .map(|id| format!("{id}: "))
            .unwrap_or_default();
        report::talk(&format!(
            "warning: {about}the API server says: {}",
            warning.text
        ));
    }
    for refusal in &plan.refusals {
        report::talk(&format!("error: {refusal}"));
    }
    Ok(())
}
