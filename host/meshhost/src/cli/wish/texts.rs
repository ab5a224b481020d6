//! Texts that flags name: files, profiles and standard input. Owns telling why one cannot be read; must not know what is in
//! them.

use std::io::{self, Read};
use std::path::Path;

use meshhost_core::profile::Profiles;

use crate::cli::fault::Fault;

/// A profile given as a file is read and put beside the built-in ones.
pub(crate) fn read_profile(profiles: &mut Profiles, name: &str) -> Result<(), Fault> {
    let path = Path::new(name);
    if profiles.names().contains(&name) {
        return Ok(());
    }
    let is_file =
        name.contains('/') || matches!(path.extension(), Some(e) if e == "yaml" || e == "yml");
    if is_file {
        profiles.insert(name, &read_text(path)?);
    }
    Ok(())
}

/// A text file; what is not UTF-8 is refused with the place.
pub(crate) fn read_text(path: &Path) -> Result<String, Fault> {
    let bytes = std::fs::read(path).map_err(|error| {
        Fault::usage(
            format!("cannot read {}: {error}", path.display()),
            "give the path of a YAML or JSON file that you may read",
        )
    })?;
    text(path, bytes)
}

/// All of standard input.
pub(crate) fn read_stdin() -> Result<String, Fault> {
    let mut bytes = Vec::new();
    io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Fault::failed(format!("cannot read stdin: {error}"), "try a file"))?;
    text(Path::new("stdin"), bytes)
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        Fault::usage(
            format!("{}:{line}: is not UTF-8 text", path.display()),
            "save the file as UTF-8",
        )
    })
}
