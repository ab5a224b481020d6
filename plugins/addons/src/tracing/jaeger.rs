//! Jaeger, all in one pod.

use meshhost_istio::{TextMap, object, pod};
use meshhost_piece::{Value, json};

use super::place::{self, NAME};
use crate::values::{Jaeger, Values};
use crate::workload::{self, Deployment};

/// Name of the container.
pub(super) const CONTAINER: &str = "jaeger";
/// The label `app`.
pub(super) const APP: &str = "jaeger";
/// Port of the pages.
pub(super) const PAGES: u16 = 16686;
const ADMIN: u16 = 14269;
/// Name of the claim.
pub(crate) const CLAIM: &str = "istio-jaeger-pvc";

/// Deployment, claim, and the Services that only Jaeger has.
pub(super) fn objects(values: &Values, namespace: &str) -> Vec<Value> {
    let own = &values.tracing.jaeger;
    let mut objects = vec![deployment(values, namespace)];
    if own.persist {
        objects.push(workload::volume_claim(
            CLAIM,
            namespace,
            APP,
            &own.storage_class_name,
            own.access_mode,
        ));
    }
    objects.extend(services(values, namespace));
    objects
}

/// The image.
pub(super) fn image(own: &Jaeger) -> String {
    format!("{}/{}:{}", own.hub, own.image, own.tag)
}

fn deployment(values: &Values, namespace: &str) -> Value {
    let global = &values.global;
    let own = &values.tracing.jaeger;
    let on_disk = own.span_storage_type == "badger";
    let mut env = vec![pod::field_env("POD_NAMESPACE", "metadata.namespace")];
    if on_disk {
        env.extend([
            pod::env("BADGER_EPHEMERAL", false),
            pod::env("SPAN_STORAGE_TYPE", "badger"),
            pod::env("BADGER_DIRECTORY_VALUE", "/badger/data"),
            pod::env("BADGER_DIRECTORY_KEY", "/badger/key"),
        ]);
    }
    let path = match values.tracing.context_path.as_str() {
        "" => "/jaeger",
        path => path,
    };
    env.extend([
        pod::env("COLLECTOR_ZIPKIN_HTTP_PORT", 9411),
        pod::env("MEMORY_MAX_TRACES", own.memory.max_traces),
        pod::env("QUERY_BASE_PATH", path),
    ]);
    let mut ports: Vec<Value> = [9411, PAGES, 14250, 14267, 14268, ADMIN]
        .iter()
        .map(|port| json!({ "containerPort": port }))
        .collect();
    ports.extend(
        [5775, 6831, 6832]
            .iter()
            .map(|port| json!({ "containerPort": port, "protocol": "UDP" })),
    );
    let probe = json!({ "httpGet": { "path": "/", "port": ADMIN } });
    let mut container = json!({
        "name": CONTAINER,
        "image": image(own),
        "imagePullPolicy": global.image_pull_policy,
        "ports": ports,
        "env": env,
        "livenessProbe": probe,
        "readinessProbe": probe,
        "resources": pod::resources(global, &own.resources),
    });
    if on_disk {
        container["volumeMounts"] = json!([{ "name": "data", "mountPath": "/badger" }]);
    }
    let mut spec = json!({ "containers": [container] });
    if on_disk {
        spec["volumes"] = json!([workload::data_volume(own.persist.then_some(CLAIM))]);
    }
    if !global.image_pull_secrets.is_empty() {
        spec["imagePullSecrets"] = object::pull_secrets(global);
    }
    pod::schedule(&mut spec, global, place::scheduling(values), &[]);
    Deployment {
        name: NAME,
        namespace,
        app: APP,
        replicas: None,
        pod_metadata: workload::pod_metadata(
            json!({ "app": APP, "release": object::RELEASE }),
            &[
                ("prometheus.io/scrape", "true"),
                ("prometheus.io/port", "14269"),
            ],
            &own.pod_annotations,
        ),
        pod_spec: spec,
    }
    .object()
}

fn services(values: &Values, namespace: &str) -> [Value; 3] {
    let port = |name: &str, number: u16, protocol: &str| json!({ "name": name, "port": number, "protocol": protocol, "targetPort": number });
    let labels = |infra: &str| json!({ "app": APP, "jaeger-infra": infra });
    let selector = json!({ "app": APP });
    [
        workload::service(
            "jaeger-query",
            namespace,
            labels("jaeger-service"),
            &values.tracing.service.annotations,
            json!({ "selector": selector, "ports": [port("query-http", PAGES, "TCP")] }),
        ),
        workload::service(
            "jaeger-collector",
            namespace,
            labels("collector-service"),
            &TextMap::new(),
            json!({
                "type": "ClusterIP",
                "selector": selector,
                "ports": [
                    port("jaeger-collector-tchannel", 14267, "TCP"),
                    port("jaeger-collector-http", 14268, "TCP"),
                    port("jaeger-collector-grpc", 14250, "TCP"),
                ],
            }),
        ),
        workload::service(
            "jaeger-agent",
            namespace,
            labels("agent-service"),
            &TextMap::new(),
            json!({
                "clusterIP": "None",
                "selector": selector,
                "ports": [
                    port("agent-zipkin-thrift", 5775, "UDP"),
                    port("agent-compact", 6831, "UDP"),
                    port("agent-binary", 6832, "UDP"),
                ],
            }),
        ),
    ]
}
