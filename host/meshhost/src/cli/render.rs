//! `meshhost render`: settings in, objects out.

use meshhost::pipeline::Rendered;
use meshhost_core::bundle::Bundle;
use meshhost_core::card::Severity;
use meshhost_core::{release, waves, yaml};
use serde_json::Value;

use crate::cli::args::{Format, Render};
use crate::cli::fault::{Fault, exit};
use crate::cli::report;
use crate::cli::wish::{self, Wish};

pub(crate) fn run(args: &Render) -> Result<u8, Fault> {
    let facts = release::facts(&args.kube_version).map_err(|error| {
        Fault::usage(format!("--kube-version: {error}"), "give one such as 1.37")
    })?;
    let wish = wish::read(&args.settings)?.choose()?.resolve()?;
    let rendered = wish.render(&facts)?;
    tell(&wish, &rendered);
    report::data(&text(&rendered.bundle, args.output, args.provenance)?);
    Ok(exit::DONE)
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

fn text(bundle: &Bundle, format: Format, provenance: bool) -> Result<String, Fault> {
    let waves = waves::waves(bundle).map_err(|error| Fault::from_error(&error))?;
    let in_order = waves
        .iter()
        .flat_map(|wave| &wave.objects)
        .filter_map(|id| bundle.object(id));
    let manifest =
        |object: &meshhost_core::object::Object| Value::Object(object.manifest().clone());
    Ok(match format {
        Format::Yaml => in_order
            .map(|contributed| {
                let mut text = String::from("---\n");
                if provenance {
                    text.push_str(&format!("# piece: {}\n", contributed.piece));
                    for (piece, fields) in &contributed.amended {
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
