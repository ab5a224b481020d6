//! The README's piece, as its author would build, pack, inspect and use it.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod guest;

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

const NOTICE: [&str; 4] = ["--package", "meshhost-piece", "--example", "notice"];
const MODULE: &str = "examples/notice.wasm";

#[test]
fn a_strangers_piece_from_source_to_objects() {
    let folder = tempfile::tempdir().unwrap();
    let component = folder.path().join("notice.wasm");
    let component = component.to_str().unwrap();
    guest::pack(folder.path(), &NOTICE, MODULE, component);

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
    let module = guest::module(&NOTICE, MODULE);
    let refused = meshhost(&["render", "--plugin", module.to_str().unwrap()]);
    let text = said(&refused);
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(text.contains("meshhost plugin pack"), "{text}");
}
