//! `meshhost uninstall`: the empty bundle, applied.

use meshhost_cluster::{ApplyOptions, PlanOptions};
use meshhost_core::bundle::Bundle;
use meshhost_core::revision::RevisionRequest;
use serde_json::Value;

use crate::cli::args::{Report, Uninstall};
use crate::cli::fault::{Fault, exit};
use crate::cli::progress::Progress;
use crate::cli::{ask, plan_text, report, session};

pub(crate) async fn run(args: &Uninstall) -> Result<u8, Fault> {
    let cluster = session::connect(&args.cluster).await?;
    let installation = session::installation(&args.cluster, &args.name);
    let failed = |error: &(dyn std::error::Error + 'static)| Fault::from_error(error);
    let Some(_) = cluster
        .status(&installation)
        .await
        .map_err(|error| failed(&error))?
    else {
        report::talk(&format!(
            "installation {} is not on this cluster",
            args.name
        ));
        return Ok(exit::DONE);
    };
    let plan = cluster
        .plan(&Bundle::default(), &installation, &PlanOptions::default())
        .await
        .map_err(|error| failed(&error))?;
    if !args.consent.yes {
        report::talk(plan_text::plan(&plan).trim_end());
        report::talk(&plan_text::counts(&plan.count()));
        if !ask::possible() {
            return Err(Fault::failed(
                "there is no terminal to ask on, so nothing was removed",
                "say `--yes` to agree to the plan",
            ));
        }
        if !ask::yes("Remove all of this?") {
            report::talk("nothing was changed");
            return Ok(exit::FAILED);
        }
    }
    let progress = Progress::new(args.output);
    let options = ApplyOptions {
        timeout: args.patience.timeout,
        prune: true,
        ..ApplyOptions::default()
    };
    let request = RevisionRequest {
        tool: concat!("meshhost ", env!("CARGO_PKG_VERSION")).to_owned(),
        at: jiff::Timestamp::now().to_string(),
        by: std::env::var("USER").unwrap_or_default(),
        settings: Value::Null,
        pieces: Vec::new(),
    };
    let applied = cluster
        .apply(plan, request, &options, &|event| progress.event(&event))
        .await;
    progress.clear();
    let applied = applied.map_err(|error| failed(&error))?;
    if args.output == Report::Text {
        report::talk(&format!(
            "installation {}: uninstalled, {} objects deleted",
            args.name, applied.counts.delete
        ));
        for left in &applied.left {
            report::talk(&format!("left: {}: {}", left.id, left.why));
        }
    }
    Ok(exit::DONE)
}
