//! How many requests the demo profile costs, as the API server's own audit log counts them.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use meshhost_local_cluster::{Cluster, Component, Settings};
use serde_json::Value;

const DEMO: [&str; 3] = [
    "apply",
    "--yes",
    "--set=profile=demo,cni.enabled=true,cni.components.cni.namespace=kube-system",
];

/// Requests about what the engine keeps for itself: the records, and the lease that keeps a second run away.
fn is_bookkeeping(uri: &str) -> bool {
    uri.contains("/namespaces/kube-system/secrets") || uri.contains("/leases")
}

/// A cluster that writes down every request.
struct Audited {
    cluster: Cluster,
    folder: tempfile::TempDir,
}

impl Audited {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.yaml");
        let text = "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived, ResponseStarted]\nrules: [{level: Metadata}]\n";
        std::fs::write(&policy, text).unwrap();
        let flag = |text: String| (Component::ApiServer, text);
        let settings = Settings {
            flags: vec![
                flag(format!("--audit-policy-file={}", policy.display())),
                flag(format!("--audit-log-path={}", Self::log(&folder).display())),
            ],
            ..Settings::default()
        };
        let cluster = Cluster::start(&settings).expect("a cluster starts");
        Self { cluster, folder }
    }

    fn log(folder: &tempfile::TempDir) -> PathBuf {
        folder.path().join("audit.log")
    }

    /// Runs the binary, and gives what it has asked of the server: verb and path.
    fn requests(&self, args: &[&str]) -> Vec<(String, String)> {
        let before = std::fs::read_to_string(Self::log(&self.folder))
            .unwrap()
            .len();
        let output = Command::new(env!("CARGO_BIN_EXE_meshhost"))
            .args(args)
            .env("KUBECONFIG", &self.cluster.info().kubeconfig)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let log = std::fs::read_to_string(Self::log(&self.folder)).unwrap();
        log[before..]
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|event| {
                let agent = event["userAgent"].as_str().unwrap_or_default();
                agent.starts_with("meshhost/")
            })
            .map(|event| {
                let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
                (text("verb"), text("requestURI"))
            })
            .collect()
    }
}

#[test]
fn the_demo_profile_costs_few() {
    let audited = Audited::start();
    let first = audited.requests(&DEMO);
    let applied = |(verb, uri): &&(String, String)| {
        verb == "patch" && uri.contains("fieldManager") && !is_bookkeeping(uri)
    };
    let objects = first.iter().filter(applied).count();
    assert!(objects >= 149, "{objects} objects");
    let most = objects * 6 / 5 + 40;
    assert!(
        first.len() <= most,
        "{} requests for {objects} objects: {first:#?}",
        first.len()
    );

    let again = audited.requests(&DEMO);
    let (lists, rest): (Vec<_>, Vec<_>) = again
        .into_iter()
        .partition(|(verb, uri)| verb == "list" && uri.contains("part-of"));
    let kinds: BTreeSet<&String> = lists.iter().map(|(_, uri)| uri).collect();
    assert_eq!(kinds.len(), lists.len(), "one list a kind: {lists:#?}");
    assert!(rest.len() <= 8, "{rest:#?}");
    let wrote = |(verb, uri): &&(String, String)| {
        !matches!(verb.as_str(), "get" | "list" | "watch") && !is_bookkeeping(uri)
    };
    let wrote: Vec<_> = rest.iter().filter(wrote).collect();
    assert!(wrote.is_empty(), "{wrote:#?}");
}
