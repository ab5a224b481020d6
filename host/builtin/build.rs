//! Builds the project's own pieces for WebAssembly and makes components of them.
//!
//! Writes each to `target/pieces/NAME.wasm` too, where `--plugin` and other people's tests find it.

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// In the order in which an installation lists them by default.
const PIECES: &[&str] = &["control-plane", "cni", "gateway", "addons", "critical-pods"];
const TARGET: &str = "wasm32-unknown-unknown";

fn main() {
    if let Err(error) = build() {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .ok_or("the crate is not where the workspace has it")?
        .to_owned();
    for watched in ["plugins", "wit", "Cargo.lock", "rust-toolchain.toml"] {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    check_target()?;

    let target_dir = target_dir(&out)?;
    let modules = compile(&root, &target_dir.join("pieces-build"))?;
    let pieces = target_dir.join("pieces");
    fs::create_dir_all(&pieces)?;
    let mut list = String::from("const BUILTIN: &[Builtin] = &[\n");
    for name in PIECES {
        let module =
            fs::read(modules.join(format!("meshhost_piece_{}.wasm", name.replace('-', "_"))))?;
        let component =
            meshhost_pack::pack(&module).map_err(|error| format!("piece {name}: {error}"))?;
        fs::write(out.join(format!("{name}.wasm")), &component)?;
        write_if_other(&pieces.join(format!("{name}.wasm")), &component)?;
        writeln!(
            list,
            "    Builtin {{ name: {name:?}, component: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.wasm\")) }},"
        )?;
    }
    list.push_str("];\n");
    fs::write(out.join("builtin.rs"), list)?;
    Ok(())
}

/// rustup fetches the target by itself (rust-toolchain.toml) unless it is told not to.
fn check_target() -> Result<(), Box<dyn Error>> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()?;
    let folder = String::from_utf8(output.stdout)?;
    if output.status.success() && Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    Err(format!(
        "the pieces are WebAssembly, and Rust's {TARGET} target is not installed\n\
         fetch it with this one command, then build again: rustup target add {TARGET}"
    )
    .into())
}

/// Cargo marks its target folder with this file, wherever the person has put it.
fn target_dir(out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    out.ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .map(Path::to_owned)
        .ok_or_else(|| "cargo's target folder was not found above OUT_DIR".into())
}

fn compile(root: &Path, target_dir: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args(["build", "--quiet", "--profile", "piece", "--target", TARGET])
        .arg("--target-dir")
        .arg(target_dir);
    if root.join("Cargo.lock").is_file() {
        cargo.arg("--locked");
    }
    for name in PIECES {
        cargo.arg("--package").arg(format!("meshhost-piece-{name}"));
    }
    // What this build was given (flags, wrappers, the host's profile) is not meant for the pieces: their bytes must not
    // depend on who builds them.
    for (key, _) in env::vars_os() {
        let name = key.to_string_lossy();
        let kept = ["CARGO", "CARGO_HOME", "CARGO_NET_OFFLINE"].contains(&name.as_ref())
            || name.starts_with("CARGO_REGISTR")
            || name.starts_with("CARGO_HTTP");
        if !kept
            && (name.starts_with("CARGO")
                || name.starts_with("RUSTFLAGS")
                || name.starts_with("RUSTC"))
        {
            cargo.env_remove(&key);
        }
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", remapped(root));
    let output = cargo.output()?;
    if !output.status.success() {
        return Err(format!(
            "the built-in pieces do not build:\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    Ok(target_dir.join(TARGET).join("piece"))
}

/// Paths in panic messages say where in the project or in which crate, not on whose machine.
fn remapped(root: &Path) -> String {
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}/=", root.display())];
    if let Some(sources) = home.map(|home| home.join("registry").join("src")) {
        let indexes = fs::read_dir(&sources).into_iter().flatten().flatten();
        for index in indexes.filter(|entry| entry.path().is_dir()) {
            flags.push(format!("--remap-path-prefix={}/=", index.path().display()));
        }
    }
    flags.join("\u{1f}")
}

fn write_if_other(path: &Path, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    if fs::read(path).ok().as_deref() != Some(bytes) {
        let mut partial = path.as_os_str().to_owned();
        partial.push(OsStr::new(".partial"));
        fs::write(&partial, bytes)?;
        fs::rename(&partial, path)?;
    }
    Ok(())
}
