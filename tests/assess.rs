//! A piece that judges its own objects, from its sandbox to what a person and a machine are told.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod guest;

use std::process::{Command, Output, Stdio};

use meshhost_local_cluster::{Cluster, Settings};
use serde_json::Value;

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn its_word_is_waited_for_and_told() {
    let cluster = Cluster::start(&Settings::default()).expect("a cluster starts");
    let folder = tempfile::tempdir().unwrap();
    let meshhost = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_meshhost"))
            .args(args)
            .env("KUBECONFIG", &cluster.info().kubeconfig)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    // It judges ConfigMaps, and wants to see pods of theirs, which they never have.
    let probe = ["--package", "meshhost-probe"];
    guest::pack(folder.path(), &probe, "meshhost_probe.wasm", "probe.wasm");
    let wish = [
        "--profile=minimal",
        "--plugin=probe.wasm",
        "--set=pieces.probe.settings.what=objects,pieces.probe.settings.number=1",
    ];
    let added = meshhost(&[&["plugin", "add", "--agree"], &wish[..]].concat());
    assert!(added.status.success(), "{}", said(&added));
    let apply = [&["apply", "--yes"], &wish[..]].concat();
    let failed = meshhost(&[&apply[..], &["--timeout=15s"]].concat());
    let text = said(&failed);
    assert_eq!(failed.status.code(), Some(1), "{text}");
    let word =
        "ConfigMap istio-system/probe-0 (piece probe) is not ready: piece probe says: no pods";
    assert!(text.contains(word), "{text}");

    // Everything else is there by now.
    let failed = meshhost(&[&apply[..], &["--timeout=5s", "--output=json"]].concat());
    let events: Vec<Value> = String::from_utf8_lossy(&failed.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told = events.iter().find(|event| event["event"] == "not-ready");
    let told = told.unwrap_or_else(|| panic!("{events:#?}"));
    assert_eq!(told["id"]["name"], "probe-0");
    assert_eq!(told["piece"], "probe");
    assert_eq!(told["failed"], false);
    assert!(
        told["why"]
            .as_str()
            .unwrap()
            .starts_with("piece probe says: no pods"),
        "{told}"
    );

    let removed = meshhost(&["uninstall", "--yes"]);
    assert!(removed.status.success(), "{}", said(&removed));
}
