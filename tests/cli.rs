//! The command line as transcripts: each file in `tests/cli/` is documentation that is run. And the page that it writes.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("../../tests/cli/*.md");
}

fn meshhost(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_meshhost"))
        .args(args)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn explain(format: &str) -> String {
    meshhost(&["explain", "--output", format])
}

#[test]
fn the_page_of_settings_is_what_the_pieces_say() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    let written = std::fs::read_to_string(page).unwrap();
    assert!(
        written == explain("markdown"),
        "docs/settings.md is not up to date: write it with `meshhost explain -o markdown > docs/settings.md`"
    );
}

#[test]
fn every_setting_says_what_it_is() {
    let keys: Vec<Value> = serde_json::from_str(&explain("json")).unwrap();
    assert!(keys.len() > 1000, "{}", keys.len());
    for key in &keys {
        for field in ["summary", "kind"] {
            let text = key[field].as_str().unwrap();
            assert!(!text.is_empty(), "{} has no {field}", key["path"]);
        }
        assert!(
            !key["goes_to"].as_array().unwrap().is_empty(),
            "{} goes nowhere",
            key["path"]
        );
    }
}

/// Helm values of every kind that `manifest migrate` moves, and some that it leaves.
const VALUES: &str = "\
global:
  hub: docker.io/istio
  tag: 1.4.2
  istioNamespace: istio-system
  mtls: {enabled: true}
  proxy: {concurrency: 4, resources: {limits: {memory: 2Gi}}}
pilot:
  traceSampling: 5
  resources: {requests: {cpu: '1'}}
  nodeSelector: {disk: ssd}
  tolerations: [{key: dedicated, operator: Exists, effect: NoSchedule}]
  env: {ANOTHER: 'yes'}
  autoscaleMin: 2
  autoscaleMax: 7
  cpu: {targetAverageUtilization: 60}
  rollingMaxSurge: 50%
  rollingMaxUnavailable: 1
galley: {replicaCount: 3, resources: {requests: {memory: 1Gi}}}
security: {replicaCount: 2, nodeSelector: {disk: ssd}}
sidecarInjectorWebhook: {replicaCount: 2, rollingMaxSurge: 2}
mixer:
  adapters: {stdio: {enabled: true}}
  telemetry: {resources: {limits: {memory: 5G}}, autoscaleMax: 9, env: {EXTRA: '1'}}
gateways:
  istio-ingressgateway:
    type: NodePort
    autoscaleEnabled: false
    replicaCount: 4
    resources: {requests: {cpu: 300m}}
    podAnnotations: {team: edge}
grafana: {enabled: true, replicaCount: 2}
";

/// The default profile without what it says of Kubernetes settings, which would count more than values.
const PLAIN: &str = "\
apiVersion: install.istio.io/v1alpha2
kind: IstioControlPlane
spec:
  profile: default
  trafficManagement: {components: {pilot: {k8s: null}}}
  configManagement: {components: {galley: {k8s: null}}}
  security: {components: {citadel: {k8s: null}}}
  policy: {components: {policy: {k8s: null}}}
  telemetry: {components: {telemetry: {k8s: null}}}
  autoInjection: {components: {injector: {k8s: null}}}
  gateways: {components: {ingressGateway: {k8s: null}, egressGateway: {k8s: null}}}
";

#[test]
fn what_is_migrated_renders_as_the_values_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let indented: Vec<String> = VALUES.lines().map(|line| format!("    {line}\n")).collect();
    let direct = format!(
        "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  values:\n{}",
        indented.concat()
    );
    std::fs::write(path("values.yaml"), VALUES).unwrap();
    std::fs::write(path("plain.yaml"), PLAIN).unwrap();
    std::fs::write(path("direct.yaml"), direct).unwrap();
    let migrated = meshhost(&["manifest", "migrate", &path("values.yaml")]);
    for moved in ["hpaSpec", "replicaCount: 4", "maxSurge: 50%", "tolerations"] {
        assert!(migrated.contains(moved), "{moved}:\n{migrated}");
    }
    std::fs::write(path("migrated.yaml"), migrated).unwrap();
    let rendered = |file: &str| -> BTreeMap<String, Value> {
        let profile = path("plain.yaml");
        let text = meshhost(&[
            "render",
            "--profile",
            &profile,
            "-f",
            &path(file),
            "-o",
            "json",
        ]);
        let list: Value = serde_json::from_str(&text).unwrap();
        let objects = list["items"].as_array().unwrap().clone();
        objects
            .into_iter()
            .map(|mut object| {
                let id = format!("{} {}", object["kind"], object["metadata"]["name"]);
                in_any_order(&mut object);
                // What was said, word by word, for people to read: it is said differently.
                if let Some(data) = object["data"].as_object_mut() {
                    data.remove("values.yaml");
                    data.remove("values");
                }
                (id, object)
            })
            .collect()
    };
    let (direct, migrated) = (rendered("direct.yaml"), rendered("migrated.yaml"));
    assert!(direct.keys().eq(migrated.keys()));
    for (id, object) in &direct {
        assert_eq!(*object, migrated[id], "{id}");
    }
}

/// A merge puts variables in another order, which means the same.
fn in_any_order(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                in_any_order(value);
                if let (true, Value::Array(list)) = (key == "env", value) {
                    list.sort_by_key(|variable| variable["name"].to_string());
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(in_any_order),
        _ => {}
    }
}
