//! Running `meshhost inject`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use meshhost_core::source::{Source, SourceKind};
use meshhost_core::yaml;
use serde_json::Value;

/// Runs the binary with workloads on its stdin.
pub(crate) fn inject(args: &[&str], workloads: &str) -> Output {
    with_kubeconfig(args, workloads, "nowhere")
}

pub(crate) fn with_kubeconfig(args: &[&str], workloads: &str, kubeconfig: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_meshhost"))
        .arg("inject")
        .args(args)
        .env("KUBECONFIG", kubeconfig)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may refuse its arguments without reading.
    let _ = child.stdin.take().unwrap().write_all(workloads.as_bytes());
    child.wait_with_output().unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The documents that came out, and what was said.
pub(crate) fn injected(args: &[&str], workloads: &str) -> (Vec<Value>, String) {
    let output = inject(args, workloads);
    assert!(output.status.success(), "{}", stderr(&output));
    (documents(&output.stdout), stderr(&output))
}

pub(crate) fn documents(text: &[u8]) -> Vec<Value> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    yaml::read_values(&Source::new(SourceKind::File, "output", text)).unwrap()
}
