//! `meshhost profile`: the named starting points of settings.

use std::fmt::Write as _;

use meshhost_core::profile::{Form, Profiles};
use meshhost_core::yaml;

use crate::cli::args::{Api, ApiForm, Profile};
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
            report::data(&text);
            Ok(exit::DONE)
        }
        Profile::Dump { profile, path, api } => {
            wish::read_profile(&mut profiles, profile)?;
            let value = profiles.dump(profile, form(api), path.as_deref())?;
            report::data(&yaml::to_yaml(&value));
            Ok(exit::DONE)
        }
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
            report::data(&text);
            Ok(if differences.is_empty() {
                exit::DONE
            } else {
                exit::CHANGES
            })
        }
    }
}

fn form(api: &Api) -> Form {
    match api.api {
        ApiForm::IstioControlPlane => Form::IstioControlPlane,
        ApiForm::Installation => Form::Installation,
    }
}
