//! `cargo xtask cluster` as people use it.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests fails the test that calls it"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use meshhost_local_cluster::{KubeVersion, find_or_build};
use tempfile::TempDir;

/// Runs `cargo xtask cluster ARGS` with a state directory of the test's own.
fn cluster(state: &TempDir, args: &[&str], prepare: impl FnOnce(&mut Command)) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg("cluster")
        .args(args)
        .env("XDG_STATE_HOME", state.path())
        .env_remove("KUBEBUILDER_ASSETS");
    prepare(&mut command);
    command.output().unwrap()
}

/// What it printed, and that it ended as it should.
fn said(output: &Output, code: i32) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

/// Takes the cluster down when the test ends, also when it fails.
struct Down<'a>(&'a TempDir);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        cluster(self.0, &["down"], |_| {});
    }
}

fn script(folder: &Path, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn up_status_kubeconfig_down() {
    let state = tempfile::tempdir().unwrap();
    assert!(said(&cluster(&state, &["status"], |_| {}), 0).contains("no cluster is up"));
    assert!(
        said(&cluster(&state, &["kubeconfig"], |_| {}), 1)
            .contains("cargo xtask cluster up --name default")
    );

    let down = Down(&state);
    let first = said(
        &cluster(
            &state,
            &["up", "--nodes", "1", "--kube-version", "1.37"],
            |_| {},
        ),
        0,
    );
    assert!(
        first.contains("cluster default is up: Kubernetes v1.37."),
        "{first}"
    );
    assert!(first.contains("1 node,"), "{first}");
    let again = said(&cluster(&state, &["up"], |_| {}), 0);
    assert!(again.contains("(it was already)"), "{again}");
    let other = said(&cluster(&state, &["up", "--nodes", "2"], |_| {}), 1);
    assert!(other.contains("take it down first"), "{other}");

    let path = said(&cluster(&state, &["kubeconfig"], |_| {}), 0);
    let kubeconfig = fs::read_to_string(path.trim()).unwrap();
    let server = kubeconfig
        .lines()
        .find_map(|l| l.trim().strip_prefix("server: "))
        .unwrap();
    let status = said(&cluster(&state, &["status"], |_| {}), 0);
    assert!(status.contains(server), "{status} {server}");

    assert!(said(&cluster(&state, &["down"], |_| {}), 0).contains("is down"));
    assert!(said(&cluster(&state, &["down"], |_| {}), 0).contains("was not up"));
    assert!(said(&cluster(&state, &["status"], |_| {}), 0).contains("no cluster is up"));
    assert!(!Path::new(path.trim()).exists());
    drop(down);
}

/// `KUBEBUILDER_ASSETS` names a folder with other builds of some components; here they are scripts that leave a trace and
/// become the built-in ones.
#[test]
fn programs_of_kubebuilder_assets_are_used() {
    let state = tempfile::tempdir().unwrap();
    let assets = tempfile::tempdir().unwrap();
    let program = find_or_build(KubeVersion::default()).unwrap();
    for name in ["etcd", "kube-apiserver"] {
        let trace = assets.path().join(format!("{name}.trace"));
        script(
            assets.path(),
            name,
            &format!(
                "touch '{}'\nexec '{}' {name} \"$@\"",
                trace.display(),
                program.path.display()
            ),
        );
    }
    let _down = Down(&state);
    let up = cluster(&state, &["up", "--nodes", "1"], |c| {
        c.env("KUBEBUILDER_ASSETS", assets.path());
    });
    said(&up, 0);
    assert!(assets.path().join("etcd.trace").exists());
    assert!(assets.path().join("kube-apiserver.trace").exists());
}

#[test]
fn mistakes_say_what_to_do() {
    let state = tempfile::tempdir().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let version = said(
        &cluster(&state, &["up", "--kube-version", "1.9"], |_| {}),
        2,
    );
    assert!(version.contains("there is 1.37"), "{version}");
    let name = said(&cluster(&state, &["up", "--name", "No/Name"], |_| {}), 1);
    assert!(name.contains("lower-case letters"), "{name}");
    let assets = cluster(&state, &["up"], |c| {
        c.env("KUBEBUILDER_ASSETS", empty.path());
    });
    let assets = said(&assets, 1);
    assert!(
        assets.contains("KUBEBUILDER_ASSETS") && assets.contains("kube-apiserver"),
        "{assets}"
    );
}

#[test]
fn without_a_usable_go_the_error_says_what_to_install() {
    let state = tempfile::tempdir().unwrap();
    let path = tempfile::tempdir().unwrap();
    let build = || {
        let output = cluster(&state, &["up"], |c| {
            c.env("PATH", path.path())
                .env("XDG_CACHE_HOME", state.path());
        });
        said(&output, 1)
    };
    let none = build();
    assert!(
        none.contains("no `go` in PATH") && none.contains("https://go.dev/dl"),
        "{none}"
    );
    script(
        path.path(),
        "go",
        "echo 'go: go.mod requires go >= 1.26.0 (running go 1.19)' >&2; exit 1",
    );
    let old = build();
    assert!(
        old.contains("Go 1.26.0 or later") && old.contains("running go 1.19"),
        "{old}"
    );
    // A Go that starts and then breaks, as one without network does: its own words are shown.
    script(
        path.path(),
        "go",
        "[ \"$2\" = -m ] && exit 0; echo 'dial tcp: no route to host' >&2; exit 1",
    );
    let broken = build();
    assert!(broken.contains("dial tcp: no route to host"), "{broken}");
}
