//! `meshhost profile`: the named starting points of settings.

use std::fmt::Write as _;

use meshhost_core::profile::{Form, Profiles, part};
use meshhost_core::yaml;

use crate::cli::args::{Api, ApiForm, Dump, Profile, Settings};
use crate::cli::fault::{Fault, exit};
use crate::cli::{report, wish};

pub(crate) fn run(args: &Profile) -> Result<u8, Fault> {
    let mut profiles = Profiles::builtin();
    match args {
        Profile::List => {
            let names = profiles.names();
            let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
            let mut text = String::new();
            for name in names {
                let _ = writeln!(text, "{name:width$}  {}", profiles.summary(name));
            }
            report::text(&text);
            Ok(exit::DONE)
        }
        Profile::Dump(args) => dump(args),
        Profile::Diff { from, to, api } => {
            wish::read_profile(&mut profiles, from)?;
            wish::read_profile(&mut profiles, to)?;
            let differences = profiles.diff(from, to, form(api))?;
            let mut text = String::new();
            for difference in &differences {
                let _ = match (&difference.a, &difference.b) {
                    (Some(a), Some(b)) => writeln!(text, "  {}: {a} -> {b}", difference.path),
                    (None, Some(b)) => writeln!(text, "+ {}: {b}", difference.path),
                    (Some(a), None) => writeln!(text, "- {}: {a}", difference.path),
                    (None, None) => Ok(()),
                };
            }
            report::text(&text);
            Ok(if differences.is_empty() {
                exit::DONE
            } else {
                exit::CHANGES
            })
        }
    }
}

fn dump(args: &Dump) -> Result<u8, Fault> {
    let settings = Settings {
        files: args.files.clone(),
        set: args.set.clone(),
        profile: args.profile.clone(),
        ..Settings::default()
    };
    let draft = wish::read(&settings)?.choose()?;
    let whole = draft.chosen.shown(form(&args.api));
    // What is laid over the profile may be wrong, and only the pieces know.
    let laid_over = !args.files.is_empty() || !args.set.is_empty();
    let resolved = if laid_over || args.helm_values {
        let resolved = draft.resolve()?.resolved;
        resolved.warnings.iter().for_each(report::warning);
        Some(resolved)
    } else {
        None
    };
    let values = resolved
        .filter(|_| args.helm_values)
        .map(|resolved| resolved.values());
    let shown = match (&args.config_path, values) {
        (None, Some(values)) => values,
        (None, None) => whole,
        (Some(path), values) => part(values.as_ref().unwrap_or(&whole["spec"]), path)?,
    };
    report::data(&yaml::to_yaml(&shown));
    Ok(exit::DONE)
}

fn form(api: &Api) -> Form {
    match api.api {
        ApiForm::IstioControlPlane => Form::IstioControlPlane,
        ApiForm::Installation => Form::Installation,
    }
}
