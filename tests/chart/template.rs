//! `helm template`, of the version that the piece has.

use std::process::Command;

/// What it printed, or the first line of its error.
pub(crate) type Printed = Result<String, String>;

/// `helm template`, in a home of its own.
pub(crate) fn template(args: &[&str]) -> Printed {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(meshhost_local_cluster::helm().unwrap())
        .arg("template")
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() {
        return Ok(text(output.stdout));
    }
    let said = text(output.stderr);
    let error = said.lines().find_map(|line| line.strip_prefix("Error: "));
    Err(error.unwrap_or_else(|| panic!("{said}")).to_owned())
}
