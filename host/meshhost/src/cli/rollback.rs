//! `meshhost rollback`: the objects of a recorded revision, applied again.

use meshhost_core::revision::{Outcome, Revision};

use crate::cli::apply::{Work, work_off};
use crate::cli::args::Rollback;
use crate::cli::fault::{Fault, exit};
use crate::cli::{consent, diff, session};

pub(crate) async fn run(args: &Rollback) -> Result<u8, Fault> {
    let cluster = session::connect(&args.cluster).await?;
    let installation = session::installation(&args.cluster, &args.name);
    let history = cluster
        .history(&installation)
        .await
        .map_err(|error| Fault::from_error(&error))?;
    let target = target(&history, args)?;
    let number = target.number;
    let objects = cluster
        .recorded_objects(&installation, number)
        .await
        .map_err(|error| Fault::from_error(&error))?
        .ok_or_else(|| {
            Fault::failed(
                format!(
                    "the objects of revision {number} of installation {} were not recorded",
                    args.name
                ),
                "apply its settings again, or choose another revision from `meshhost history`",
            )
        })?;
    let mut options = session::plan_options(
        &args.ownership,
        objects.fields,
        target.request.pieces.clone(),
    );
    options.restores = Some(number);
    options.once = objects.once;
    let plan = cluster
        .plan(&objects.bundle, &installation, &options)
        .await
        .map_err(|error| Fault::from_error(&error))?;
    if !plan.refusals.is_empty() {
        diff::show(&plan, args.output)?;
        return Ok(exit::FAILED);
    }
    if !consent::given(
        &plan,
        &args.consent,
        args.output,
        &format!("Roll back to revision {number}?"),
    )? {
        return Ok(exit::FAILED);
    }
    let request = session::request(
        target.request.settings.clone(),
        target.request.pieces.clone(),
        target.request.bundle.clone(),
    );
    let work = Work {
        output: args.output,
        timeout: args.patience.timeout,
        wait: !args.no_wait,
        atomic: false,
        hooks: !args.hooks.no_hooks,
        keep: &args.keep,
        lock: &args.lock,
    };
    work_off(&work, &cluster, &args.name, plan, request)
        .await
        .map_err(Fault::from)
}

/// Which revision is meant.
fn target<'a>(history: &'a [Revision], args: &Rollback) -> Result<&'a Revision, Fault> {
    let numbers: Vec<String> = history
        .iter()
        .map(|revision| revision.number.to_string())
        .collect();
    let Some((last, before)) = history.split_last() else {
        return Err(Fault::failed(
            format!("installation {} has no revision on this cluster", args.name),
            "see what there is with `meshhost history --name NAME`",
        ));
    };
    match args.revision {
        Some(number) => history
            .iter()
            .find(|revision| revision.number == number)
            .ok_or_else(|| {
                Fault::usage(
                    format!(
                        "installation {} has no record of revision {number}",
                        args.name
                    ),
                    format!("there are {}", numbers.join(", ")),
                )
            }),
        None => before
            .iter()
            .rev()
            .find(|revision| revision.outcome == Outcome::Done)
            .ok_or_else(|| {
                Fault::failed(
                    format!(
                        "no revision of installation {} before revision {} ended well",
                        args.name, last.number
                    ),
                    "name one with `meshhost rollback REVISION`, or `uninstall`",
                )
            }),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use meshhost_core::revision::RevisionRequest;
    use serde_json::Value;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn chosen(outcomes: &[&str], revision: &[&str]) -> Result<u64, String> {
        let history: Vec<Revision> = outcomes
            .iter()
            .zip(3..)
            .map(|(outcome, number)| Revision {
                number,
                outcome: match *outcome {
                    "done" => Outcome::Done,
                    "pending" => Outcome::Pending,
                    why => Outcome::Failed(why.into()),
                },
                request: RevisionRequest {
                    tool: String::new(),
                    at: String::new(),
                    by: String::new(),
                    settings: Value::Null,
                    pieces: Vec::new(),
                    bundle: String::new(),
                },
                restores: None,
                objects: Vec::new(),
            })
            .collect();
        let line = ["meshhost", "rollback"].iter().chain(revision);
        let Command::Rollback(args) = Cli::parse_from(line).command else {
            panic!("it is a rollback")
        };
        target(&history, &args)
            .map(|revision| revision.number)
            .map_err(|fault| fault.problems[0].message.clone())
    }

    #[test]
    fn the_last_good_one_before_this_is_meant() {
        for (outcomes, revision, expected) in [
            (&["done", "done"][..], &[][..], Ok(3)),
            (&["done", "done", "failed", "pending"], &[], Ok(4)),
            (&["done", "failed", "done"], &[], Ok(3)),
            (&["done", "failed", "done"], &["4"], Ok(4)),
            (
                &["failed", "done"],
                &[],
                Err("no revision of installation default before revision 4 ended well"),
            ),
            (
                &["done"],
                &["9"],
                Err("installation default has no record of revision 9"),
            ),
            (
                &[],
                &[],
                Err("installation default has no revision on this cluster"),
            ),
        ] {
            assert_eq!(
                chosen(outcomes, revision),
                expected.map_err(str::to_owned),
                "{outcomes:?} {revision:?}"
            );
        }
    }
}
