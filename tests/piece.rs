//! The README's piece, as its author would build, pack, inspect and use it.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn meshhost(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meshhost"))
        .args(args)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Builds the example for WebAssembly, beside the built-in pieces, whose dependencies are there already.
fn module() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let target = Path::new(env!("CARGO_BIN_EXE_meshhost"))
        .ancestors()
        .nth(2)
        .unwrap()
        .join("pieces-build");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args([
            "build",
            "--quiet",
            "--profile",
            "piece",
            "--target",
            "wasm32-unknown-unknown",
        ])
        .args([
            "--package",
            "meshhost-piece",
            "--example",
            "notice",
            "--target-dir",
        ])
        .arg(&target);
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy().into_owned();
        let of_cargo =
            name.starts_with("CARGO_") && !["CARGO_HOME", "CARGO_NET_OFFLINE"].contains(&&*name);
        if of_cargo || name.starts_with("RUSTC_") {
            cargo.env_remove(&key);
        }
    }
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    target.join("wasm32-unknown-unknown/piece/examples/notice.wasm")
}

#[test]
fn a_strangers_piece_from_source_to_objects() {
    let folder = tempfile::tempdir().unwrap();
    let component = folder.path().join("notice.wasm");
    let component = component.to_str().unwrap();
    let module = module();

    let packed = meshhost(&["plugin", "pack", module.to_str().unwrap(), "-o", component]);
    assert!(packed.status.success(), "{}", said(&packed));

    let inspected = meshhost(&["plugin", "inspect", component]);
    let text = said(&inspected);
    assert!(inspected.status.success(), "{text}");
    assert!(text.contains("notice 1.0.0: A notice"), "{text}");
    assert!(text.contains("ConfigMap named mesh-notice"), "{text}");
    assert!(
        text.contains("contact: string = \"platform@example.org\"  Whom to call."),
        "{text}"
    );

    let rendered = meshhost(&[
        "render",
        "--profile",
        "minimal",
        "--plugin",
        component,
        "--set",
        "pieces.notice.settings.contact=mesh@example.org",
    ]);
    let text = said(&rendered);
    assert!(rendered.status.success(), "{text}");
    assert!(
        text.contains("name: mesh-notice") && text.contains("mesh@example.org"),
        "{text}"
    );

    // What the piece itself refuses is told at the place where the person wrote it.
    let refused = meshhost(&[
        "render",
        "--profile",
        "minimal",
        "--plugin",
        component,
        "--set",
        "pieces.notice.settings.contact=nobody",
    ]);
    let text = said(&refused);
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(
        text.contains(
            "--set pieces.notice.settings.contact=nobody: piece notice: is no mail address"
        ),
        "{text}"
    );
}

#[test]
fn the_core_module_itself_is_not_a_piece() {
    let module = module();
    let refused = meshhost(&["render", "--plugin", module.to_str().unwrap()]);
    let text = said(&refused);
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(text.contains("meshhost plugin pack"), "{text}");
}
