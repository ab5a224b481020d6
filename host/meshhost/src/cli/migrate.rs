//! `meshhost manifest migrate`: values of a Helm installation of Istio 1.4 as an IstioControlPlane.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use meshhost_core::document::{Api, Document};
use meshhost_core::migrate::{migrate, spelled_as_values};
use meshhost_core::problem::Problem;
use meshhost_core::setting::{Setting, kind_of};
use meshhost_core::source::{Origin, Source, SourceKind};
use meshhost_core::{control_plane_api as api, release, yaml};
use serde_json::json;

use crate::cli::args::Settings;
use crate::cli::fault::{Fault, exit};
use crate::cli::{render, report, wish};

/// Prints what `render` takes: what it would refuse is refused here, at its place in the values.
pub(crate) fn run(files: &[PathBuf]) -> Result<u8, Fault> {
    let values = read(files)?;
    let spec = migrate(values.clone());
    let document = json!({
        "apiVersion": api::API_VERSION,
        "kind": api::KIND,
        "spec": spec.to_json(),
    });
    check(spec).map_err(|fault| Fault {
        problems: spelled_as_values(&values, fault.problems),
        ..fault
    })?;
    report::data(&yaml::to_yaml(&document));
    Ok(exit::DONE)
}

fn check(spec: Setting) -> Result<(), Fault> {
    let mut inputs = wish::read(&Settings::default())?;
    inputs.lay(Document {
        api: Api::ControlPlane,
        metadata: None,
        spec,
    });
    let wish = inputs.choose()?.resolve()?;
    let facts = release::facts(release::NEWEST).map_err(|error| Fault::from_error(&error))?;
    let rendered = wish.render(&facts)?;
    render::tell(&wish, &rendered);
    Ok(())
}

/// All files as one, later ones laid over earlier ones, as `helm -f` does.
fn read(files: &[PathBuf]) -> Result<Setting, Fault> {
    let stdin = [PathBuf::from("-")];
    let files = if files.is_empty() { &stdin } else { files };
    let mut values: Option<Setting> = None;
    for path in files {
        let source = if path == Path::new("-") {
            Source::new(SourceKind::Stdin, "-", wish::read_stdin()?)
        } else {
            let name = path.display().to_string();
            Source::new(SourceKind::File, name, wish::read_text(path)?)
        };
        let one = one(&source)?;
        match &mut values {
            None => values = Some(one),
            Some(values) => values.lay_over(one),
        }
    }
    values.ok_or_else(|| Fault::usage("no values were given", "name a values file"))
}

fn one(source: &Arc<Source>) -> Result<Setting, Fault> {
    let refused = |origin: &Origin, message: String, hint: &str| Fault {
        code: exit::USAGE,
        problems: vec![Problem::at(origin, "", message).hint(hint)],
    };
    let mut documents = yaml::read(source)?.into_iter();
    let Some(values) = documents.next() else {
        let start = Origin::new(source, 0, 0);
        return Err(refused(
            &start,
            "holds no values".to_owned(),
            "give the file that was given to `helm install -f`",
        ));
    };
    if let Some(second) = documents.next() {
        return Err(refused(
            &second.origin,
            "a second document begins here, and values are one".to_owned(),
            "give each document as a file of its own: later files are laid over earlier ones",
        ));
    }
    if values.map().is_none() {
        let message = format!("must be a map of values, not {}", kind_of(&values.value));
        return Err(refused(
            &values.origin,
            message,
            "give the file that was given to `helm install -f`",
        ));
    }
    if let (Some(_), Some(kind)) = (values.get("apiVersion"), values.get("kind")) {
        return Err(refused(
            &kind.origin,
            "is a document with a kind, and no values of a chart".to_owned(),
            "an IstioControlPlane needs no migration: give it to `-f`",
        ));
    }
    Ok(values)
}
