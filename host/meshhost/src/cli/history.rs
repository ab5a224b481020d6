//! `meshhost history`: the revisions that are recorded.

use std::fmt::Write as _;

use meshhost_core::revision::{Outcome, Revision};

use crate::cli::args::{History, Report};
use crate::cli::fault::{Fault, exit};
use crate::cli::{report, session};

pub(crate) async fn run(args: &History) -> Result<u8, Fault> {
    let cluster = session::connect(&args.cluster).await?;
    let installation = session::installation(&args.cluster, &args.name);
    let history = cluster
        .history(&installation)
        .await
        .map_err(|error| Fault::from_error(&error))?;
    match args.output {
        Report::Text if history.is_empty() => report::talk(&format!(
            "installation {} has no revision on this cluster",
            args.name
        )),
        Report::Text => report::text(&text(&history)),
        Report::Json => {
            let data = serde_json::json!({ "installation": args.name, "revisions": history });
            report::data(&format!("{data:#}\n"));
        }
    }
    Ok(if history.is_empty() {
        exit::FAILED
    } else {
        exit::DONE
    })
}

fn text(history: &[Revision]) -> String {
    let mut rows =
        vec![["REVISION", "APPLIED", "BY", "WITH", "OBJECTS", "OUTCOME"].map(str::to_owned)];
    rows.extend(history.iter().map(|revision| {
        let request = &revision.request;
        // To the second is enough to tell them apart.
        let at = request.at.split('.').next().unwrap_or_default();
        let by = if request.by.is_empty() {
            "-"
        } else {
            &request.by
        };
        [
            revision.number.to_string(),
            format!("{}Z", at.trim_end_matches('Z')),
            by.to_owned(),
            request.tool.clone(),
            revision.objects.len().to_string(),
            outcome(revision),
        ]
    }));
    let widths: Vec<usize> = (0..5)
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "{cell:width$}  ");
        }
        let _ = writeln!(text, "{}", row[5]);
    }
    text
}

/// In one line.
fn outcome(revision: &Revision) -> String {
    let mut text = match &revision.outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::Pending => "not finished".to_owned(),
        Outcome::Failed(why) => {
            let mut lines = why.lines();
            let first = lines.next().unwrap_or_default();
            let second = lines.next().map(str::trim).unwrap_or_default();
            format!("failed: {first} {second}").trim_end().to_owned()
        }
    };
    if let Some(number) = revision.restores {
        let _ = write!(text, " (rollback to {number})");
    }
    text
}

#[cfg(test)]
mod tests {
    use meshhost_core::revision::RevisionRequest;
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_revision_is_a_line() {
        let revision = |number, outcome, restores| Revision {
            number,
            outcome,
            request: RevisionRequest {
                tool: "meshhost 0.1.0".into(),
                at: "2020-01-01T00:00:00.123Z".into(),
                by: "me@here".into(),
                settings: Value::Null,
                pieces: Vec::new(),
                bundle: String::new(),
            },
            restores,
            objects: Vec::new(),
        };
        let history = [
            revision(9, Outcome::Done, None),
            revision(
                10,
                Outcome::Failed("not ready:\n  Pod a: b\n  c".into()),
                None,
            ),
            revision(11, Outcome::Done, Some(9)),
        ];
        insta::assert_snapshot!(text(&history), @r"
        REVISION  APPLIED               BY       WITH            OBJECTS  OUTCOME
        9         2020-01-01T00:00:00Z  me@here  meshhost 0.1.0  0        done
        10        2020-01-01T00:00:00Z  me@here  meshhost 0.1.0  0        failed: not ready: Pod a: b
        11        2020-01-01T00:00:00Z  me@here  meshhost 0.1.0  0        done (rollback to 9)
        ");
    }
}
