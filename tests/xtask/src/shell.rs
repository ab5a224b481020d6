//! Running programs for a person who watches: what is done is said before it is done. Owns that; must not know why.

use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The project's root folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .map(Path::to_owned)
        .unwrap_or_default()
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs this program.
///
/// What cargo tells this program of itself is not passed on: crates that are compiled with `env!("CARGO_PKG_VERSION")`
/// would be compiled again each time that cargo is called from here and from a shell in turn.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        if [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
        ]
        .iter()
        .any(|start| name.starts_with(start))
        {
            cargo.env_remove(&key);
        }
    }
    cargo
}

/// Says what is done, does it with its output passed on, and says how long it took.
pub(crate) fn step(title: &str, command: &mut Command) -> Result<(), Box<dyn Error>> {
    eprintln!("==> {title}\n    {}", spelled(command));
    let start = Instant::now();
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{}: {error}", command.get_program().to_string_lossy()))?;
    if !status.success() {
        return Err(format!("{title}: `{}` failed ({status})", spelled(command)).into());
    }
    eprintln!("    {title}: done in {} s", start.elapsed().as_secs());
    Ok(())
}

/// The wasm target is part of rust-toolchain.toml, but rustup can be told not to fetch by itself.
pub(crate) fn wasm_target() -> Result<(), Box<dyn Error>> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let output = Command::new("rustc")
        .current_dir(root())
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()?;
    let folder = String::from_utf8(output.stdout)?;
    if output.status.success() && Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup.current_dir(root()).args(["target", "add", TARGET]);
    step("fetch Rust's WebAssembly target", &mut rustup)
}

/// As a person at the project's root would type it.
fn spelled(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = match program.strip_prefix(root()) {
        Ok(ours) => ours.as_os_str(),
        Err(_) => program.file_name().unwrap_or(program.as_os_str()),
    };
    std::iter::once(program)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
