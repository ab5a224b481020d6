//! `meshhost plugin`: what a piece is, before it is used; and making one.

use std::fmt::Write as _;
use std::path::Path;

use meshhost::source;
use meshhost_core::card::Card;
use meshhost_core::quote;
use meshhost_runtime::{Limits, Piece};
use serde_json::Value;

use crate::cli::args::{Plugin, Report};
use crate::cli::fault::{Fault, exit};
use crate::cli::{plugin_grants, report, verify, wish};

pub(crate) fn run(args: &Plugin) -> Result<u8, Fault> {
    match args {
        Plugin::Inspect { piece, output } => inspect(piece, *output),
        Plugin::Add(args) => plugin_grants::add(args),
        Plugin::Grants { settings, output } => plugin_grants::show(settings, *output),
        Plugin::Remove { pieces, settings } => plugin_grants::remove(pieces, settings),
        Plugin::Verify {
            piece,
            settings,
            kube_version,
            runs,
            output,
        } => verify::piece(piece, settings, kube_version, *runs, *output),
        Plugin::Pack { module, output } => pack(module, output),
    }
}

fn inspect(name: &str, output: Report) -> Result<u8, Fault> {
    let builtin = !name.contains('/') && !name.contains('.');
    let bytes = if builtin {
        source::builtin(name)
    } else {
        source::file(Path::new(name))
    }
    .map_err(|error| {
        Fault::usage(
            error.to_string(),
            "give the path of a component file, or the name of a built-in piece",
        )
    })?;
    let piece = wish::load(&wish::runtime(), name, &bytes, |_| Limits::default())?;
    match output {
        Report::Text => report::text(&text(&piece)),
        Report::Json => {
            let mut card =
                serde_json::to_value(piece.card()).map_err(|error| Fault::from_error(&error))?;
            card["digest"] = Value::String(piece.digest().to_owned());
            report::data(&format!("{card:#}\n"));
        }
    }
    Ok(exit::DONE)
}

fn pack(module: &Path, output: &Path) -> Result<u8, Fault> {
    let bytes = source::file(module).map_err(|error| {
        Fault::usage(
            error.to_string(),
            "give the .wasm file that cargo or Go built",
        )
    })?;
    let component = meshhost_pack::pack(&bytes).map_err(|error| {
        Fault::usage(
            format!("{}: {error}", module.display()),
            "build it with the SDK, for wasm32-unknown-unknown or, in Go, for wasip1: see \"Write a piece\" in the README",
        )
    })?;
    // Loading it finds now what would be found by whoever uses it.
    let piece = wish::load(
        &wish::runtime(),
        &module.display().to_string(),
        &component,
        |_| Limits::default(),
    )?;
    std::fs::write(output, &component).map_err(|error| {
        Fault::failed(
            format!("cannot write {}: {error}", output.display()),
            "give a path that you may write to",
        )
    })?;
    report::talk(&format!(
        "packed {} {} into {} ({} bytes, {})",
        piece.card().name,
        piece.card().version,
        output.display(),
        component.len(),
        piece.digest()
    ));
    Ok(exit::DONE)
}

fn text(piece: &Piece) -> String {
    let card = piece.card();
    let mut text = format!(
        "{} {}: {}\ndigest   {}\nimports  nothing\n",
        card.name,
        card.version,
        card.summary,
        piece.digest()
    );
    list(
        &mut text,
        "emits",
        card.emits.iter().map(ToString::to_string),
    );
    list(
        &mut text,
        "amends",
        card.amends.iter().map(ToString::to_string),
    );
    list(
        &mut text,
        "assesses",
        card.assesses.iter().map(ToString::to_string),
    );
    list(
        &mut text,
        "files",
        card.files.iter().map(|file| {
            let required = if file.required { ", required" } else { "" };
            format!("{}{required}: {}", file.name, file.purpose)
        }),
    );
    list(&mut text, "images", card.images.iter().cloned());
    list(&mut text, "settings", settings(card).into_iter());
    text
}

fn list(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "{title}");
    for line in lines {
        // Names and descriptions are the piece's: none of them can look like a line of ours.
        let _ = writeln!(text, "  {}", quote::line(&line, LONGEST));
    }
}

/// Every setting down to the leaves: path, type, default, description.
fn settings(card: &Card) -> Vec<String> {
    let mut lines = Vec::new();
    walk(
        &card.settings_schema,
        &card.settings_schema,
        "",
        0,
        &mut lines,
    );
    lines
}

/// Characters of one line.
const LONGEST: usize = 2_000;

/// Schemas can refer to themselves.
const DEEPEST: usize = 12;

fn walk(root: &Value, schema: &Value, path: &str, depth: usize, lines: &mut Vec<String>) {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => match reference.strip_prefix('#').and_then(|at| root.pointer(at)) {
            Some(target) => target,
            None => schema,
        },
        None => schema,
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    if let (Some(properties), true) = (properties, depth < DEEPEST) {
        for (name, property) in properties {
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            walk(root, property, &path, depth + 1, lines);
        }
        return;
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .filter(|kind| *kind != "null")
            .collect::<Vec<_>>()
            .join(" or "),
        _ => "any".to_owned(),
    };
    let mut line = format!("{path}: {kind}");
    match schema.get("default") {
        None | Some(Value::Null) => {}
        Some(default) => line.push_str(&format!(" = {default}")),
    }
    if let Some(description) = schema.get("description").and_then(Value::as_str) {
        line.push_str(&format!("  {}", description.replace('\n', " ")));
    }
    lines.push(line);
}
