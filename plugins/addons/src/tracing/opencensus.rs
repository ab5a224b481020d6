//! The OpenCensus collector: takes traces as Zipkin does, and passes them on.

use meshhost_istio::{object, pod, yaml};
use meshhost_piece::{Value, json};

use super::place::{self, NAME};
use crate::values::Values;
use crate::workload::{self, Deployment};

/// Name of the container.
pub(super) const CONTAINER: &str = "oc-collector";
/// The label `app`.
pub(super) const APP: &str = "opencensus";
/// Name of the ConfigMap, and its key.
pub(crate) const CONFIG: &str = "oc-collector-config";

/// ConfigMap and Deployment.
pub(super) fn objects(values: &Values, namespace: &str) -> Vec<Value> {
    vec![config_map(values, namespace), deployment(values, namespace)]
}

fn config_map(values: &Values, namespace: &str) -> Value {
    let config = json!({
        "receivers": { "zipkin": { "address": "127.0.0.1:9411" } },
        "exporters": values.tracing.opencensus.exporters,
    });
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": CONFIG,
            "namespace": namespace,
            "labels": { "app": APP, "component": CONFIG },
        },
        "data": { CONFIG: yaml::text(&config) },
    })
}

fn deployment(values: &Values, namespace: &str) -> Value {
    let global = &values.global;
    let own = &values.tracing.opencensus;
    let probe = json!({ "httpGet": { "path": "/", "port": 13133 } });
    let volume = "oc-collector-config-vol";
    let mut spec = json!({
        "containers": [{
            "name": CONTAINER,
            "image": format!("{}/opencensus-collector:{}", own.hub, own.tag),
            "imagePullPolicy": global.image_pull_policy,
            "command": ["/occollector_linux", "--config=/conf/oc-collector-config.yaml"],
            "ports": [{ "containerPort": 9411 }],
            "resources": pod::resources(global, &own.resources),
            "volumeMounts": [{ "name": volume, "mountPath": "/conf" }],
            "livenessProbe": probe,
            "readinessProbe": probe,
            "env": [pod::env("GOGC", 80)],
        }],
        "volumes": [{
            "name": volume,
            "configMap": {
                "name": CONFIG,
                "items": [{ "key": CONFIG, "path": "oc-collector-config.yaml" }],
            },
        }],
    });
    if !global.image_pull_secrets.is_empty() {
        spec["imagePullSecrets"] = object::pull_secrets(global);
    }
    pod::schedule(&mut spec, global, place::scheduling(values), &[]);
    let mut deployment = Deployment {
        name: NAME,
        namespace,
        app: APP,
        replicas: Some(1),
        pod_metadata: workload::pod_metadata(
            json!({ "app": APP, "component": "oc-collector" }),
            &[
                ("prometheus.io/path", "/metrics"),
                ("prometheus.io/port", "8888"),
                ("prometheus.io/scrape", "true"),
            ],
            &own.pod_annotations,
        ),
        pod_spec: spec,
    }
    .object();
    deployment["metadata"]["labels"]["component"] = json!("oc-collector");
    deployment["spec"]["minReadySeconds"] = json!(5);
    deployment["spec"]["progressDeadlineSeconds"] = json!(120);
    deployment
}
