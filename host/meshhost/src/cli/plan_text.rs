//! A plan as a person reads it. Owns the text of plans; must not print it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use meshhost_core::card::Occasion;
use meshhost_core::plan::{self, Action, Cause, Counts, FieldChange, How, Phase, Plan, Planned};
use meshhost_core::problem::count;
use serde_json::Value;

/// The longest value that is shown on one line.
const LONGEST: usize = 160;

/// Everything that would happen; objects that stay as they are only as a number.
pub(crate) fn plan(plan: &Plan) -> String {
    let mut text = String::new();
    let mut unverified: BTreeMap<&str, usize> = BTreeMap::new();
    for planned in &plan.objects {
        let (sign, fields, remark) = match &planned.action {
            Action::Unchanged => continue,
            Action::Create => ('+', &[][..], String::new()),
            Action::Adopt { fields } => ('~', &fields[..], ", adopted".to_owned()),
            Action::Change { fields } => ('~', &fields[..], String::new()),
            Action::Replace { fields, reason } => (
                '!',
                &fields[..],
                format!(", deleted and created again: {reason}"),
            ),
        };
        let mark = match &planned.unverified {
            Some(why) => {
                *unverified.entry(why).or_default() += 1;
                ", not verified"
            }
            None => "",
        };
        let _ = writeln!(
            text,
            "{sign} {} (piece {}{remark}{mark}){}",
            planned.id,
            planned.piece,
            causes(&planned.because)
        );
        if !planned.migrates.is_empty() {
            let from = planned.migrates.join(", ");
            let _ = writeln!(
                text,
                "    taken over from {from}: all its fields, and it goes with the installation"
            );
        }
        for change in fields {
            field(&mut text, change);
            if let Some(piece) = amender(planned, change) {
                let _ = writeln!(text, "      (set by piece {piece})");
            }
        }
        for taken in &planned.takes {
            let _ = writeln!(text, "    taken from {}: {}", taken.manager, taken.field);
        }
        for left in &planned.leaves {
            let _ = writeln!(text, "    left to {}: {}", left.manager, left.field);
        }
    }
    for removal in &plan.removals {
        let piece = removal
            .piece
            .as_ref()
            .map(|piece| format!(" (piece {piece})"))
            .unwrap_or_default();
        let causes = causes(&removal.because);
        let _ = match &removal.how {
            How::Delete => writeln!(text, "- {}{piece}: {}{causes}", removal.id, removal.why),
            How::Release(because) => writeln!(
                text,
                "/ {}{piece}: {}; it stays: {because}{causes}",
                removal.id, removal.why
            ),
        };
    }
    for hook in &plan.hooks {
        let _ = writeln!(
            text,
            "> {} (piece {}): hook, run {}",
            hook.id,
            hook.piece,
            occasion(hook.on)
        );
    }
    for (why, number) in unverified {
        let _ = writeln!(
            text,
            "not verified by the server: {} ({why})",
            count(number, "object")
        );
    }
    text
}

fn occasion(on: Occasion) -> &'static str {
    match on.phase() {
        Phase::BeforeWriting => "before anything is written",
        Phase::AfterReady => "when everything is ready",
        Phase::BeforeRemoving => "before anything is removed",
        Phase::AfterRemoving => "after the rest was removed",
        Phase::Asked => "as a test",
    }
}

/// ` <- values.cni.excludeNamespaces`.
fn causes(because: &[Cause]) -> String {
    let all: Vec<String> = because
        .iter()
        .map(|cause| match cause {
            Cause::Setting { path } => path.clone(),
            Cause::Piece { from: None, .. } => "a new piece".to_owned(),
            Cause::Piece {
                from: Some(from),
                to,
            } => format!("another component: {from} -> {to}"),
            Cause::Cluster => "changed on the cluster since the last revision".to_owned(),
            Cause::Provenance => "--provenance".to_owned(),
        })
        .collect();
    match all.as_slice() {
        [] => String::new(),
        all => format!("  <- {}", all.join(", ")),
    }
}

/// Who has amended a field, if anybody has; the last one counts.
fn amender<'a>(planned: &'a Planned, change: &FieldChange) -> Option<&'a str> {
    let amended = planned.amended.iter().rev();
    let touches = |pointer: &String| {
        let field = plan::path_of(pointer);
        let below = |one: &str, other: &str| {
            one.strip_prefix(other)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        below(&change.path, &field) || below(&field, &change.path)
    };
    let mut by = amended.filter(|(_, fields)| fields.iter().any(touches));
    by.next().map(|(piece, _)| piece.as_str())
}

/// Whether counts are of what would happen or of what has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tense {
    Planned,
    Done,
}

/// `12 to create, 1 to change, 136 unchanged`, or `12 created, 1 changed, 136 unchanged`.
pub(crate) fn counts(counts: &Counts, tense: Tense) -> String {
    let parts: Vec<String> = [
        (counts.create, "to create", "created"),
        (counts.adopt, "to adopt", "adopted"),
        (counts.change, "to change", "changed"),
        (counts.replace, "to delete and create again", "replaced"),
        (counts.delete, "to delete", "deleted"),
        (counts.release, "to release", "released"),
        (counts.unchanged, "unchanged", "unchanged"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, planned, done)| match tense {
        Tense::Planned => format!("{number} {planned}"),
        Tense::Done => format!("{number} {done}"),
    })
    .collect();
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join(", ")
    }
}

/// One changed field.
pub(crate) fn field(text: &mut String, change: &FieldChange) {
    let path = &change.path;
    let causes = causes(&change.because);
    let _ = match (&change.from, &change.to) {
        (Some(Value::String(from)), Some(Value::String(to)))
            if from.contains('\n') || to.contains('\n') =>
        {
            let _ = writeln!(text, "    {path}:{causes}");
            lines(text, from, to);
            Ok(())
        }
        (None, Some(to)) => writeln!(text, "    + {path}: {}{causes}", value(to)),
        (Some(from), None) => writeln!(text, "    - {path}: {}{causes}", value(from)),
        (Some(from), Some(to)) => {
            writeln!(text, "    {path}: {} -> {}{causes}", value(from), value(to))
        }
        (None, None) => writeln!(text, "    {path}{causes}"),
    };
}

/// Texts of several lines, line by line.
fn lines(text: &mut String, from: &str, to: &str) {
    let diff = similar::TextDiff::from_lines(from, to);
    for hunk in diff.unified_diff().context_radius(1).iter_hunks() {
        for change in hunk.iter_changes() {
            let line = change.value().trim_end_matches('\n');
            let _ = writeln!(text, "      {}{line}", change.tag());
        }
    }
}

/// One line, cut; control characters cannot reach the terminal, as JSON escapes them.
fn value(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    let cut: String = text.chars().take(LONGEST).collect();
    format!("{cut}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(from: Option<Value>, to: Option<Value>) -> String {
        let mut text = String::new();
        field(
            &mut text,
            &FieldChange {
                path: "data.list".to_owned(),
                from,
                to,
                because: vec![Cause::Setting {
                    path: "values.a".to_owned(),
                }],
            },
        );
        text
    }

    #[test]
    fn a_field_is_a_line() {
        assert_eq!(
            shown(None, Some(json!(1))),
            "    + data.list: 1  <- values.a\n"
        );
        assert_eq!(
            shown(Some(json!("a")), None),
            "    - data.list: \"a\"  <- values.a\n"
        );
        assert_eq!(
            shown(Some(json!([1])), Some(json!("\u{1b}[31m"))),
            "    data.list: [1] -> \"\\u001b[31m\"  <- values.a\n"
        );
    }

    #[test]
    fn a_text_of_many_lines_shows_the_lines_that_differ() {
        let from = "a\nb\nc\nd\n";
        let to = "a\nb\nx\nd\n";
        assert_eq!(
            shown(Some(json!(from)), Some(json!(to))),
            "    data.list:  <- values.a\n       b\n      -c\n      +x\n       d\n"
        );
    }

    #[test]
    fn counts_are_a_sentence() {
        assert_eq!(counts(&Counts::default(), Tense::Planned), "nothing");
        let some = Counts {
            create: 2,
            replace: 1,
            unchanged: 3,
            ..Counts::default()
        };
        assert_eq!(
            counts(&some, Tense::Planned),
            "2 to create, 1 to delete and create again, 3 unchanged"
        );
        assert_eq!(
            counts(&some, Tense::Done),
            "2 created, 1 replaced, 3 unchanged"
        );
    }
}
