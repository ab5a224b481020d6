//! `meshhost uninstall`: the empty bundle, applied.

use meshhost_cluster::{ApplyOptions, PlanOptions};
use meshhost_core::bundle::Bundle;
use meshhost_core::problem::count;
use serde_json::Value;

use crate::cli::args::{Installed, Report, Uninstall};
use crate::cli::fault::{Fault, exit};
use crate::cli::plan_text::Tense;
use crate::cli::{apply, ask, plan_text, report, session};

pub(crate) async fn run(args: &Uninstall) -> Result<u8, Fault> {
    let Installed {
        cluster,
        name,
        output,
    } = &args.installed;
    let installation = session::installation(cluster, name);
    let cluster = session::connect(cluster).await?;
    let plan = cluster
        .plan(&Bundle::default(), &installation, &PlanOptions::default())
        .await
        .map_err(|error| Fault::from_error(&error))?;
    // What is not there can still have the lock of a run that was cut off.
    let installed = plan.is_installed();
    if installed && !args.consent.yes {
        report::talk(plan_text::plan(&plan).trim_end());
        report::talk(&plan_text::counts(&plan.count(), Tense::Planned));
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
    let options = ApplyOptions {
        timeout: args.patience.timeout,
        prune: true,
        hooks: !args.hooks.no_hooks,
        lock: apply::lock(&args.lock),
        ..ApplyOptions::default()
    };
    let request = session::request(Value::Null, Vec::new(), String::new());
    let applied = apply::watched(&cluster, name, plan, request, &options, *output)
        .await
        .map_err(|error| Fault::from_error(&error))?;
    if *output == Report::Text && !installed {
        report::talk(&format!("installation {name} is not on this cluster"));
    } else if *output == Report::Text {
        report::talk(&format!(
            "installation {name}: uninstalled, {} deleted",
            count(applied.counts.delete, "object")
        ));
        for left in &applied.left {
            report::talk(&format!("left: {}: {}", left.id, left.why));
        }
    }
    Ok(exit::DONE)
}
