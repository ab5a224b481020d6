//! `meshhost status`: what is installed, and whether it works.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use meshhost_cluster::{Drift, Running, Status, Unfinished, Work};
use meshhost_core::id::ObjectId;
use meshhost_core::plan::FieldChange;
use meshhost_core::readiness::Readiness;
use meshhost_core::revision::Outcome;

use crate::cli::args::{self, Report};
use crate::cli::fault::{Fault, exit};
use crate::cli::{drift, plan_text, report, session};

pub(crate) async fn run(args: &args::Status) -> Result<u8, Fault> {
    let installed = &args.installed;
    let cluster = session::connect(&installed.cluster).await?;
    let installation = session::installation(&installed.cluster, &installed.name);
    let status = cluster
        .status(&installation)
        .await
        .map_err(|error| Fault::from_error(&error))?;
    let Some(status) = status else {
        report::talk(&format!(
            "installation {} is not on this cluster",
            installed.name
        ));
        return Ok(exit::FAILED);
    };
    let running = if args.pods {
        cluster
            .running(&installation)
            .await
            .map_err(|error| Fault::from_error(&error))?
    } else {
        None
    };
    let fields = match &status.revision {
        Some(last) if is_changed(&status) => {
            match drift::fields(&cluster, &installation, last).await {
                Ok(fields) => fields,
                Err(fault) => {
                    report::talk("warning: which fields were changed cannot be told:");
                    report::fault(&fault);
                    BTreeMap::new()
                }
            }
        }
        _ => BTreeMap::new(),
    };
    match installed.output {
        Report::Text => {
            report::text(&text(&installed.name, &status, &fields));
            report::text(&running.as_ref().map(pods).unwrap_or_default());
        }
        Report::Json => {
            let mut data = serde_json::json!(status);
            let told = data["objects"].as_array_mut().into_iter().flatten();
            for (told, object) in told.zip(&status.objects) {
                if let Some(fields) = fields.get(&object.id) {
                    told["fields"] = serde_json::json!(fields);
                }
            }
            if let Some(running) = running {
                data["running"] = serde_json::json!(running);
            }
            report::data(&format!("{data:#}\n"));
        }
    }
    Ok(if works(&status) {
        exit::DONE
    } else {
        exit::FAILED
    })
}

fn is_changed(status: &Status) -> bool {
    status
        .objects
        .iter()
        .any(|object| matches!(object.drift, Some(Drift::Changed(_))))
}

fn works(status: &Status) -> bool {
    status.unfinished.is_none()
        && status
            .objects
            .iter()
            .all(|object| object.readiness == Some(Readiness::Ready) && object.drift.is_none())
}

/// Tables, as `kubectl get` prints them.
fn pods(running: &Running) -> String {
    let pods = running.pods.iter().map(|pod| {
        [
            pod.namespace.clone(),
            pod.name.clone(),
            match &pod.readiness {
                Readiness::Ready => "ready".to_owned(),
                Readiness::Progressing(why) | Readiness::Failed(why) => why.clone(),
                Readiness::Terminating => "is being deleted".to_owned(),
            },
            pod.node.clone().unwrap_or_else(|| "-".to_owned()),
        ]
    });
    let services = running.services.iter().map(|service| {
        let ports: Vec<String> = service.ports.iter().map(u16::to_string).collect();
        [
            service.namespace.clone(),
            service.name.clone(),
            service.kind.clone(),
            format!(
                "{} {}",
                service.address.as_deref().unwrap_or("-"),
                ports.join(",")
            ),
        ]
    });
    format!(
        "\n{}\n{}",
        table(["NAMESPACE", "POD", "STATE", "NODE"], pods),
        table(["NAMESPACE", "SERVICE", "TYPE", "ADDRESS PORTS"], services)
    )
}

fn table(head: [&str; 4], rows: impl Iterator<Item = [String; 4]>) -> String {
    let rows: Vec<[String; 4]> = std::iter::once(head.map(str::to_owned))
        .chain(rows)
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (a, b, c) = (width(0), width(1), width(2));
    rows.iter()
        .map(|[one, two, three, four]| format!("{one:a$}  {two:b$}  {three:c$}  {four}\n"))
        .collect()
}

fn drifted(drift: &Drift) -> String {
    match drift {
        Drift::Missing => "is missing".to_owned(),
        Drift::Remade => "was deleted and made again by somebody else".to_owned(),
        Drift::Changed(by) if by.is_empty() => "was changed".to_owned(),
        Drift::Changed(by) => format!("was changed by {}", by.join(", ")),
        Drift::Superfluous => "is not part of the last revision".to_owned(),
    }
}

/// What the run that has not ended does, and what to do about it.
fn not_finished(unfinished: &Unfinished) -> String {
    let (what, finish) = match unfinished.what {
        Work::Apply(revision) => (
            format!("the run that applies revision {revision}"),
            "`apply` finishes it, `rollback` goes back",
        ),
        Work::Uninstall => (
            "the run that uninstalls it".to_owned(),
            "`uninstall` finishes it",
        ),
    };
    match &unfinished.lock {
        Some(lock) => format!(
            "{what} has not ended: {} has been at work since {}, with its last sign of life at {}",
            lock.holder, lock.since, lock.seen
        ),
        None => format!("{what} was cut off: {finish}"),
    }
}

fn text(name: &str, status: &Status, fields: &BTreeMap<ObjectId, Vec<FieldChange>>) -> String {
    let mut text = String::new();
    if let Some(revision) = &status.revision {
        let outcome = match &revision.outcome {
            Outcome::Done => "done".to_owned(),
            Outcome::Pending => "not finished".to_owned(),
            Outcome::Failed(why) => format!("failed: {why}"),
        };
        let request = &revision.request;
        let _ = writeln!(
            text,
            "installation {name}: revision {}, {} ({}, {outcome})",
            revision.number, request.at, request.tool
        );
        for piece in &request.pieces {
            let _ = writeln!(
                text,
                "piece {} {} from {}",
                piece.name, piece.version, piece.source
            );
        }
    }
    if let Some(unfinished) = &status.unfinished {
        let _ = writeln!(text, "{}", not_finished(unfinished));
    }
    let ready = status
        .objects
        .iter()
        .filter(|object| object.readiness == Some(Readiness::Ready))
        .count();
    let _ = writeln!(text, "{ready} of {} objects ready", status.objects.len());
    for object in &status.objects {
        let state = match &object.readiness {
            None | Some(Readiness::Ready) => None,
            Some(Readiness::Progressing(why)) => Some(format!("not ready: {why}")),
            Some(Readiness::Failed(why)) => Some(format!("failed: {why}")),
            Some(Readiness::Terminating) => Some("is being deleted".to_owned()),
        };
        if let Some(state) = state {
            let _ = writeln!(text, "  {}: {state}", object.id);
        }
        if let Some(drift) = &object.drift {
            let _ = writeln!(text, "  {}: {}", object.id, drifted(drift));
            // As it is, and as applying again would make it.
            for field in fields.get(&object.id).into_iter().flatten() {
                plan_text::field(&mut text, field);
            }
        }
    }
    text
}
