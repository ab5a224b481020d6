//! The guide's installation, end to end: the binary against a real API server, as a person would run it.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use kube::api::{Api, DynamicObject, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::discovery::{Discovery, verbs};
use kube::{Client, Config, ResourceExt};
use meshhost_local_cluster::{Cluster, Settings};
use serde_json::Value;

/// What the guide types after `apply`.
const GUIDE: &[&str] = &[
    "--set",
    "profile=demo",
    "--set",
    "cni.enabled=true",
    "--set",
    "cni.components.cni.namespace=kube-system",
    "--set",
    "values.gateways.istio-ingressgateway.type=ClusterIP",
];

const CNI_FILE: &str = "\
apiVersion: install.istio.io/v1alpha2
kind: IstioControlPlane
spec:
  cni:
    enabled: true
    components:
      namespace: kube-system
  values:
    cni:
      excludeNamespaces: [istio-system, kube-system, monitoring]
  unvalidatedValues:
    cni:
      logLevel: info
";

/// A cluster and the binary.
struct Lab {
    cluster: Cluster,
    folder: tempfile::TempDir,
    client: Client,
}

impl Lab {
    async fn new() -> Self {
        let cluster = Cluster::start(&Settings::default()).expect("a cluster starts");
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
    fn run(&self, args: &[&str]) -> Output {
        self.pipe("", args)
    }

    /// Runs the binary with a text on its stdin.
    fn pipe(&self, stdin: &str, args: &[&str]) -> Output {
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

    fn succeed(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let text = text(&output);
        assert!(
            output.status.success(),
            "meshhost {}:\n{text}",
            args.join(" ")
        );
        text
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Everything that can be listed, by kind, namespace and name; only what controllers keep touching is left out.
    async fn everything(&self) -> BTreeMap<String, Value> {
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

    async fn resource_versions(&self) -> BTreeMap<String, String> {
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
    async fn state(&self) -> BTreeMap<String, Value> {
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

    async fn pods(&self, namespace: &str, prefix: &str) -> Vec<Value> {
        self.everything()
            .await
            .into_iter()
            .filter(|(key, _)| key.starts_with(&format!("Pod {namespace}/{prefix}")))
            .map(|(_, pod)| pod)
            .collect()
    }
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn is_ready(pod: &Value) -> bool {
    pod["status"]["conditions"]
        .as_array()
        .is_some_and(|conditions| {
            conditions
                .iter()
                .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
        })
}

/// `target/pieces/cni.wasm`, as the build leaves it.
fn cni_wasm() -> PathBuf {
    let binary = Path::new(env!("CARGO_BIN_EXE_meshhost"));
    binary
        .ancestors()
        .nth(2)
        .unwrap()
        .join("pieces")
        .join("cni.wasm")
}

fn differences(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<String> {
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

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_from_the_first_command_to_the_last() {
    let lab = Lab::new().await;
    let untouched = lab.state().await;
    let cni = cni_wasm();
    let mut command = vec!["apply", "--yes", "--plugin", cni.to_str().unwrap()];
    command.extend(GUIDE);

    // The main job.
    lab.succeed(&command);
    for workload in [
        "grafana",
        "istio-citadel",
        "istio-egressgateway",
        "istio-galley",
        "istio-ingressgateway",
        "istio-pilot",
        "istio-policy",
        "istio-sidecar-injector",
        "istio-telemetry",
        "istio-tracing",
        "kiali",
        "prometheus",
    ] {
        let pods = lab.pods("istio-system", &format!("{workload}-")).await;
        assert!(!pods.is_empty(), "{workload} has no pod");
        assert!(pods.iter().all(is_ready), "{workload} is not ready");
    }
    let nodes = lab.pods("kube-system", "istio-cni-node").await;
    assert_eq!(nodes.len(), 3, "one istio-cni-node a node");
    for pod in &nodes {
        assert!(is_ready(pod));
        assert_eq!(pod["metadata"]["labels"]["k8s-app"], "istio-cni-node");
    }
    let everything = lab.everything().await;
    let ingress = &everything["Service istio-system/istio-ingressgateway"];
    assert_eq!(ingress["spec"]["type"], "ClusterIP");

    // Again: nothing to do, and nothing done.
    let before = lab.resource_versions().await;
    let said = lab.succeed(&command);
    assert!(said.contains("nothing changed"), "{said}");
    assert_eq!(lab.resource_versions().await, before);

    // The guide's file names no profile: as the whole wish it would take away what demo added.
    lab.write("cni.yaml", CNI_FILE);
    let refused = lab.run(&["apply", "--yes", "-f", "cni.yaml"]);
    let said = text(&refused);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("would be taken away"), "{said}");
    assert!(
        said.contains("Deployment.apps istio-system/grafana"),
        "{said}"
    );
    assert!(
        said.contains("--keep-settings") && said.contains("--prune"),
        "{said}"
    );
    assert_eq!(
        lab.resource_versions().await,
        before,
        "a refused plan touches nothing"
    );

    // Laid over the last revision's settings it changes one list, and the pods that read it are rolled. What is piped
    // in is there once.
    let keep = ["--keep-settings", "-f", "-"];
    let differs = lab.pipe(CNI_FILE, &[&["diff"][..], &keep].concat());
    let said = text(&differs);
    assert_eq!(differs.status.code(), Some(1), "{said}");
    assert!(said.contains("monitoring"), "{said}");
    assert!(said.contains("2 to change"), "{said}");
    let applied = lab.pipe(CNI_FILE, &[&["apply", "--yes"][..], &keep].concat());
    assert!(applied.status.success(), "{}", text(&applied));
    let everything = lab.everything().await;
    let config = everything["ConfigMap kube-system/istio-cni-config"].to_string();
    assert!(config.contains("monitoring"), "{config}");
    assert!(everything.contains_key("Deployment istio-system/grafana"));
    let rolled = lab.pods("kube-system", "istio-cni-node").await;
    let uid = |pod: &Value| pod["metadata"]["uid"].as_str().unwrap().to_owned();
    assert_eq!(rolled.len(), 3);
    assert!(rolled.iter().all(is_ready));
    for pod in &nodes {
        assert!(
            !rolled.iter().any(|new| uid(new) == uid(pod)),
            "a pod was not rolled"
        );
    }

    // And back to how it was before.
    lab.succeed(&["uninstall", "--yes"]);
    assert_eq!(
        differences(&untouched, &lab.state().await),
        Vec::<String>::new()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_alone_means_the_default_profile_plus_that_piece() {
    let lab = Lab::new().await;
    let cni = cni_wasm();
    lab.succeed(&["apply", "--yes", "--plugin", cni.to_str().unwrap()]);
    let everything = lab.everything().await;
    assert!(everything.contains_key("Deployment istio-system/istio-pilot"));
    assert!(!everything.contains_key("Deployment istio-system/grafana"));
    assert!(
        everything
            .keys()
            .any(|key| key.starts_with("DaemonSet ") && key.ends_with("istio-cni-node"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_profile_is_accepted_as_it_is_and_leaves_nothing() {
    let lab = Lab::new().await;
    let untouched = lab.state().await;
    for profile in ["default", "demo", "minimal", "remote", "sds"] {
        let said = lab.succeed(&["apply", "--yes", "--profile", profile]);
        assert!(!said.contains("warning"), "{profile}:\n{said}");
        lab.succeed(&["uninstall", "--yes"]);
        assert_eq!(
            differences(&untouched, &lab.state().await),
            Vec::<String>::new(),
            "{profile}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_once_and_touch_nothing() {
    let lab = Lab::new().await;
    lab.write("broken.yaml", "spec:\n  cni: [\n");
    lab.write("text.wasm", "no component");
    std::fs::write(
        lab.folder.path().join("imports.wasm"),
        wat::parse_str(r#"(component (import "wasi:cli/environment@0.2.0" (instance (export "get-arguments" (func (result (list string)))))))"#).unwrap(),
    )
    .unwrap();
    lab.write(
        "nobody.kubeconfig",
        "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: a, cluster: {server: 'https://127.0.0.1:9'}}]\n\
         users: [{name: a, user: {token: x}}]\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n",
    );
    let kubeconfig = std::fs::read_to_string(&lab.cluster.info().kubeconfig).unwrap();
    let nobody = kubeconfig.replace("client-key-data:", "as: nobody\n    client-key-data:");
    lab.write("rightless.kubeconfig", &nobody);
    let before = lab.resource_versions().await;
    for (args, code, expected) in [
        (&["--set", "profil=demo"][..], 2, &["profil", "profile"][..]),
        (&["--set", "profile=demoo"], 2, &["demoo", "demo"]),
        (
            &["--set", "cni.enabled=maybe"],
            2,
            &["cni.enabled", "maybe"],
        ),
        (&["-f", "broken.yaml"], 2, &["broken.yaml:"]),
        (&["-f", "missing.yaml"], 2, &["missing.yaml"]),
        (&["--plugin", "text.wasm"], 2, &["text.wasm"]),
        (
            &["--plugin", "imports.wasm"],
            2,
            &["imports.wasm", "wasi:cli/environment"],
        ),
        (&["--kubeconfig", "nobody.kubeconfig"], 1, &["127.0.0.1:9"]),
        (
            &["--kubeconfig", "missing.kubeconfig"],
            1,
            &["missing.kubeconfig"],
        ),
    ] {
        let mut command = vec!["apply", "--yes"];
        command.extend(args);
        let output = lab.run(&command);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}:\n{said}");
        assert_eq!(said.matches("error: ").count(), 1, "{args:?}:\n{said}");
        for part in expected {
            assert!(said.contains(part), "{args:?}: {part}:\n{said}");
        }
        assert!(!said.contains("panicked"), "{args:?}:\n{said}");
    }
    assert_eq!(lab.resource_versions().await, before);
}
