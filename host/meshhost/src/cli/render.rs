//! `meshhost render`: settings in, objects out.

use meshhost::pipeline::Rendered;
use meshhost_core::bundle::Bundle;
use meshhost_core::card::Severity;
use meshhost_core::revision::RecordedPiece;
use meshhost_core::{provenance, release, waves, written, yaml};
use serde_json::Value;

use crate::cli::args::{Format, Provenance, Render};
use crate::cli::fault::{Fault, exit};
use crate::cli::wish::{self, Wish};
use crate::cli::{approval, report, verify};

pub(crate) fn run(args: &Render) -> Result<u8, Fault> {
    let facts = release::facts(&args.kube_version).map_err(|error| {
        Fault::usage(format!("--kube-version: {error}"), "give one such as 1.37")
    })?;
    if (args.output, args.provenance) == (Format::Json, Some(Provenance::Comments)) {
        return Err(Fault::usage(
            "--provenance=comments: there are no comments in JSON",
            "say --provenance=annotations",
        ));
    }
    let wish = wish::read(&args.settings)?.choose()?.resolve()?;
    let rendered = wish.render(&facts)?;
    tell(&wish, &rendered);
    tell_once(&rendered);
    approval::tell(&wish, &rendered, &args.settings)?;
    if args.verify {
        verify::all(&wish, &facts)?;
    }
    let pieces = wish.recorded();
    let digest = provenance::digest(&rendered.bundle, &pieces);
    let objects = rendered.bundle.objects.len();
    let (bundle, comments) = match args.provenance {
        Some(Provenance::Annotations) => (provenance::annotated(rendered.bundle, &pieces), false),
        how => (rendered.bundle, how.is_some()),
    };
    let told = comments.then_some(&*pieces);
    report::data(&text(&bundle, args.output, told)?);
    report::talk(&format!("{objects} objects, bundle {digest}"));
    Ok(exit::DONE)
}

/// Says what is not the same the next time, where no cluster keeps it.
pub(crate) fn tell_once(rendered: &Rendered) {
    for piece in &rendered.used_once {
        report::talk(&format!(
            "note: piece {piece}: passwords, keys or times in its objects are made anew by each render; `apply` keeps those that it has made"
        ));
    }
}

/// Says on stderr what the settings and the pieces have to say.
pub(crate) fn tell(wish: &Wish, rendered: &Rendered) {
    for warning in &wish.resolved.warnings {
        report::warning(warning);
    }
    for (piece, diagnostic) in &rendered.diagnostics {
        let problem = wish.resolved.blame(
            piece,
            &meshhost_core::card::Problem {
                path: diagnostic.path.clone().unwrap_or_default(),
                message: diagnostic.message.clone(),
                hint: None,
            },
        );
        match diagnostic.severity {
            Severity::Warning => report::warning(&problem),
            Severity::Note => report::talk(&format!("note: piece {piece}: {}", diagnostic.message)),
        }
    }
}

/// With `pieces`, a comment above each object tells where it comes from.
fn text(
    bundle: &Bundle,
    format: Format,
    pieces: Option<&[RecordedPiece]>,
) -> Result<String, Fault> {
    let waves = waves::waves(bundle).map_err(|error| Fault::from_error(&error))?;
    let in_order = waves
        .iter()
        .flat_map(|wave| &wave.objects)
        .filter_map(|id| bundle.object(id))
        .chain(bundle.hooks.iter().map(|hook| &hook.contributed));
    let manifest =
        |object: &meshhost_core::object::Object| Value::Object(written::as_written(object));
    Ok(match format {
        Format::Yaml => in_order
            .map(|contributed| {
                let mut text = String::from("---\n");
                if let Some(pieces) = pieces {
                    text.push_str(&format!("# piece: {}\n", whole(&contributed.piece, pieces)));
                    for (piece, fields) in &contributed.amended {
                        let piece = whole(piece, pieces);
                        text.push_str(&format!("# amended by {piece}: {}\n", fields.join(" ")));
                    }
                }
                text.push_str(&yaml::to_yaml(&manifest(&contributed.object)));
                text
            })
            .collect(),
        Format::Json => {
            let items: Vec<Value> = in_order
                .map(|contributed| manifest(&contributed.object))
                .collect();
            let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items});
            format!("{list:#}\n")
        }
    })
}

/// Name, version and digest.
fn whole(name: &str, pieces: &[RecordedPiece]) -> String {
    match pieces.iter().find(|piece| piece.name == name) {
        Some(piece) => format!("{name} {} {}", piece.version, piece.digest),
        None => name.to_owned(),
    }
}
