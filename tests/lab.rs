//! A real API server and the binary, as a person would run it; what tests of installations share.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use kube::api::{Api, DynamicObject, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::discovery::{Discovery, verbs};
use kube::{Client, Config, ResourceExt};
use meshhost_local_cluster::{Cluster, KubeVersion, Settings};
use serde_json::Value;

/// A cluster and the binary.
pub(crate) struct Lab {
    pub(crate) cluster: Cluster,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) client: Client,
}

impl Lab {
    pub(crate) async fn new() -> Self {
        Self::of(KubeVersion::default()).await
    }

    /// With the API server of a release.
    pub(crate) async fn of(version: KubeVersion) -> Self {
        let settings = Settings {
            version,
            ..Settings::default()
        };
        let cluster = Cluster::start(&settings).expect("a cluster starts");
        let kubeconfig = Kubeconfig::read_from(&cluster.info().kubeconfig).unwrap();
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            client: Client::try_from(config).unwrap(),
            cluster,
        }
    }

    /// Runs the binary; stdin is no terminal.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.pipe("", args)
    }

    /// Runs the binary with a text on its stdin.
    pub(crate) fn pipe(&self, stdin: &str, args: &[&str]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_meshhost"))
            .args(args)
            .env("KUBECONFIG", &self.cluster.info().kubeconfig)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who does not read it has ended; what it said is looked at below.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    pub(crate) fn succeed(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let text = text(&output);
        assert!(
            output.status.success(),
            "meshhost {}:\n{text}",
            args.join(" ")
        );
        text
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Everything that can be listed, by kind, namespace and name; only what controllers keep touching is left out.
    pub(crate) async fn everything(&self) -> BTreeMap<String, Value> {
        let discovery = Discovery::new(self.client.clone()).run().await.unwrap();
        let mut all = BTreeMap::new();
        for group in discovery.groups() {
            for (resource, capabilities) in group.recommended_resources() {
                if !capabilities.supports_operation(verbs::LIST) || resource.kind == "Event" {
                    continue;
                }
                let api: Api<DynamicObject> = Api::all_with(self.client.clone(), &resource);
                let list = match api.list(&ListParams::default()).await {
                    Ok(list) => list,
                    // Reviews and the like say that they list, and do not.
                    Err(kube::Error::Api(status)) if [404, 405].contains(&status.code) => continue,
                    Err(error) => panic!("{}: {error}", resource.kind),
                };
                for object in list {
                    let key = format!(
                        "{} {}/{}",
                        resource.kind,
                        object.namespace().unwrap_or_default(),
                        object.name_any()
                    );
                    all.insert(key, serde_json::to_value(&object).unwrap());
                }
            }
        }
        all
    }

    pub(crate) async fn resource_versions(&self) -> BTreeMap<String, String> {
        self.everything()
            .await
            .into_iter()
            // Heartbeats.
            .filter(|(key, _)| !key.starts_with("Lease ") && !key.starts_with("Node "))
            .filter_map(|(key, object)| {
                // ComponentStatus is made up on reading and has none.
                let version = object["metadata"]["resourceVersion"].as_str()?.to_owned();
                Some((key, version))
            })
            .collect()
    }

    /// What a person would call the state of the cluster.
    pub(crate) async fn state(&self) -> BTreeMap<String, Value> {
        let mut state = self.everything().await;
        for (key, object) in &mut state {
            let object = object.as_object_mut().unwrap();
            object.remove("status");
            let metadata = object["metadata"].as_object_mut().unwrap();
            for field in ["resourceVersion", "managedFields", "generation"] {
                metadata.remove(field);
            }
            if key.starts_with("Lease ") {
                object.remove("spec");
            }
        }
        state
    }

    pub(crate) async fn pods(&self, namespace: &str, prefix: &str) -> Vec<Value> {
        self.everything()
            .await
            .into_iter()
            .filter(|(key, _)| key.starts_with(&format!("Pod {namespace}/{prefix}")))
            .map(|(_, pod)| pod)
            .collect()
    }
}

pub(crate) fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

pub(crate) fn differences(
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
) -> Vec<String> {
    let gone = before
        .keys()
        .filter(|key| !after.contains_key(*key))
        .map(|key| format!("gone: {key}"));
    let new = after
        .keys()
        .filter(|key| !before.contains_key(*key))
        .map(|key| format!("new: {key}"));
    let other = after
        .iter()
        .filter(|(key, object)| before.get(*key).is_some_and(|old| old != *object))
        .map(|(key, _)| format!("other: {key}"));
    gone.chain(new).chain(other).collect()
}
