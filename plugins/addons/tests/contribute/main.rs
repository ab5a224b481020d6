//! Settings in, selected fields of objects out, and what must hold with any settings.

mod call;
mod configs;
mod tracing;

use call::{at, check, contribute, names, refused};
use meshhost_piece::{Selector, Value, json};

const PROMETHEUS: &str = "Deployment/prometheus";
const GRAFANA: &str = "Deployment/grafana";
const KIALI: &str = "Deployment/kiali";

/// Settings with only this add-on, and its values.
fn with(addon: &str, values: Value) -> Value {
    let mut settings =
        json!({ "components": { "prometheus": { "enabled": false } }, "values": {} });
    settings["components"][addon]["enabled"] = json!(true);
    settings["values"][addon] = values;
    settings
}

/// The same, with `values.global`.
fn with_global(addon: &str, global: Value) -> Value {
    let mut settings = with(addon, json!({}));
    settings["values"]["global"] = global;
    settings
}

fn all() -> Value {
    let on = json!({ "enabled": true });
    json!({ "components": { "prometheus": on, "grafana": on, "tracing": on, "kiali": on } })
}

#[test]
fn the_objects() {
    assert_eq!(
        names(&contribute(&json!({}))),
        [
            "ClusterRole/prometheus-istio-system",
            "ClusterRoleBinding/prometheus-istio-system",
            "ConfigMap/prometheus",
            "Deployment/prometheus",
            "Service/prometheus",
            "ServiceAccount/prometheus",
        ]
    );
    let deployments: Vec<String> = names(&contribute(&all()))
        .into_iter()
        .filter(|name| name.starts_with("Deployment/"))
        .collect();
    assert_eq!(
        deployments,
        [
            "Deployment/grafana",
            "Deployment/istio-tracing",
            "Deployment/kiali",
            "Deployment/prometheus",
        ]
    );
    call::holds(&all());
    let off = json!({ "components": { "prometheus": { "enabled": false } } });
    assert!(names(&contribute(&off)).is_empty());
}

#[test]
fn what_all_have() {
    let elsewhere =
        json!({ "components": { "prometheus": { "enabled": true, "namespace": "metrics" } } });
    check(vec![
        (
            elsewhere.clone(),
            "ConfigMap/prometheus",
            "/metadata/namespace",
            json!("metrics"),
        ),
        (
            elsewhere,
            "ClusterRoleBinding/prometheus-metrics",
            "/subjects/0/namespace",
            json!("metrics"),
        ),
        (
            with_global("kiali", json!({ "priorityClassName": "own" })),
            KIALI,
            "/spec/template/spec/priorityClassName",
            json!("own"),
        ),
        (
            with_global("grafana", json!({ "imagePullSecrets": ["s"] })),
            GRAFANA,
            "/spec/template/spec/imagePullSecrets",
            json!([{ "name": "s" }]),
        ),
        (
            with_global("kiali", json!({ "imagePullSecrets": ["s"] })),
            "ServiceAccount/kiali-service-account",
            "/imagePullSecrets",
            json!([{ "name": "s" }]),
        ),
        (
            with_global(
                "grafana",
                json!({ "defaultResources": { "requests": { "cpu": "9m" } } }),
            ),
            GRAFANA,
            "/spec/template/spec/containers/0/resources/requests",
            json!({ "cpu": "9m" }),
        ),
        (
            json!({ "components": { "kiali": { "enabled": true, "k8s": { "replicaCount": 4 } } } }),
            KIALI,
            "/spec/replicas",
            json!(4),
        ),
    ]);
}

#[test]
fn prometheus() {
    let of = |values| with("prometheus", values);
    let ingress = "Ingress/prometheus";
    check(vec![
        (
            of(json!({})),
            PROMETHEUS,
            "/spec/template/spec/containers/0/image",
            json!("docker.io/prom/prometheus:v2.12.0"),
        ),
        (
            of(json!({ "retention": "1d" })),
            PROMETHEUS,
            "/spec/template/spec/containers/0/args/0",
            json!("--storage.tsdb.retention=1d"),
        ),
        (
            of(json!({})),
            PROMETHEUS,
            "/spec/template/spec/volumes/1/secret/optional",
            Value::Null,
        ),
        (
            of(json!({ "security": { "enabled": false } })),
            PROMETHEUS,
            "/spec/template/spec/volumes/1/secret/optional",
            json!(true),
        ),
        (
            of(json!({ "service": { "annotations": { "prometheus.io/scrape": false } } })),
            "Service/prometheus",
            "/metadata/annotations",
            json!({ "prometheus.io/scrape": "false" }),
        ),
        (
            of(json!({ "service": { "nodePort": { "port": 32090 } } })),
            "Service/prometheus-nodeport",
            "/spec/ports/0/nodePort",
            json!(32090),
        ),
        (
            of(json!({ "ingress": { "enabled": true }, "contextPath": "" })),
            ingress,
            "/spec/rules",
            json!([{ "host": "prometheus.local", "http": { "paths": [
                { "path": "/", "backend": { "serviceName": "prometheus", "servicePort": 9090 } },
            ] } }]),
        ),
        (
            of(
                json!({ "ingress": { "enabled": true, "hosts": [], "tls": [{ "secretName": "s" }] } }),
            ),
            ingress,
            "/spec/tls",
            json!([{ "secretName": "s" }]),
        ),
        (
            of(json!({ "nodeSelector": { "disk": "ssd" } })),
            PROMETHEUS,
            "/spec/template/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchExpressions/1",
            json!({ "key": "disk", "operator": "In", "values": ["ssd"] }),
        ),
    ]);
    let plain = names(&contribute(&json!({})));
    assert!(
        !plain
            .iter()
            .any(|name| name.contains("nodeport") || name.starts_with("Ingress"))
    );
}

#[test]
fn grafana() {
    let of = |values| with("grafana", values);
    let login = |values: Value| {
        let environment = at(
            &contribute(&of(values)),
            GRAFANA,
            "/spec/template/spec/containers/0/env",
        );
        environment
            .as_array()
            .unwrap()
            .iter()
            .find(|variable| variable["name"] == "GF_AUTH_ANONYMOUS_ENABLED")
            .unwrap()["value"]
            .clone()
    };
    assert_eq!(login(json!({})), "true");
    assert_eq!(login(json!({ "security": { "enabled": true } })), "false");
    check(vec![
        (
            of(json!({})),
            GRAFANA,
            "/spec/template/spec/containers/0/image",
            json!("grafana/grafana:6.4.3"),
        ),
        (
            of(json!({})),
            GRAFANA,
            "/spec/template/spec/volumes/1",
            json!({ "name": "data", "emptyDir": {} }),
        ),
        (
            of(json!({ "persist": true })),
            GRAFANA,
            "/spec/template/spec/volumes/1/persistentVolumeClaim/claimName",
            json!("istio-grafana-pvc"),
        ),
        (
            of(json!({ "persist": true })),
            "PersistentVolumeClaim/istio-grafana-pvc",
            "/spec/storageClassName",
            Value::Null,
        ),
        (
            of(json!({ "persist": true, "storageClassName": "fast" })),
            "PersistentVolumeClaim/istio-grafana-pvc",
            "/spec/storageClassName",
            json!("fast"),
        ),
        (
            of(json!({ "security": { "enabled": true, "secretName": "s" } })),
            GRAFANA,
            "/spec/template/spec/containers/0/env/1/valueFrom/secretKeyRef",
            json!({ "name": "s", "key": "username" }),
        ),
        (
            of(
                json!({ "env": { "GF_SMTP_ENABLED": true }, "envSecrets": { "GF_SMTP_USER": "mail" } }),
            ),
            GRAFANA,
            "/spec/template/spec/containers/0/env/6/valueFrom/secretKeyRef",
            json!({ "name": "mail", "key": "GF_SMTP_USER" }),
        ),
        (
            of(
                json!({ "service": { "externalPort": 80, "type": "LoadBalancer", "loadBalancerIP": "192.0.2.1" } }),
            ),
            "Policy/grafana-ports-mtls-disabled",
            "/spec/targets/0/ports/0/number",
            json!(80),
        ),
        (
            of(
                json!({ "service": { "type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0/8"] } }),
            ),
            "Service/grafana",
            "/spec/loadBalancerSourceRanges",
            json!(["10.0.0.0/8"]),
        ),
    ]);
}

#[test]
fn every_dashboard_is_mounted() {
    let contribution = contribute(&with("grafana", json!({})));
    let volumes = at(&contribution, GRAFANA, "/spec/template/spec/volumes");
    let mounts = at(
        &contribution,
        GRAFANA,
        "/spec/template/spec/containers/0/volumeMounts",
    );
    let dashboards: Vec<String> = names(&contribution)
        .into_iter()
        .filter(|name| name.contains("configuration-dashboards"))
        .collect();
    assert_eq!(dashboards.len(), 8);
    for dashboard in dashboards {
        let data = at(&contribution, &dashboard, "/data");
        let (file, text) = data.as_object().unwrap().iter().next().unwrap();
        let json: Value = meshhost_piece::serde_json::from_str(text.as_str().unwrap()).unwrap();
        assert!(
            json["panels"]
                .as_array()
                .is_some_and(|panels| panels.len() > 3),
            "{file}"
        );
        let config = dashboard.split_once('/').unwrap().1;
        let volume = volumes
            .as_array()
            .unwrap()
            .iter()
            .find(|volume| volume["configMap"]["name"] == config)
            .unwrap();
        let mount = mounts
            .as_array()
            .unwrap()
            .iter()
            .find(|mount| mount["name"] == volume["name"])
            .unwrap();
        assert_eq!(mount["subPath"], json!(file));
        assert!(
            mount["mountPath"]
                .as_str()
                .unwrap()
                .ends_with(file.as_str())
        );
    }
}

#[test]
fn kiali() {
    let of = |values| with("kiali", values);
    let viewer = of(json!({ "dashboard": { "viewOnlyMode": true } }));
    check(vec![
        (
            of(json!({})),
            "ClusterRoleBinding/kiali",
            "/roleRef/name",
            json!("kiali"),
        ),
        (
            viewer.clone(),
            "ClusterRoleBinding/istio-kiali-viewer-role-binding-istio-system",
            "/roleRef/name",
            json!("kiali-viewer"),
        ),
        (
            of(json!({ "contextPath": "/k" })),
            KIALI,
            "/spec/template/spec/containers/0/readinessProbe/httpGet/path",
            json!("/k/healthz"),
        ),
        (
            of(json!({ "security": { "enabled": true } })),
            KIALI,
            "/spec/template/spec/containers/0/livenessProbe/httpGet/scheme",
            json!("HTTPS"),
        ),
        (
            of(json!({ "createDemoSecret": true, "dashboard": { "secretName": "login" } })),
            "Secret/login",
            "/type",
            json!("Opaque"),
        ),
    ]);
    // Who may only look must not be able to change anything by the other role.
    assert!(!names(&contribute(&viewer)).contains(&"ClusterRoleBinding/kiali".to_owned()));
    let rules = at(&contribute(&viewer), "ClusterRole/kiali-viewer", "/rules");
    for rule in rules.as_array().unwrap() {
        for verb in rule["verbs"].as_array().unwrap() {
            assert!(
                ["get", "list", "watch"].contains(&verb.as_str().unwrap()),
                "{rule}"
            );
        }
    }
    assert!(
        !names(&contribute(&of(json!({}))))
            .iter()
            .any(|name| name.starts_with("Secret/"))
    );
}

#[test]
fn programs_that_read_their_configuration_once_are_rolled() {
    let contribution = contribute(&all());
    let chosen = |selector: &Selector| -> Vec<String> {
        contribution
            .objects
            .iter()
            .filter(|object| selector.chooses(object))
            .map(|object| object["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut rolled: Vec<(Vec<String>, usize)> = contribution
        .restarts
        .iter()
        .map(|rule| (chosen(&rule.restart), chosen(&rule.changed).len()))
        .collect();
    rolled.sort();
    let one = |name: &str| vec![name.to_owned()];
    assert_eq!(
        rolled,
        [
            (one("grafana"), 1),
            (one("grafana"), 8),
            (one("kiali"), 1),
            (one("prometheus"), 1),
        ]
    );
}

#[test]
fn advice() {
    for (settings, path) in [
        (
            with("kiali", json!({})),
            "values.kiali.dashboard.secretName",
        ),
        (
            with("kiali", json!({ "createDemoSecret": true })),
            "values.kiali.createDemoSecret",
        ),
        (
            with("grafana", json!({ "ingress": { "enabled": true } })),
            "values.grafana.ingress.enabled",
        ),
    ] {
        let paths: Vec<Option<String>> = contribute(&settings)
            .diagnostics
            .into_iter()
            .map(|diagnostic| diagnostic.path)
            .collect();
        assert_eq!(paths, [Some(path.to_owned())], "{settings}");
    }
    assert!(contribute(&json!({})).diagnostics.is_empty());
}

#[test]
fn what_does_not_fit_is_refused() {
    for (settings, word) in [
        (with("prometheus", json!({ "retenton": "1d" })), "retenton"),
        (
            with("prometheus", json!({ "service": { "nodePort": {} } })),
            "port",
        ),
        (
            with("grafana", json!({ "service": { "type": "None" } })),
            "None",
        ),
        (
            with("tracing", json!({ "provider": "lightstep" })),
            "lightstep",
        ),
        (with("kiali", json!({ "replicaCount": -1 })), "-1"),
        (
            with("grafana", json!({ "accessMode": "ReadWrite" })),
            "ReadWrite",
        ),
        (
            with(
                "kiali",
                json!({ "resources": { "requests": { "memory": "1 Gi" } } }),
            ),
            "1 Gi",
        ),
    ] {
        let refusal = refused(&settings);
        assert!(refusal.contains(word), "{settings}: {refusal}");
    }
}
