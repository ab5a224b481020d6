//! `cargo xtask test`: everything that CI runs, in the order in which a mistake shows soonest.

use std::error::Error;
use std::process::Command;
use std::thread;

use meshhost_local_cluster::{BuildError, KubeVersion};

use crate::shell;

/// The version of cargo-deny that is installed when there is none.
const CARGO_DENY: &str = "0.20.2";

/// Runs it all; the first failure ends it.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    shell::step(
        "check the formatting",
        shell::cargo().args(["fmt", "--all", "--check"]),
    )?;
    shell::wasm_target()?;
    shell::step("check the dependencies", &mut deny()?)?;
    // Both have stretches in which one of two cores is idle.
    thread::scope(|scope| {
        let programs = scope.spawn(programs);
        shell::step(
            "build everything, under clippy",
            linted().args(["test", "--workspace", "--all-targets", "--no-run"]),
        )?;
        let built = programs
            .join()
            .map_err(|_| "the build of a program in Go panicked")?;
        Ok::<_, Box<dyn Error>>(built?)
    })?;
    shell::step(
        "run the tests",
        linted().args(["test", "--workspace", "--no-fail-fast"]),
    )?;
    eprintln!("==> all checks passed");
    Ok(())
}

/// What tests start that is written in Go.
fn programs() -> Result<(), BuildError> {
    for version in KubeVersion::ALL {
        eprintln!(
            "==> build the local control plane, Kubernetes {version} (kept in the user's cache)"
        );
        meshhost_local_cluster::find_or_build(version)?;
    }
    eprintln!("==> build Helm, to compare with (kept in the user's cache)");
    meshhost_local_cluster::helm()?;
    Ok(())
}

/// cargo, with clippy in the place of the compiler for the crates of this project, as `cargo clippy` does it, but for a build
/// that makes programs: `cargo clippy` before it would read all dependencies a second time, which are most of the work.
fn linted() -> Command {
    let mut cargo = shell::cargo();
    cargo
        .env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver")
        .env("CLIPPY_ARGS", "-Dwarnings")
        // Tests of a control plane wait more than they compute.
        .env("RUST_TEST_THREADS", "4");
    cargo
}

/// cargo-deny, installed below `target` when it is not there: the person's own tools are left alone.
fn deny() -> Result<Command, Box<dyn Error>> {
    let installed = Command::new("cargo-deny")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    let mut deny = if installed {
        Command::new("cargo-deny")
    } else {
        let tools = shell::target().join("tools");
        let program = tools.join("bin").join("cargo-deny");
        if !program.is_file() {
            shell::step(
                "install cargo-deny",
                shell::cargo()
                    .args(["install", "cargo-deny", "--locked", "--version", CARGO_DENY])
                    // Built once and run for a second: an optimised build costs more than it gives.
                    .args(["--profile", "dev", "--root"])
                    .arg(&tools),
            )?;
        }
        Command::new(program)
    };
    // The advisory database is not asked: it changes without this project changing.
    deny.current_dir(shell::root()).args([
        "--log-level",
        "error",
        "check",
        "bans",
        "licenses",
        "sources",
    ]);
    Ok(deny)
}
