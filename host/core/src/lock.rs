//! `meshhost.lock`: which pieces were approved, byte for byte, and what each may do. Owns its format; where the file is and
//! who approves is not known here.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::grant::Grant;
use crate::object::is_dns_label;
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::reading;
use crate::setting::{Setting, Tree};
use crate::source::{Origin, Source};
use crate::yaml;

/// What the file is called.
pub const FILE_NAME: &str = "meshhost.lock";
/// The only version of the format.
const VERSION: u64 = 1;
const HEADER: &str = "\
# What pieces that are not built in may do, as a person has approved it. `meshhost plugin add` and `meshhost apply` write
# this file when they were answered with yes. Keep it with the Installation, and review its changes.
";

/// All approvals of one file, by the name of the piece in the installation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lock {
    /// In the order of the names.
    pub pieces: BTreeMap<String, Approved>,
}

/// An approved piece.
#[derive(Debug, Clone, PartialEq)]
pub struct Approved {
    /// Its own version.
    pub version: String,
    /// `sha256:…` of the component.
    pub digest: String,
    /// `sha256:…` of the chart that it renders, if it is one that does.
    pub chart: Option<String>,
    /// Where it came from when it was approved; for the reader, and not compared.
    pub source: String,
    /// What it may do.
    pub grant: Grant,
}

/// Reads a lock file.
///
/// # Errors
/// Everything that keeps it from being one: a damaged approval is none.
pub fn read(source: &Arc<Source>) -> Result<Lock, Problems> {
    let documents = yaml::read(source)?;
    let start = Origin::new(source, 0, 0);
    let foreign = |origin: &Origin, message: &str| {
        Problems::from(Problem::at(origin, "", message).hint(
            "restore the file from where it was kept, or remove it and approve the pieces again with `meshhost plugin add`",
        ))
    };
    let [document] = documents.as_slice() else {
        return Err(foreign(
            &start,
            "is not a lock file of meshhost: it must hold one document",
        ));
    };
    let version = document.get("version").map(|version| &version.value);
    match version {
        Some(Tree::Number(number)) if number.as_u64() == Some(VERSION) => {}
        Some(Tree::Number(number)) => {
            let message = format!(
                "is a lock file of version {number}, and this meshhost knows version {VERSION} only"
            );
            return Err(foreign(&document.origin, &message));
        }
        _ => {
            return Err(foreign(
                &document.origin,
                "is not a lock file of meshhost: `version` is missing",
            ));
        }
    }
    let mut problems = Problems::default();
    let root = Path::root();
    reading::known(
        document,
        &["version", "pieces"],
        &root,
        "a lock file",
        &mut problems,
    );
    let mut lock = Lock::default();
    let pieces = document.get("pieces");
    if let Some(pieces) =
        pieces.filter(|pieces| pieces.map().is_none() && pieces.value != Tree::Null)
    {
        problems.push(reading::wrong(
            pieces,
            "a map of pieces",
            &Path::of("pieces"),
        ));
    }
    for (name, entry) in pieces.and_then(Setting::map).into_iter().flatten() {
        let path = Path::of("pieces").key(name);
        if !is_dns_label(name) {
            let message = "is no name of a piece (lower-case letters, digits and `-`)";
            problems.push(Problem::at(&entry.key, &path, message));
        }
        if let Some(approved) = piece(&entry.setting, &entry.key, &path, &mut problems) {
            lock.pieces.insert(name.clone(), approved);
        }
    }
    problems.or(lock)
}

fn piece(fields: &Setting, key: &Origin, path: &Path, problems: &mut Problems) -> Option<Approved> {
    let known = [
        "version",
        "digest",
        "chart",
        "source",
        "emits",
        "amends",
        "abilities",
    ];
    reading::known(fields, &known, path, "an approved piece", problems);
    fields.map()?;
    let mut text = |field: &str| {
        if fields.get(field).is_none() {
            let message = format!("lacks `{field}`");
            problems.push(Problem::at(key, path, message));
        }
        reading::text(fields.get(field), &path.key(field), problems)
    };
    let (version, digest, source) = (text("version"), text("digest"), text("source"));
    let chart = reading::text(fields.get("chart"), &path.key("chart"), problems);
    for (digest, field) in [(&digest, "digest"), (&chart, "chart")] {
        if let (Some(digest), Some(setting)) = (digest, fields.get(field))
            && !is_digest(digest)
        {
            let wanted = "`sha256:` and 64 hexadecimal digits in lower case";
            problems.push(reading::wrong(setting, wanted, &path.key(field)));
        }
    }
    let (emits, amends) = (fields.get("emits"), fields.get("amends"));
    let grant = Grant {
        emits: reading::selectors(emits, &path.key("emits"), problems).unwrap_or_default(),
        amends: reading::selectors(amends, &path.key("amends"), problems).unwrap_or_default(),
        abilities: reading::abilities(fields.get("abilities"), &path.key("abilities"), problems)
            .unwrap_or_default(),
    };
    Some(Approved {
        version: version?,
        digest: digest?,
        chart,
        source: source?,
        grant,
    })
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

impl Lock {
    /// The file's text: the same approvals give the same bytes.
    #[must_use]
    pub fn write(&self) -> String {
        let pieces: serde_json::Map<String, Value> = self
            .pieces
            .iter()
            .map(|(name, approved)| {
                let mut piece = json!({
                    "version": approved.version,
                    "digest": approved.digest,
                    "chart": approved.chart,
                    "source": approved.source,
                    "emits": approved.grant.emits,
                    "amends": approved.grant.amends,
                    "abilities": approved.grant.abilities,
                });
                if let Some(fields) = piece.as_object_mut() {
                    fields.retain(|_, value| {
                        !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())
                    });
                }
                (name.clone(), piece)
            })
            .collect();
        format!(
            "{HEADER}{}",
            yaml::to_yaml(&json!({"version": VERSION, "pieces": pieces}))
        )
    }
}

#[cfg(test)]
mod tests;
