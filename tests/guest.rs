//! Pieces in Rust that are none of the built-in ones, for tests of the command line: built, and packed into a folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) fn root() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.ancestors().nth(2).unwrap().to_owned()
}

/// Packs the module that [`module`] builds.
pub(crate) fn pack(folder: &Path, flags: &[&str], module: &str, name: &str) {
    let module = self::module(flags, module);
    let mut pack = meshhost(folder);
    succeed(pack.args(["plugin", "pack"]).arg(module).args(["-o", name]));
}

/// Builds what cargo's flags say beside the built-in pieces, whose dependencies are there already; the module that comes of it.
pub(crate) fn module(flags: &[&str], name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_meshhost"))
        .ancestors()
        .nth(2)
        .unwrap()
        .join("pieces-build");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root())
        .args(["build", "--quiet", "--profile", "piece"])
        .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(&target)
        .args(flags);
    for (key, _) in std::env::vars_os() {
        let key = key.to_string_lossy().into_owned();
        let of_cargo =
            key.starts_with("CARGO_") && !["CARGO_HOME", "CARGO_NET_OFFLINE"].contains(&&*key);
        if of_cargo || key.starts_with("RUSTC_") {
            cargo.env_remove(&key);
        }
    }
    succeed(&mut cargo);
    target.join("wasm32-unknown-unknown/piece").join(name)
}

pub(crate) fn meshhost(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshhost"));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

fn succeed(command: &mut Command) {
    let output: Output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
