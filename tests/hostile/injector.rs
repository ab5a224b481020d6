//! An injector that is not built in: approved like any other piece, with what it makes workloads able to do.

use std::fs;
use std::process::Command;

use meshhost_core::quote;

use crate::hostile::{ANSWER, FREE, data, pair};
use crate::stranger::Stranger;

const WORKLOAD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"shop"},"spec":{"containers":[{"name":"shop"}]}}"#;

/// Gives the same object back for every workload.
fn injector(injected: &str) -> Vec<u8> {
    let (outcome, text) = (FREE, FREE + 64);
    let stranger = Stranger::new("stranger").with(|guest| {
        guest.inject = Some(format!("(i32.const {ANSWER})"));
        let some = [&[1, 0, 0, 0][..], &pair(text, injected.len()), &[0; 16]].concat();
        guest.fields = data(ANSWER, &[&[0; 4][..], &pair(outcome, 1)].concat())
            + &data(outcome, &some)
            + &data(text, injected.as_bytes());
    });
    stranger.component()
}

fn with(fields: &str) -> String {
    WORKLOAD.replace(r#""spec":{"#, &format!(r#""spec":{{{fields},"#))
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in ["config", "values", "mesh"] {
            fs::write(folder.path().join(file), "{}").unwrap();
        }
        fs::write(folder.path().join("shop.json"), WORKLOAD).unwrap();
        Self(folder)
    }

    fn injector(&self, injected: &str) {
        fs::write(self.0.path().join("injector.wasm"), injector(injected)).unwrap();
    }

    fn lock(&self) -> Option<String> {
        fs::read_to_string(self.0.path().join("meshhost.lock")).ok()
    }

    /// Exit code, what is handed out, and what is said.
    fn inject(&self, more: &[&str]) -> (Option<i32>, String, String) {
        let mesh = ["config", "values", "mesh"];
        let flags = [
            "--inject-config-file",
            "--values-file",
            "--mesh-config-file",
        ];
        let output = Command::new(env!("CARGO_BIN_EXE_meshhost"))
            .current_dir(self.0.path())
            .args(["inject", "shop.json", "--injector", "injector.wasm"])
            .args(flags.iter().zip(mesh).flat_map(|(flag, file)| [flag, file]))
            .args(more)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    fn refused(&self, more: &[&str], parts: &[&str]) {
        let (code, handed_out, said) = self.inject(more);
        assert_eq!((code, &*handed_out), (Some(1), ""), "{said}");
        assert_eq!(quote::plain(&said), said, "it is text");
        for part in parts {
            assert!(said.contains(part), "{part}:\n{said}");
        }
    }

    fn done(&self, more: &[&str]) -> String {
        let (code, handed_out, said) = self.inject(more);
        assert_eq!(code, Some(0), "{said}");
        assert!(handed_out.contains("hostNetwork"), "{handed_out}");
        said
    }
}

#[test]
fn is_approved_before_what_it_returns_is_handed_out() {
    let folder = Folder::new();
    folder.injector(&with(r#""hostNetwork":true"#));
    let new = "piece stranger 1.0.0 (injector.wasm, sha256:";
    let wants = "is not built in and was not approved; it wants to use the network of the node; change workloads that `inject` hands to it";
    folder.refused(&[], &[new, wants, "`--agree`"]);
    assert_eq!(folder.lock(), None);

    let said = folder.done(&["--agree"]);
    assert!(said.contains("Pod shop: spec.hostNetwork"), "{said}");
    let approved = folder.lock().unwrap();
    assert!(approved.contains("- host-network"), "{approved}");
    folder.done(&["--locked"]);

    // Other bytes under the same name, which want more.
    folder.injector(&with(r#""hostNetwork":true,"hostPID":true"#));
    folder.refused(
        &["--locked"],
        &[
            "is not the one that was approved",
            "it wants to see and signal all processes of the node",
        ],
    );
    assert_eq!(folder.lock(), Some(approved));
}

#[test]
fn what_it_adds_is_held_against_what_was_approved_each_time() {
    let folder = Folder::new();
    folder.injector(&with(r#""hostNetwork":true"#));
    // A workload that has it already: nothing is added.
    fs::write(
        folder.0.path().join("shop.json"),
        with(r#""hostNetwork":true"#),
    )
    .unwrap();
    folder.done(&["--agree"]);
    assert!(!folder.lock().unwrap().contains("host-network"));
    fs::write(folder.0.path().join("shop.json"), WORKLOAD).unwrap();
    folder.refused(
        &["--locked"],
        &["wants more than was approved; it wants to use the network of the node"],
    );
}
