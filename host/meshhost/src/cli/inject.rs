//! `meshhost inject`: workloads in, workloads with sidecars out.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use meshhost::{once, source};
use meshhost_core::card::{GrantedFile, Request};
use meshhost_core::injection::{self, Injected, Workloads};
use meshhost_core::problem::{Problem, Problems};
use meshhost_core::source::{Source, SourceKind};
use meshhost_core::yaml;
use meshhost_runtime::{CallError, CallFailure, Piece};
use serde_json::json;

use crate::cli::args::Inject;
use crate::cli::fault::{Fault, exit};
use crate::cli::limits::FlagLimits;
use crate::cli::{approval, report, wish};

mod configuration;

use configuration::Configuration;

pub(crate) fn run(args: &Inject) -> Result<u8, Fault> {
    // What can be refused without a mesh is refused first.
    let texts = texts(args)?;
    let mut problems = Problems::default();
    let mut workloads = Vec::new();
    for text in &texts {
        match Workloads::read(text) {
            Ok(found) => workloads.push(found),
            Err(found) => problems.extend(found),
        }
    }
    let workloads = problems.or(workloads)?;
    let configuration = configuration::find(args)?;
    let piece = injector(args)?;
    let injected = inject(&piece, args, configuration, workloads)?;
    for note in &injected.notes {
        let place = note.origin.as_ref().map(|origin| format!("{origin}: "));
        report::talk(&format!(
            "note: {}{}",
            place.unwrap_or_default(),
            note.message
        ));
    }
    for warning in &injected.warnings {
        report::warning(warning);
    }
    match &args.output {
        None => report::data(&injected.text),
        Some(path) => std::fs::write(path, &injected.text).map_err(|error| {
            Fault::failed(
                format!("cannot write {}: {error}", path.display()),
                "give a path that you may write to",
            )
        })?,
    }
    Ok(exit::DONE)
}

/// Everything that was named, and stdin when nothing was.
fn texts(args: &Inject) -> Result<Vec<std::sync::Arc<Source>>, Fault> {
    let mut named: Vec<PathBuf> = args.named.iter().chain(&args.files).cloned().collect();
    if named.is_empty() {
        if std::io::stdin().is_terminal() {
            return Err(Fault::usage(
                "there is nothing to inject into",
                "name a file of workloads, or pipe them in: `kubectl get deploy NAME -o yaml | meshhost inject`",
            ));
        }
        named.push("-".into());
    }
    named
        .iter()
        .map(|path| {
            Ok(if path == Path::new("-") {
                Source::new(SourceKind::Stdin, "-", wish::read_stdin()?)
            } else {
                let name = path.display().to_string();
                Source::new(SourceKind::File, name, wish::read_text(path)?)
            })
        })
        .collect()
}

fn injector(args: &Inject) -> Result<Piece, Fault> {
    let limits = FlagLimits::read(&args.limits)?;
    let (name, bytes) = match &args.injector {
        None => ("injection".to_owned(), source::builtin("injection")),
        Some(path) => (path.display().to_string(), source::file(path)),
    };
    let bytes = bytes.map_err(|error| {
        Fault::usage(
            format!("--injector {error}"),
            "give the path of a component file",
        )
    })?;
    let piece = wish::load(&wish::runtime(), &name, &bytes, |piece| limits.of(piece))?;
    if !piece.injects() {
        return Err(Fault::usage(
            format!("--injector {name}: the piece puts nothing into workloads"),
            "give a piece that exports meshhost:piece/inject",
        ));
    }
    Ok(piece)
}

fn inject(
    piece: &Piece,
    args: &Inject,
    configuration: Configuration,
    workloads: Vec<Workloads>,
) -> Result<Injected, Fault> {
    let objects: Vec<Vec<String>> = workloads.iter().map(Workloads::objects).collect();
    let file = |(wish, content): (&str, String)| GrantedFile {
        wish: wish.to_owned(),
        path: wish.to_owned(),
        content: content.into_bytes(),
    };
    let mut files: Vec<GrantedFile> = configuration.texts.into_iter().map(file).collect();
    files.sort_by(|one, other| one.wish.cmp(&other.wish));
    let request = Request {
        installation: "default".to_owned(),
        namespace: configuration.namespace,
        facts: configuration.facts,
        settings: match args.skip_opted_out {
            true => json!({ "skipOptedOut": true }),
            false => json!({}),
        },
        files,
        once: once::fresh().map_err(|error| Fault::from_error(&error))?,
    };
    let objects_of_all = objects.concat();
    let outcomes = piece
        .inject(&request, &objects_of_all)
        .map_err(|error| refused(&error, &configuration.from))?;
    let added = injection::added(&objects_of_all, &outcomes);
    let mut outcomes = outcomes.into_iter();
    let mut whole = Injected::default();
    let mut problems = Problems::default();
    for (workloads, objects) in workloads.into_iter().zip(&objects) {
        let outcomes = outcomes.by_ref().take(objects.len()).collect();
        match workloads.finish(outcomes) {
            Err(found) => problems.extend(found),
            Ok(injected) => {
                whole.text = yaml::joined([&whole.text, &injected.text]);
                whole.notes.extend(injected.notes);
                whole.warnings.extend(injected.warnings);
            }
        }
    }
    let whole = problems.or(whole)?;
    if let Some(source) = &args.injector {
        let needs = added.map_err(|why| {
            Fault::failed(
                format!("piece {}: {why}", piece.card().name),
                "leave it out of what is injected, or take its items out of the list",
            )
        })?;
        approval::require_injector(piece, args, source, &needs, &configuration.lock_file)?;
    }
    Ok(whole)
}

/// A mesh that cannot be worked with, told with where it comes from.
fn refused(error: &CallError, from: &str) -> Fault {
    let CallFailure::Rejected(problems) = &error.failure else {
        return Fault::from_error(error);
    };
    Fault {
        code: exit::FAILED,
        problems: problems
            .iter()
            .map(|problem| {
                let text = match problem.path.as_str() {
                    "" => String::new(),
                    path => format!(", `{path}`"),
                };
                Problem::nowhere("", format!("{from}{text}: {}", problem.message))
                    .maybe_hint(problem.hint.clone())
            })
            .collect(),
    }
}
