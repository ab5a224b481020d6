//! `meshhost diff`: what `apply` would change.

use meshhost_core::installation::API_VERSION;
use meshhost_core::plan::{Outline, Plan};
use meshhost_core::plan_file::PlanFile;
use meshhost_core::provenance;
use meshhost_core::recorded::Recorded;
use serde_json::{Value, json};

use crate::cli::args::{Diff, Report, Wanted};
use crate::cli::fault::{Fault, exit};
use crate::cli::plan_text::Tense;
use crate::cli::wish::Typed;
use crate::cli::{approval, causes, past, plan_file, plan_text, render, report, session};

pub(crate) async fn run(args: &Diff) -> Result<u8, Fault> {
    let Wanted {
        settings,
        cluster,
        keep_settings,
        ownership,
        regenerate,
        provenance: annotated,
    } = &args.wanted;
    let annotated = annotated.is_some();
    // What can be refused without a cluster is refused first.
    let typed = Typed::read(settings, *keep_settings)?;
    let installation = session::installation(cluster, typed.installation());
    let cluster = session::connect(cluster).await?;
    let last = match keep_settings {
        true => session::last_revision(&cluster, &installation).await?,
        false => None,
    };
    let mut wish = typed.over(|| last.as_ref().map(session::kept))?.resolve()?;
    let facts = cluster
        .facts()
        .await
        .map_err(|error| Fault::from_error(&error))?;
    let mut rendered = past::render(&cluster, &installation, &mut wish, &facts, regenerate).await?;
    render::tell(&wish, &rendered);
    approval::tell(&wish, &rendered, settings)?;
    let pieces = wish.recorded();
    let mut options = session::plan_options(ownership, wish.fields.clone(), pieces.clone());
    options.once = wish.used_once(&rendered);
    let digest = provenance::digest(&rendered.bundle, &pieces);
    let uses = approval::used(&wish, &rendered);
    if annotated {
        rendered.bundle = provenance::annotated(rendered.bundle, &pieces);
    }
    let wanted = rendered.bundle.with_restarts().with_versioned_names();
    let mut plan = cluster
        .plan(&wanted, &installation, &options)
        .await
        .map_err(|error| Fault::from_error(&error))?;
    causes::explain(&mut plan, &wish, &wanted, annotated, &facts);
    show(&plan, args.output)?;
    if let Some(out) = &args.out {
        if !plan.refusals.is_empty() {
            report::talk(&format!(
                "{} is not written: the plan cannot be applied",
                out.display()
            ));
            return Ok(exit::DIFF_FAILED);
        }
        let request = session::request(Value::Array(wish.given.clone()), pieces, digest);
        let file = PlanFile {
            tool: request.tool,
            at: request.at,
            cluster: cluster
                .identity()
                .await
                .map_err(|error| Fault::from_error(&error))?,
            installation: installation.name,
            state_namespace: installation.state_namespace,
            settings: request.settings,
            pieces: request.pieces,
            lock_file: wish.lock_file.display().to_string(),
            uses,
            digest: request.bundle,
            force_conflicts: options.force_conflicts,
            replace: options.replace,
            adopt: session::word(options.adopt).to_owned(),
            notes: rendered.notes,
            recorded: Recorded {
                bundle: wanted,
                fields: options.fields,
                once: options.once,
            },
            outline: Outline::of(&plan),
        };
        plan_file::write(out, &file)?;
    }
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
            report::text(&plan_text::plan(plan));
            report::talk(&plan_text::counts(&plan.count(), Tense::Planned));
        }
        Report::Json => {
            let mut data = json!({
                "apiVersion": API_VERSION,
                "kind": "Plan",
                "counts": plan.count(),
            });
            let plan = serde_json::to_value(plan).map_err(|error| Fault::from_error(&error))?;
            if let (Some(data), Value::Object(plan)) = (data.as_object_mut(), plan) {
                data.extend(plan);
            }
            report::data(&format!("{data:#}\n"));
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
