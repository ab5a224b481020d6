//! Builds the project's own pieces for WebAssembly, those in Rust with cargo and those in Go with Go, and makes components
//! of them.
//!
//! Writes each to `target/pieces/NAME.wasm` too, where `--plugin` and other people's tests find it.

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// In the order in which an installation lists them by default.
const PIECES: &[&str] = &["control-plane", "cni", "gateway", "addons", "critical-pods"];
const TARGET: &str = "wasm32-unknown-unknown";
/// Those in Go, which no installation lists by default.
const GO_PIECES: &[&str] = &["injection", "chart"];
/// The Go that builds them, as rust-toolchain.toml pins Rust: another one makes other bytes. A newer or older `go` fetches
/// it, unless the person has set GOTOOLCHAIN.
const GO: &str = "go1.26.8";

fn main() {
    if let Err(error) = build() {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // Asked when it runs: a build folder that was copied with its checkout must not build the other one.
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?)
        .ancestors()
        .nth(2)
        .ok_or("the crate is not where the workspace has it")?
        .to_owned();
    println!("cargo::rerun-if-env-changed=GOTOOLCHAIN");
    for watched in ["plugins", "wit", "Cargo.lock", "rust-toolchain.toml"] {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    check_target()?;

    let target_dir = target_dir(&out)?;
    let modules = compile(&root, &target_dir.join("pieces-build"))?;
    let pieces = target_dir.join("pieces");
    fs::create_dir_all(&pieces)?;
    let mut list = String::from("const LISTED: &[Builtin] = &[\n");
    for name in PIECES {
        let module =
            fs::read(modules.join(format!("meshhost_piece_{}.wasm", name.replace('-', "_"))))?;
        let component =
            meshhost_pack::pack(&module).map_err(|error| format!("piece {name}: {error}"))?;
        fs::write(out.join(format!("{name}.wasm")), &component)?;
        write_if_other(&pieces.join(format!("{name}.wasm")), &component)?;
        writeln!(
            list,
            "    Builtin {{ name: {name:?}, digest: {:?}, carried: Carried::Plain(include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.wasm\"))) }},",
            digest(&component)
        )?;
    }
    list.push_str("];\nconst OTHERS: &[Builtin] = &[\n");
    for name in GO_PIECES {
        let module = compile_go(&root.join("plugins").join(name), &out.join("go.wasm"))?;
        let component =
            meshhost_pack::pack(&module).map_err(|error| format!("piece {name}: {error}"))?;
        write_if_other(&pieces.join(format!("{name}.wasm")), &component)?;
        fs::write(out.join(format!("{name}.deflate")), deflated(&component)?)?;
        writeln!(
            list,
            "    Builtin {{ name: {name:?}, digest: {:?}, carried: Carried::Deflated(include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.deflate\"))) }},",
            digest(&component)
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

/// What Go makes of one module: a library for WASI preview 1, which packing closes.
fn compile_go(folder: &Path, module: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let piece = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut go = Command::new("go");
    go.current_dir(folder)
        .args(["build", "-trimpath", "-buildvcs=false", "-mod=readonly"])
        .args(["-buildmode=c-shared", "-ldflags=-buildid=", "-o"])
        .arg(module)
        .arg(".");
    // What the person has set for other programs is not meant for the pieces.
    for (key, _) in env::vars_os() {
        let name = key.to_string_lossy();
        let kept = [
            "GOROOT",
            "GOPATH",
            "GOMODCACHE",
            "GOCACHE",
            "GOPROXY",
            "GOSUMDB",
        ];
        if name.starts_with("GO") && name != "GOTOOLCHAIN" && !kept.contains(&name.as_ref()) {
            go.env_remove(&key);
        }
    }
    go.env("GOFLAGS", "")
        .env("GOWORK", "off")
        .env("GOENV", "off");
    go.env("GOOS", "wasip1")
        .env("GOARCH", "wasm")
        .env("CGO_ENABLED", "0");
    if env::var_os("GOTOOLCHAIN").is_none() {
        go.env("GOTOOLCHAIN", GO);
    }
    let output = go.output().map_err(|error| {
        format!(
            "the built-in piece `{piece}` is written in Go, and there is no `go` in PATH ({error})\n\
             install Go 1.26 or later from https://go.dev/dl or with the system's package manager, then build again"
        )
    })?;
    if !output.status.success() {
        return Err(format!(
            "the built-in piece `{piece}` does not build; {GO} is what it is built with, and with GOTOOLCHAIN=local the Go \
             that is there tries:\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    Ok(fs::read(module)?)
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

fn deflated(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
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
