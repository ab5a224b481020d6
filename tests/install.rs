//! The guide's installation, end to end: the binary against a real API server, as a person would run it.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::path::{Path, PathBuf};

use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::discovery::ApiResource;
use serde_json::Value;

mod lab;

use lab::{Lab, differences, text};

mod guest;

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

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
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

    // Each change is shown with the setting that it comes from.
    let mut differing = vec![
        "diff",
        "--output",
        "json",
        "--plugin",
        cni.to_str().unwrap(),
    ];
    differing.extend(GUIDE);
    differing.extend([
        "--set",
        "values.pilot.keepaliveMaxServerConnectionAge=10m",
        "--set",
        "values.kiali.enabled=false",
    ]);
    let output = lab.run(&differing);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&plan["apiVersion"], &plan["kind"]),
        (&"meshhost.dev/v1alpha1".into(), &"Plan".into())
    );
    let setting = |path: &str| serde_json::json!([{"cause": "setting", "path": path}]);
    let changed: Vec<&Value> = array(&plan["objects"])
        .filter(|object| object["action"] == "change")
        .collect();
    let pilot = changed
        .iter()
        .find(|object| object["id"]["name"] == "istio-pilot")
        .expect("pilot changes");
    // The argument, and what rolls the pods since a configuration shows it.
    for field in array(&pilot["fields"]) {
        assert_eq!(
            field["because"],
            setting("values.pilot.keepaliveMaxServerConnectionAge"),
            "{field:#}"
        );
    }
    for field in changed.iter().flat_map(|object| array(&object["fields"])) {
        assert_eq!(field["because"][0]["cause"], "setting", "{field:#}");
    }
    let kiali: Vec<&Value> = array(&plan["removals"]).collect();
    assert!(kiali.len() > 5, "{plan:#}");
    for removal in kiali {
        assert_eq!(
            removal["because"],
            setting("values.kiali.enabled"),
            "{removal:#}"
        );
    }

    // Annotations that tell where an object comes from are changes too, and no setting is blamed for them.
    differing.push("--provenance=annotations");
    let output = lab.run(&differing);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let fields = || array(&plan["objects"]).flat_map(|object| array(&object["fields"]));
    for field in fields() {
        let path = field["path"].as_str().unwrap();
        let cause = match path.starts_with("metadata.annotations") {
            true => "provenance",
            false => "setting",
        };
        assert_eq!(field["because"][0]["cause"], cause, "{field:#}");
        assert_eq!(array(&field["because"]).count(), 1, "{field:#}");
    }
    assert!(fields().count() > 50, "{plan:#}");

    // What somebody took away on the cluster comes back, and no setting is blamed.
    let config_map = ApiResource {
        group: String::new(),
        version: "v1".to_owned(),
        api_version: "v1".to_owned(),
        kind: "ConfigMap".to_owned(),
        plural: "configmaps".to_owned(),
    };
    let maps: Api<DynamicObject> =
        Api::namespaced_with(lab.client.clone(), "istio-system", &config_map);
    let gone = serde_json::json!({"data": {"meshNetworks": null}});
    maps.patch("istio", &PatchParams::default(), &Patch::Merge(gone))
        .await
        .unwrap();
    command[0] = "diff";
    command.remove(1);
    let differs = lab.run(&command);
    let said = text(&differs);
    assert_eq!(differs.status.code(), Some(1), "{said}");
    let line = said
        .lines()
        .find(|line| line.contains("+ data.meshNetworks: "))
        .unwrap_or_else(|| panic!("{said}"));
    assert!(
        line.ends_with("  <- changed on the cluster since the last revision"),
        "{line}"
    );
    let status = lab.run(&["status"]);
    let said = text(&status);
    assert_eq!(status.status.code(), Some(1), "{said}");
    assert!(
        said.contains("ConfigMap istio-system/istio: was changed"),
        "{said}"
    );
    assert!(said.contains("    + data.meshNetworks: "), "{said}");
    command[0] = "apply";
    command.push("--yes");
    lab.succeed(&command);
    let before = lab.resource_versions().await;

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
    assert!(said.contains("<- values.cni.excludeNamespaces"), "{said}");
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

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_granted_is_refused_before_anything_is_written() {
    let lab = Lab::new().await;
    let vendor = ["--package", "meshhost-vendor"];
    guest::pack(
        lab.folder.path(),
        &vendor,
        "meshhost_vendor.wasm",
        "vendor.wasm",
    );
    lab.write("daemon.yaml", include_str!("cli/grants/daemon.yaml"));
    lab.write("policies.yaml", include_str!("cli/grants/policies.yaml"));
    let before = lab.resource_versions().await;
    let refused = async |args: &[&str], expected: &[&str]| {
        let mut command = vec!["apply", "--yes", "-f", "daemon.yaml"];
        command.extend(args);
        let output = lab.run(&command);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{args:?}:\n{said}");
        for part in expected {
            assert!(said.contains(part), "{args:?}: {part}:\n{said}");
        }
        assert_eq!(lab.resource_versions().await, before, "{args:?}");
    };
    let command = "meshhost plugin add -f daemon.yaml";
    refused(&[], &["piece vendor", "run privileged containers", command]).await;

    // Approved for what it does without settings, which is less.
    lab.succeed(&[
        "plugin",
        "add",
        "vendor.wasm",
        "--profile",
        "minimal",
        "--agree",
    ]);
    refused(&[], &["piece vendor", "run privileged containers", command]).await;
    refused(
        &["--dry-run=server", "--locked"],
        &["piece vendor", "run privileged containers"],
    )
    .await;

    // Approved as it is, and against the policies.
    lab.succeed(&["plugin", "add", "-f", "daemon.yaml", "--agree"]);
    refused(
        &["-f", "policies.yaml"],
        &[
            "DaemonSet.apps kube-system/vendor-agent (piece vendor): policy images: images.registries",
            "policy pods: podSecurity baseline: spec.template.spec.hostNetwork",
        ],
    )
    .await;

    // A plan in a file is held to what is approved when it is applied, not when it was made.
    let planned = lab.run(&["diff", "-f", "daemon.yaml", "--out", "plan.json"]);
    assert_eq!(planned.status.code(), Some(1), "{}", text(&planned));
    let apply = ["apply", "--yes", "plan.json"];
    let stale = async |expected: &str| {
        let output = lab.run(&apply);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(expected), "{expected}:\n{said}");
        assert_eq!(lab.resource_versions().await, before, "{expected}");
    };
    lab.succeed(&["plugin", "remove", "vendor"]);
    stale("is not built in and was not approved; it wants to run privileged containers").await;
    let next = ["--package", "meshhost-vendor", "--features", "next"];
    guest::pack(
        lab.folder.path(),
        &next,
        "meshhost_vendor.wasm",
        "next.wasm",
    );
    let next = ["plugin", "add", "-f", "daemon.yaml", "--agree", "--plugin"];
    lab.succeed(&[&next[..], &["vendor=next.wasm"]].concat());
    stale("piece vendor is not the one that was approved: vendor.wasm is 1.0.0").await;
    lab.succeed(&["plugin", "remove", "vendor"]);
    let less = ["plugin", "add", "vendor.wasm", "--profile", "minimal"];
    lab.succeed(&[&less[..], &["--agree"]].concat());
    stale("piece vendor (vendor.wasm) wants more than was approved").await;

    lab.succeed(&["plugin", "add", "-f", "daemon.yaml", "--agree"]);
    lab.succeed(&apply);
    let everything = lab.everything().await;
    assert!(everything.contains_key("DaemonSet kube-system/vendor-agent"));
}
