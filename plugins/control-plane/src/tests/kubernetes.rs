//! `components.NAME.k8s`: where each setting goes.

use meshhost_piece::serde_json::{Value, json};

use super::{contribute, find, objects};

fn with_k8s(component: &str, k8s: &Value) -> Value {
    let mut components = json!({});
    components[component] = json!({ "enabled": true, "k8s": k8s });
    json!({ "components": components })
}

#[test]
fn each_setting_reaches_its_place() {
    const MAIN: &str = "/spec/template/spec/containers/0";
    let toleration = json!([{ "key": "k", "operator": "Exists" }]);
    let table = [
        (
            json!({ "replicaCount": 3 }),
            "Deployment",
            "/spec/replicas".to_owned(),
            json!(3),
        ),
        (
            json!({ "replicaCount": 0 }),
            "Deployment",
            "/spec/replicas".to_owned(),
            json!(1),
        ),
        (
            json!({ "priorityClassName": "p" }),
            "Deployment",
            "/spec/template/spec/priorityClassName".to_owned(),
            json!("p"),
        ),
        (
            json!({ "nodeSelector": { "a": "b" } }),
            "Deployment",
            "/spec/template/spec/nodeSelector".to_owned(),
            json!({ "a": "b" }),
        ),
        (
            json!({ "tolerations": toleration }),
            "Deployment",
            "/spec/template/spec/tolerations".to_owned(),
            toleration.clone(),
        ),
        (
            json!({ "imagePullPolicy": "Always" }),
            "Deployment",
            format!("{MAIN}/imagePullPolicy"),
            json!("Always"),
        ),
        (
            json!({ "resources": { "limits": { "cpu": "2" } } }),
            "Deployment",
            format!("{MAIN}/resources"),
            json!({ "requests": { "cpu": "100m" }, "limits": { "cpu": "2" } }),
        ),
        (
            json!({ "readinessProbe": { "periodSeconds": 60 } }),
            "Deployment",
            format!("{MAIN}/readinessProbe/periodSeconds"),
            json!(60),
        ),
        (
            json!({ "strategy": { "rollingUpdate": { "maxSurge": 1 } } }),
            "Deployment",
            "/spec/strategy/rollingUpdate".to_owned(),
            json!({ "maxSurge": 1, "maxUnavailable": "25%" }),
        ),
        (
            json!({ "podAnnotations": { "a": "b" } }),
            "Deployment",
            "/spec/template/metadata/annotations".to_owned(),
            json!({ "sidecar.istio.io/inject": "false", "a": "b" }),
        ),
        (
            json!({ "podDisruptionBudget": { "minAvailable": 2 } }),
            "PodDisruptionBudget",
            "/spec/minAvailable".to_owned(),
            json!(2),
        ),
    ];
    for (k8s, kind, pointer, want) in table {
        let rendered = objects(with_k8s("galley", &k8s));
        let object = find(&rendered, kind, "istio-galley").unwrap();
        assert_eq!(object.pointer(&pointer), Some(&want), "{k8s}");
    }
}

#[test]
fn environment_is_merged_by_name() {
    let k8s =
        json!({ "env": [{ "name": "POD_NAME", "value": "x" }, { "name": "NEW", "value": "y" }] });
    let rendered = objects(with_k8s("pilot", &k8s));
    let pilot = find(&rendered, "Deployment", "istio-pilot").unwrap();
    let env = pilot
        .pointer("/spec/template/spec/containers/0/env")
        .unwrap()
        .as_array()
        .unwrap();
    let of = |name: &str| {
        env.iter()
            .filter(|env| env["name"] == name)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("NEW"), [&json!({ "name": "NEW", "value": "y" })]);
    assert_eq!(of("POD_NAME").len(), 1);
    assert_eq!(of("POD_NAME")[0]["value"], "x");
    assert_eq!(of("CONFIG_NAMESPACE").len(), 1);
}

#[test]
fn every_component_with_pods_takes_settings() {
    for (component, kind, name) in [
        ("pilot", "Deployment", "istio-pilot"),
        ("galley", "Deployment", "istio-galley"),
        ("citadel", "Deployment", "istio-citadel"),
        ("nodeAgent", "DaemonSet", "istio-nodeagent"),
        ("policy", "Deployment", "istio-policy"),
        ("telemetry", "Deployment", "istio-telemetry"),
        ("injector", "Deployment", "istio-sidecar-injector"),
        ("certManager", "Deployment", "certmanager"),
        ("coreDNS", "Deployment", "istiocoredns"),
    ] {
        let k8s = json!({ "imagePullPolicy": "Never" });
        let rendered = objects(with_k8s(component, &k8s));
        let containers =
            find(&rendered, kind, name).unwrap()["spec"]["template"]["spec"]["containers"].clone();
        let never: Vec<_> = containers
            .as_array()
            .unwrap()
            .iter()
            .filter(|container| container["imagePullPolicy"] == "Never")
            .collect();
        assert_eq!(never.len(), 1, "{component}: {containers}");
    }
}

#[test]
fn overlays_come_after_settings() {
    let k8s = json!({
        "replicaCount": 3,
        "overlays": [{ "kind": "Deployment", "name": "istio-galley", "patches": [{ "path": "spec.replicas", "value": 4 }] }],
    });
    let rendered = objects(with_k8s("galley", &k8s));
    assert_eq!(
        find(&rendered, "Deployment", "istio-galley").unwrap()["spec"]["replicas"],
        4
    );
}

#[test]
fn settings_that_istio_ignores_are_named() {
    let k8s = json!({ "service": { "type": "NodePort" } });
    let said = contribute(with_k8s("pilot", &k8s)).unwrap().diagnostics;
    assert_eq!(
        said[0].path.as_deref(),
        Some("components.pilot.k8s.service")
    );
}

#[test]
fn what_a_server_would_refuse_is_named() {
    for (component, k8s, path) in [
        (
            "galley",
            json!({ "podDisruptionBudget": { "maxUnavailable": 1 } }),
            "podDisruptionBudget",
        ),
        (
            "pilot",
            json!({ "readinessProbe": { "exec": { "command": ["true"] } } }),
            "readinessProbe",
        ),
    ] {
        let said = contribute(with_k8s(component, &k8s)).unwrap().diagnostics;
        let paths: Vec<_> = said
            .iter()
            .filter_map(|said| said.path.as_deref())
            .collect();
        assert_eq!(paths, [format!("components.{component}.k8s.{path}")]);
    }
    let mended = json!({
        "podDisruptionBudget": { "maxUnavailable": 1 },
        "overlays": [{ "kind": "PodDisruptionBudget", "name": "istio-galley", "patches": [{
            "path": "spec",
            "value": { "maxUnavailable": 1, "selector": { "matchLabels": { "istio": "galley" } } },
        }] }],
    });
    assert!(
        contribute(with_k8s("galley", &mended))
            .unwrap()
            .diagnostics
            .is_empty()
    );
}
