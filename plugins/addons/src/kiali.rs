//! Kiali: the mesh as a graph.

mod rights;

use meshhost_istio::{object, pod, yaml};
use meshhost_piece::{RestartRule, Selector, Value, json};

use crate::values::{Kiali, Values};
use crate::workload::{self, Deployment};

pub(crate) use rights::{VIEWER, VIEWER_BINDING};

/// Name of most objects of it.
pub(crate) const NAME: &str = "kiali";
/// Name of the service account.
pub(crate) const ACCOUNT: &str = "kiali-service-account";
const PORT: u16 = 20001;

/// Everything of Kiali.
pub(crate) fn objects(values: &Values, namespace: &str) -> Vec<Value> {
    let own = &values.kiali;
    let labels = json!({ "app": NAME });
    let mut objects = rights::objects(own, namespace, ACCOUNT);
    objects.push(object::service_account(
        ACCOUNT,
        namespace,
        labels.clone(),
        &values.global,
    ));
    objects.push(object::config_map(
        NAME,
        namespace,
        labels.clone(),
        json!({ "config.yaml": yaml::text(&config(values)) }),
    ));
    if own.create_demo_secret {
        objects.push(demo_secret(own, namespace));
    }
    objects.push(deployment(values, namespace));
    objects.push(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": object::metadata(NAME, namespace, labels),
        "spec": {
            "selector": { "app": NAME },
            "ports": [{ "name": "http-kiali", "protocol": "TCP", "port": PORT }],
        },
    }));
    objects
}

/// The configuration is read at the start.
pub(crate) fn restarts(namespace: &str) -> RestartRule {
    RestartRule {
        changed: Selector::kind("", "ConfigMap")
            .named(NAME)
            .within(namespace),
        restart: Selector::kind("apps", "Deployment")
            .named(NAME)
            .within(namespace),
    }
}

/// The image.
pub(crate) fn image(own: &Kiali) -> String {
    format!("{}/{}:{}", own.hub, own.image, own.tag)
}

fn config(values: &Values) -> Value {
    let global = &values.global;
    let own = &values.kiali;
    let mut server = json!({ "port": PORT });
    if !own.context_path.is_empty() {
        server["web_root"] = json!(own.context_path);
    }
    let prometheus = format!("http://prometheus.{}:9090", global.prometheus_namespace);
    let mut config = json!({
        "istio_component_namespaces": {
            "grafana": global.telemetry_namespace,
            "tracing": global.telemetry_namespace,
            "pilot": global.config_namespace,
            "prometheus": global.prometheus_namespace,
        },
        "istio_namespace": global.istio_namespace,
        "deployment": { "accessible_namespaces": ["**"] },
        "server": server,
        "external_services": {
            "istio": {
                "url_service_version": format!(
                    "http://istio-pilot.{}:8080/version",
                    global.config_namespace
                ),
            },
            "tracing": { "url": own.dashboard.jaeger_url },
            "grafana": { "url": own.dashboard.grafana_url },
            "prometheus": { "url": prometheus },
        },
    });
    if own.security.enabled {
        config["identity"] = json!({
            "cert_file": own.security.cert_file,
            "private_key_file": own.security.private_key_file,
        });
    }
    config
}

/// Name and password `admin`, for a first look.
fn demo_secret(own: &Kiali, namespace: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": object::metadata(&own.dashboard.secret_name, namespace, json!({ "app": NAME })),
        "type": "Opaque",
        "data": { "username": "YWRtaW4=", "passphrase": "YWRtaW4=" },
    })
}

fn deployment(values: &Values, namespace: &str) -> Value {
    let global = &values.global;
    let own = &values.kiali;
    let probe = json!({
        "httpGet": {
            "path": format!("{}/healthz", own.context_path),
            "port": PORT,
            "scheme": if own.security.enabled { "HTTPS" } else { "HTTP" },
        },
        "initialDelaySeconds": 5,
        "periodSeconds": 30,
    });
    let mut certificates = json!({ "secretName": format!("istio.{ACCOUNT}") });
    if !own.security.enabled {
        certificates["optional"] = json!(true);
    }
    let mut spec = json!({
        "serviceAccountName": ACCOUNT,
        "containers": [{
            "name": NAME,
            "image": image(own),
            "imagePullPolicy": global.image_pull_policy,
            "command": ["/opt/kiali/kiali", "-config", "/kiali-configuration/config.yaml", "-v", "3"],
            "readinessProbe": probe,
            "livenessProbe": probe,
            "env": [{
                "name": "ACTIVE_NAMESPACE",
                "valueFrom": { "fieldRef": { "fieldPath": "metadata.namespace" } },
            }],
            "volumeMounts": [
                { "name": "kiali-configuration", "mountPath": "/kiali-configuration" },
                { "name": "kiali-cert", "mountPath": "/kiali-cert" },
                { "name": "kiali-secret", "mountPath": "/kiali-secret" },
            ],
            "resources": pod::resources(global, &own.resources),
        }],
        "volumes": [
            { "name": "kiali-configuration", "configMap": { "name": NAME } },
            { "name": "kiali-cert", "secret": certificates },
            {
                "name": "kiali-secret",
                "secret": { "secretName": own.dashboard.secret_name, "optional": true },
            },
        ],
    });
    pod::schedule(
        &mut spec,
        global,
        workload::scheduling(
            &own.node_selector,
            &own.pod_anti_affinity_label_selector,
            &own.pod_anti_affinity_term_label_selector,
        ),
        &[],
    );
    let mut metadata = workload::pod_metadata(
        json!({ "app": NAME, "release": object::RELEASE }),
        &[
            ("scheduler.alpha.kubernetes.io/critical-pod", ""),
            ("prometheus.io/scrape", "true"),
            ("prometheus.io/port", "9090"),
            ("kiali.io/runtimes", "go,kiali"),
        ],
        &own.pod_annotations,
    );
    metadata["name"] = json!(NAME);
    Deployment {
        name: NAME,
        namespace,
        app: NAME,
        replicas: Some(own.replica_count),
        pod_metadata: metadata,
        pod_spec: spec,
    }
    .object()
}
