//! Grants from the first question to the upgrade that wants more: a stranger's piece, without a cluster.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::fs;
use std::path::Path;

mod guest;

use guest::{meshhost, pack, root};

/// The vendor's piece (`tests/guests/vendor`).
fn vendor(folder: &Path, features: &[&str], name: &str) {
    let flags = [&["--package", "meshhost-vendor"], features].concat();
    pack(folder, &flags, "meshhost_vendor.wasm", name);
}

/// Runs a command and looks at its exit code and at what it must have said.
fn says(folder: &Path, args: &[&str], code: i32, parts: &[&str]) -> String {
    let output = meshhost(folder).args(args).output().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(code), "{args:?}:\n{said}");
    for part in parts {
        assert!(said.contains(part), "{args:?}: {part}:\n{said}");
    }
    said
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    vendor(folder.path(), &[], "vendor.wasm");
    for file in ["daemon.yaml", "narrow.yaml", "policies.yaml"] {
        let from = root().join("tests/cli/grants").join(file);
        fs::copy(from, folder.path().join(file)).unwrap();
    }
    folder
}

const DAEMON: &[&str] = &["-f", "daemon.yaml"];

fn with<'a>(verb: &[&'a str], rest: &[&'a str]) -> Vec<&'a str> {
    verb.iter().chain(rest).copied().collect()
}

#[test]
fn a_piece_is_approved_once_and_again_when_it_is_another() {
    let folder = folder();
    let at = folder.path();
    vendor(at, &["--features", "next"], "vendor-2.wasm");
    let lock = at.join("meshhost.lock");

    // Rendering changes nothing, and says so.
    let not_approved = "piece vendor 1.0.0 (vendor.wasm, sha256:";
    let told = says(
        at,
        &with(&["render"], DAEMON),
        0,
        &[not_approved, "was not approved"],
    );
    let digest = told.split("bundle ").last().unwrap();
    assert!(digest.starts_with("sha256:"), "{told}");
    says(at, &with(&["render"], DAEMON), 0, &[digest]);
    says(
        at,
        &with(&["render", "--locked"], DAEMON),
        1,
        &[not_approved],
    );

    // Nobody is asked without a terminal.
    let question = [
        "! run privileged containers: root on the node (privileged)",
        "DaemonSet.apps kube-system/vendor-agent: spec.template.spec.containers[0].securityContext.privileged",
        "! ClusterRole.rbac.authorization.k8s.io named vendor-*",
        "there is no terminal to ask on, so nothing was approved",
    ];
    says(at, &with(&["plugin", "add"], DAEMON), 1, &question);
    assert!(!lock.exists());

    let add = with(&["plugin", "add", "--agree"], DAEMON);
    says(at, &add, 0, &["piece vendor is approved in meshhost.lock"]);
    let approved = fs::read_to_string(&lock).unwrap();
    assert!(approved.contains("- privileged"), "{approved}");
    says(at, &add, 0, &["everything is approved already"]);
    assert_eq!(fs::read_to_string(&lock).unwrap(), approved);
    says(at, &with(&["render", "--locked"], DAEMON), 0, &[]);
    says(
        at,
        &["plugin", "grants"],
        0,
        &[
            "may run privileged containers",
            "may emit ConfigMap named vendor-*",
        ],
    );

    // The Installation narrows what was approved.
    let beyond = "spec.template.spec.containers[0].securityContext.privileged: would run privileged containers: root on the node, and the ability `privileged` is not granted";
    says(
        at,
        &with(&["render", "-f", "daemon.yaml"], &["-f", "narrow.yaml"]),
        1,
        &[beyond],
    );

    // Another version that wants more.
    let upgrade = ["--set", "pieces.vendor.source.file=vendor-2.wasm"];
    let more = [
        "is not the one that was approved",
        "+ Secret named vendor-*",
    ];
    says(
        at,
        &with(&with(&["plugin", "add"], DAEMON), &upgrade),
        1,
        &more,
    );
    says(
        at,
        &with(&with(&["render", "--locked"], DAEMON), &upgrade),
        1,
        &[
            "is not the one that was approved",
            "emit Secret named vendor-*",
        ],
    );

    says(
        at,
        &["plugin", "remove", "vendor"],
        0,
        &["no longer approved"],
    );
    says(
        at,
        &with(&["render", "--locked"], DAEMON),
        1,
        &[not_approved],
    );
    fs::write(&lock, "<<<<<<< HEAD\nversion: 1\n").unwrap();
    says(at, &with(&["render"], DAEMON), 1, &["meshhost.lock:"]);
}

#[test]
fn files_are_handed_over_and_policies_hold() {
    let folder = folder();
    let at = folder.path();
    fs::create_dir_all(at.join("conf/deep")).unwrap();
    fs::write(at.join("conf/one.json"), "{}").unwrap();
    fs::write(at.join("conf/deep/two.json"), "[1]").unwrap();
    let render = ["render", "--profile", "minimal", "--plugin", "vendor.wasm"];
    let grant = |path, code, parts: &[&str]| {
        says(at, &with(&render, &["--grant", path]), code, parts);
    };
    grant(
        "vendor:files=conf",
        0,
        &["files:deep/two.json 3", "files:one.json 2"],
    );
    grant("vendor:files=none", 2, &["cannot read none"]);
    grant(
        "vendor:file=conf",
        2,
        &["does not ask for these files", "`files`"],
    );
    grant("vendor=conf", 2, &["is not PIECE:NAME=PATH"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/passwd", at.join("conf/link")).unwrap();
        grant("vendor:files=conf", 2, &["conf/link is a symbolic link"]);
        fs::remove_file(at.join("conf/link")).unwrap();
    }
    let limited = ["--grant", "vendor:files=conf", "--limit", "vendor.files=2"];
    says(at, &with(&render, &limited), 2, &["--limit vendor.files=4"]);

    says(
        at,
        &["render", "-f", "daemon.yaml", "-f", "policies.yaml"],
        1,
        &[
            "DaemonSet.apps kube-system/vendor-agent (piece vendor): policy images: images.registries",
            "policy small: validations[0]: containers of vendor-agent need limits",
            "policy pods: podSecurity baseline: spec.template.spec.hostNetwork",
        ],
    );
}
