//! `meshhost manifest`: the names that istioctl 1.4 users type.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use meshhost_core::id::ObjectId;
use meshhost_core::object::Object;
use meshhost_core::plan;
use meshhost_core::source::{Source, SourceKind};
use meshhost_core::yaml;
use serde_json::Value;

use crate::cli::args::Manifest;
use crate::cli::fault::{Fault, exit};
use crate::cli::{migrate, plan_text, render, report, saved, wish};

pub(crate) fn run(args: &Manifest) -> Result<u8, Fault> {
    match args {
        Manifest::Generate(args) => render::run(args),
        Manifest::Apply(args) => saved::run(args),
        Manifest::Migrate { files } => migrate::run(files),
        Manifest::Diff { from, to } => compare(from, to),
    }
}

fn compare(from: &Path, to: &Path) -> Result<u8, Fault> {
    let (from, to) = (objects(from)?, objects(to)?);
    let mut text = String::new();
    for (id, old) in &from {
        match to.get(id) {
            None => {
                let _ = writeln!(text, "- {id}");
            }
            Some(new) if new == old => {}
            Some(new) => {
                let _ = writeln!(text, "~ {id}");
                for change in plan::changes(old, new) {
                    plan_text::field(&mut text, &change);
                }
            }
        }
    }
    for id in to.keys().filter(|id| !from.contains_key(id)) {
        let _ = writeln!(text, "+ {id}");
    }
    report::text(&text);
    Ok(if text.is_empty() {
        exit::DONE
    } else {
        exit::CHANGES
    })
}

/// The objects of a rendered file, Lists opened.
fn objects(path: &Path) -> Result<BTreeMap<ObjectId, Value>, Fault> {
    let name = path.display().to_string();
    let source = Source::new(SourceKind::File, &*name, wish::read_text(path)?);
    let mut objects = BTreeMap::new();
    for document in yaml::read_values(&source)? {
        let items = match document {
            Value::Null => continue,
            Value::Object(mut list) if list.get("kind") == Some(&Value::from("List")) => {
                match list.remove("items") {
                    Some(Value::Array(items)) => items,
                    _ => Vec::new(),
                }
            }
            one => vec![one],
        };
        for item in items {
            let object = Object::new(item).map_err(|error| {
                Fault::usage(
                    format!("{name}: a document {error}"),
                    "give files that `meshhost render` or `kubectl get -o yaml` wrote",
                )
            })?;
            objects.insert(object.id().clone(), object.into_value());
        }
    }
    Ok(objects)
}
