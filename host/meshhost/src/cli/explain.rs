//! `meshhost explain`: what can be set, what it is without being set, and what it changes.

use std::fmt::Write as _;

use meshhost_core::nearest;
use meshhost_core::path::Path;
use meshhost_core::profile::Profiles;
use meshhost_core::reference::{self, Described, Key};

use crate::cli::args::{Explain, Explanation, Settings};
use crate::cli::fault::{Fault, exit};
use crate::cli::{report, wish};

mod page;

pub(crate) fn run(args: &Explain) -> Result<u8, Fault> {
    let settings = Settings {
        plugins: args.plugins.clone(),
        ..Settings::default()
    };
    let mut draft = wish::read(&settings)?.choose()?;
    let schemas = draft.schemas()?;
    let pieces: Vec<Described<'_>> = draft
        .chosen
        .pieces
        .iter()
        .filter_map(|piece| {
            Some(Described {
                name: &piece.name,
                schema: schemas.get(&piece.name)?,
            })
        })
        .collect();
    let keys = reference::keys(&pieces, &Profiles::builtin())?;
    let found = match &args.path {
        None => keys.iter().collect(),
        Some(path) => find(&keys, path)?,
    };
    report::data(&match args.output {
        Explanation::Text => text(&found, args.path.as_deref()),
        Explanation::Markdown => page::page(&found),
        Explanation::Json => {
            let text =
                serde_json::to_string_pretty(&found).map_err(|error| Fault::from_error(&error))?;
            format!("{text}\n")
        }
    });
    Ok(exit::DONE)
}

/// The keys at and below a path; in files everything is below `spec`.
fn find<'k>(keys: &'k [Key], path: &str) -> Result<Vec<&'k Key>, Fault> {
    let path = path.strip_prefix("spec.").unwrap_or(path);
    let found = reference::at(keys, &Path::lenient(path));
    if found.is_empty() {
        let known = keys.iter().map(|key| key.path.as_str());
        return Err(Fault::usage(
            format!("there is no setting {}", path.escape_debug()),
            nearest::hint(path, known).unwrap_or_default(),
        ));
    }
    Ok(found)
}

/// One key in full; several one a line.
fn text(keys: &[&Key], path: Option<&str>) -> String {
    let mut text = String::new();
    if let (Some(_), [key]) = (path, keys) {
        let _ = writeln!(text, "{}: {}", key.path, key.kind);
        let _ = writeln!(text, "  {}", key.summary);
        let _ = writeln!(text, "default  {}", defaults(key));
        for place in &key.goes_to {
            let _ = writeln!(text, "goes to  {place}");
        }
        return text;
    }
    for key in keys {
        let _ = write!(text, "{}: {}", key.path, key.kind);
        if key.default.is_some() || !key.profiles.is_empty() {
            let _ = write!(text, " = {}", defaults(key));
        }
        let _ = writeln!(text, "  {}", key.summary);
    }
    text
}

/// `1.0 (demo: 100.0)`.
fn defaults(key: &Key) -> String {
    let mut text = match &key.default {
        Some(default) => default.to_string(),
        None => "not set".to_owned(),
    };
    let profiles: Vec<String> = key
        .profiles
        .iter()
        .map(|(profile, value)| format!("{profile}: {value}"))
        .collect();
    if !profiles.is_empty() {
        let _ = write!(text, " ({})", profiles.join(", "));
    }
    text
}
