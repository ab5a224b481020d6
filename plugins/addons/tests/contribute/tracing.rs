//! The three programs that keep traces.

use meshhost_piece::{Value, json};

use crate::call::{at, check, contribute, names};
use crate::with;

const TRACING: &str = "Deployment/istio-tracing";
const FIRST: &str = "/spec/template/spec/containers/0/name";

fn of(values: Value) -> Value {
    with("tracing", values)
}

fn env(settings: &Value, name: &str) -> Value {
    let all = at(
        &contribute(settings),
        TRACING,
        "/spec/template/spec/containers/0/env",
    );
    all.as_array()
        .into_iter()
        .flatten()
        .find(|variable| variable["name"] == name)
        .map(|variable| variable["value"].clone())
        .unwrap_or_default()
}

#[test]
fn services_by_provider() {
    for (provider, services) in [
        (
            "jaeger",
            vec![
                "jaeger-agent",
                "jaeger-collector",
                "jaeger-query",
                "tracing",
                "zipkin",
            ],
        ),
        ("zipkin", vec!["tracing", "zipkin"]),
        ("opencensus", vec!["zipkin"]),
    ] {
        let contribution = contribute(&of(json!({ "provider": provider })));
        let found: Vec<String> = names(&contribution)
            .into_iter()
            .filter_map(|name| name.strip_prefix("Service/").map(str::to_owned))
            .collect();
        assert_eq!(found, services, "{provider}");
        let pods = at(&contribution, TRACING, "/spec/template/metadata/labels/app");
        assert_eq!(
            at(&contribution, "Service/zipkin", "/spec/selector/app"),
            pods,
            "{provider}"
        );
    }
}

#[test]
fn jaeger() {
    let memory =
        of(json!({ "jaeger": { "spanStorageType": "memory", "memory": { "max_traces": 7 } } }));
    check(vec![
        (of(json!({})), TRACING, FIRST, json!("jaeger")),
        (
            of(json!({})),
            TRACING,
            "/spec/template/spec/volumes/0",
            json!({ "name": "data", "emptyDir": {} }),
        ),
        (
            memory.clone(),
            TRACING,
            "/spec/template/spec/volumes",
            Value::Null,
        ),
        (
            of(json!({ "jaeger": { "persist": true, "storageClassName": "fast" } })),
            "PersistentVolumeClaim/istio-jaeger-pvc",
            "/spec/storageClassName",
            json!("fast"),
        ),
        (
            of(
                json!({ "service": { "type": "NodePort", "name": "http", "annotations": { "a": 1 } } }),
            ),
            "Service/tracing",
            "/spec/type",
            json!("NodePort"),
        ),
        (
            of(json!({})),
            "Service/tracing",
            "/spec/ports/0/targetPort",
            json!(16686),
        ),
        (
            of(json!({ "zipkin": { "queryPort": 9999 } })),
            "Service/zipkin",
            "/spec/ports/0/targetPort",
            json!(9999),
        ),
    ]);
    for (settings, name, expected) in [
        (of(json!({})), "QUERY_BASE_PATH", json!("/jaeger")),
        (
            of(json!({ "contextPath": "/traces" })),
            "QUERY_BASE_PATH",
            json!("/traces"),
        ),
        (of(json!({})), "SPAN_STORAGE_TYPE", json!("badger")),
        (memory.clone(), "SPAN_STORAGE_TYPE", Value::Null),
        (memory, "MEMORY_MAX_TRACES", json!("7")),
    ] {
        assert_eq!(env(&settings, name), expected, "{settings} {name}");
    }
}

#[test]
fn zipkin() {
    let settings = of(json!({ "provider": "zipkin", "zipkin": {
        "hub": "h", "tag": 3, "queryPort": 99, "javaOptsHeap": 5, "node": { "cpus": 7 }, "probeStartupDelay": 1,
    } }));
    check(vec![
        (
            settings.clone(),
            TRACING,
            "/spec/template/spec/containers/0/image",
            json!("h/zipkin:3"),
        ),
        (
            settings.clone(),
            TRACING,
            "/spec/template/spec/containers/0/ports/0/containerPort",
            json!(99),
        ),
        (
            settings.clone(),
            TRACING,
            "/spec/template/spec/containers/0/readinessProbe/initialDelaySeconds",
            json!(1),
        ),
        (
            settings.clone(),
            "Service/tracing",
            "/spec/ports/0/targetPort",
            json!(99),
        ),
    ]);
    let java = env(&settings, "JAVA_OPTS");
    let java = java.as_str().unwrap();
    assert!(
        java.contains("-Xmx5M") && java.contains("-XX:ConcGCThreads=7"),
        "{java}"
    );
}

#[test]
fn opencensus() {
    let settings = of(
        json!({ "provider": "opencensus", "opencensus": { "exporters": { "stackdriver": { "project": "p" } } } }),
    );
    check(vec![
        (settings.clone(), TRACING, FIRST, json!("oc-collector")),
        (
            settings.clone(),
            TRACING,
            "/metadata/labels/component",
            json!("oc-collector"),
        ),
    ]);
    let contribution = contribute(&settings);
    let text = at(
        &contribution,
        "ConfigMap/oc-collector-config",
        "/data/oc-collector-config",
    );
    let config: Value = serde_saphyr::from_str(text.as_str().unwrap()).unwrap();
    assert_eq!(
        config["exporters"]["stackdriver"],
        json!({ "enable_tracing": true, "project": "p" })
    );
    // It reads its configuration at the start, the others have none.
    assert_eq!(contribution.restarts.len(), 1);
    assert!(
        contribute(&of(json!({ "provider": "zipkin" })))
            .restarts
            .is_empty()
    );
}

#[test]
fn settings_of_the_component_reach_the_programs_own_container() {
    for (provider, container) in [
        ("jaeger", "jaeger"),
        ("zipkin", "zipkin"),
        ("opencensus", "oc-collector"),
    ] {
        let mut settings = of(json!({ "provider": provider }));
        settings["components"]["tracing"]["k8s"] = json!({ "imagePullPolicy": "Never" });
        let found = at(
            &contribute(&settings),
            TRACING,
            "/spec/template/spec/containers/0",
        );
        assert_eq!(found["name"], container);
        assert_eq!(found["imagePullPolicy"], "Never", "{provider}");
    }
}
