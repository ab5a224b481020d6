//! `meshhost plugin verify` and `render --verify`: whether pieces give the same each time. Owns the words; must not know how
//! it is found out.

use std::fmt::Write as _;
use std::path::Path;

use meshhost::source;
use meshhost::verify::{Difference, Variation, Verified};
use meshhost_core::facts::Facts;
use meshhost_core::problem::{Problem, count};
use meshhost_core::release;
use meshhost_runtime::Limits;

use crate::cli::args::{Report, Settings};
use crate::cli::fault::{Fault, exit};
use crate::cli::wish::{self, Wish};
use crate::cli::{plan_text, report};

/// How many more times each piece is called in each order by `render --verify`.
const RUNS: u64 = 2;
/// Fields that are shown of one object.
const SHOWN: usize = 5;

/// One piece, with the settings that the flags give it.
pub(crate) fn piece(
    piece: &str,
    settings: &Settings,
    kube_version: &str,
    runs: u64,
    output: Report,
) -> Result<u8, Fault> {
    let facts = release::facts(kube_version).map_err(|error| {
        Fault::usage(format!("--kube-version: {error}"), "give one such as 1.37")
    })?;
    let mut settings = settings.clone();
    let (given, path) = wish::split_plugin(piece);
    let name = if given.is_none() && !path.contains(['/', '.']) {
        path.to_owned()
    } else {
        settings.plugins.push(piece.to_owned());
        match given {
            Some(name) => name.to_owned(),
            None => own_name(path)?,
        }
    };
    let wish = wish::read(&settings)?.choose()?.resolve()?;
    for warning in &wish.resolved.warnings {
        report::warning(warning);
    }
    let all = wish.verify(&facts, |other| other == name, runs)?;
    let [verified] = all.as_slice() else {
        return Err(Fault::usage(
            format!("there is no piece {name} in this installation"),
            "give the path of a component file, or add the piece with `-f` or `--plugin`",
        ));
    };
    match output {
        Report::Json => {
            let json = serde_json::to_value(verified).map_err(|error| Fault::from_error(&error))?;
            report::data(&format!("{json:#}\n"));
        }
        Report::Text if verified.differences.is_empty() => report::text(&text(verified, runs)),
        Report::Text => return Err(fault(&all)),
    }
    Ok(match verified.differences.is_empty() {
        true => exit::DONE,
        false => exit::FAILED,
    })
}

/// Every piece that takes part.
pub(crate) fn all(wish: &Wish, facts: &Facts) -> Result<(), Fault> {
    let taking_part: Vec<&str> = wish
        .taking_part()
        .map(|(settings, _)| settings.name.as_str())
        .collect();
    let all = wish.verify(facts, |name| taking_part.contains(&name), RUNS)?;
    if all.iter().any(|verified| !verified.differences.is_empty()) {
        return Err(fault(&all));
    }
    let calls: usize = all.iter().map(|verified| verified.same).sum();
    report::talk(&format!(
        "verified: {} gave the same in {calls} more calls",
        count(all.len(), "piece")
    ));
    Ok(())
}

/// What a component in a file calls itself.
fn own_name(path: &str) -> Result<String, Fault> {
    let bytes = source::file(Path::new(path)).map_err(|error| {
        Fault::usage(
            error.to_string(),
            "give the path of a component file, or the name of a piece of the installation",
        )
    })?;
    let piece = wish::load(&wish::runtime(), path, &bytes, |_| Limits::default())?;
    Ok(piece.card().name.clone())
}

fn text(verified: &Verified, runs: u64) -> String {
    let piece = &verified.piece;
    let (more, orders) = match runs {
        1 => ("once more".to_owned(), "another order".to_owned()),
        runs => (format!("{runs} times more"), format!("{runs} other orders")),
    };
    let mut text = format!(
        "{piece}: contribute: {}, the same bytes {more}, and the same objects with the keys of its settings in {orders}\n",
        count(verified.objects, "object"),
    );
    if verified.selected > 0 {
        let _ = writeln!(
            text,
            "{piece}: amend: {} of {}, the same bytes {more}, and the same changes with settings and objects in {orders}",
            count(verified.changes, "change"),
            count(verified.selected, "object"),
        );
    }
    if verified.objects == 0 && verified.changes == 0 {
        let _ = writeln!(
            text,
            "{piece}: with these settings it does nothing: give settings with which it does"
        );
    }
    text
}

fn fault(all: &[Verified]) -> Fault {
    Fault {
        code: exit::FAILED,
        problems: all
            .iter()
            .flat_map(|verified| {
                let piece = &verified.piece;
                verified
                    .differences
                    .iter()
                    .map(move |difference| problem(piece, difference))
            })
            .collect(),
    }
}

fn problem(piece: &str, difference: &Difference) -> Problem {
    let when = match difference.variation {
        Variation::Again => "is not the same when it is called again",
        Variation::SettingsKeys => {
            "is not the same when the keys of its settings come in another order"
        }
        Variation::AmendedObjects => {
            "is not the same when the objects to amend come in another order"
        }
    };
    let mut message = format!(
        "piece {piece}: {}: {}: {when}",
        difference.call, difference.what
    );
    let mut fields = String::new();
    for change in difference.fields.iter().take(SHOWN) {
        plan_text::field(&mut fields, change);
    }
    if !fields.is_empty() {
        message.push('\n');
        message.push_str(fields.trim_end());
    }
    if difference.fields.len() > SHOWN {
        let _ = write!(
            message,
            "\n    … and {} more fields",
            difference.fields.len() - SHOWN
        );
    }
    Problem::nowhere("", message).hint(
        "the same settings must give the same objects: this is a fault of the piece, for its author",
    )
}
