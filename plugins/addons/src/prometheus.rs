//! Prometheus: scrapes the control plane, the proxies, and what pods and services of the cluster offer.

mod relabel;
mod scrape;

use meshhost_istio::{object, pod, yaml};
use meshhost_piece::{RestartRule, Selector, Value, json};

use crate::values::{Prometheus, Values};
use crate::workload::{self, Deployment};

/// Name of every namespaced object of it.
pub(crate) const NAME: &str = "prometheus";
/// Name of the Service on a port of every node.
pub(crate) const NODE_PORT: &str = "prometheus-nodeport";
const PORT: u16 = 9090;

/// Everything of Prometheus.
pub(crate) fn objects(values: &Values, namespace: &str) -> Vec<Value> {
    let global = &values.global;
    let own = &values.prometheus;
    let labels = json!({ "app": NAME });
    let role = role_name(namespace);
    let config = yaml::text(&scrape::config(values, namespace));
    let mut objects = vec![
        object::service_account(NAME, namespace, labels.clone(), global),
        object::cluster_role(&role, labels.clone(), &rules()),
        object::cluster_role_binding(&role, labels.clone(), &role, NAME, namespace),
        object::config_map(NAME, namespace, labels, json!({ "prometheus.yml": config })),
        deployment(values, namespace),
    ];
    objects.extend(services(own, namespace));
    if own.ingress.enabled {
        objects.push(ingress(own, namespace));
    }
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

/// Cluster-scoped names carry the namespace, so that two meshes fit into one cluster.
fn role_name(namespace: &str) -> String {
    format!("{NAME}-{namespace}")
}

/// The image.
pub(crate) fn image(own: &Prometheus) -> String {
    format!("{}/{}:{}", own.hub, own.image, own.tag)
}

fn rules() -> [Value; 3] {
    [
        object::rule(
            &[""],
            &["nodes", "services", "endpoints", "pods", "nodes/proxy"],
            &["get", "list", "watch"],
        ),
        object::rule(&[""], &["configmaps"], &["get"]),
        json!({ "nonResourceURLs": ["/metrics"], "verbs": ["get"] }),
    ]
}

fn deployment(values: &Values, namespace: &str) -> Value {
    let global = &values.global;
    let own = &values.prometheus;
    let mut certificates = json!({ "secretName": "istio.default", "defaultMode": 420 });
    if !own.security.enabled {
        certificates["optional"] = json!(true);
    }
    let mut spec = json!({
        "serviceAccountName": NAME,
        "containers": [{
            "name": NAME,
            "image": image(own),
            "imagePullPolicy": global.image_pull_policy,
            "args": [
                format!("--storage.tsdb.retention={}", own.retention),
                "--config.file=/etc/prometheus/prometheus.yml",
            ],
            "ports": [{ "containerPort": PORT, "name": "http" }],
            "livenessProbe": { "httpGet": { "path": "/-/healthy", "port": PORT } },
            "readinessProbe": { "httpGet": { "path": "/-/ready", "port": PORT } },
            "resources": pod::resources(global, &own.resources),
            "volumeMounts": [
                { "name": "config-volume", "mountPath": "/etc/prometheus" },
                { "name": "istio-certs", "mountPath": scrape::CERTIFICATES },
            ],
        }],
        "volumes": [
            { "name": "config-volume", "configMap": { "name": NAME } },
            { "name": "istio-certs", "secret": certificates },
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
        &own.tolerations,
    );
    let labels = json!({ "app": NAME, "release": object::RELEASE });
    Deployment {
        name: NAME,
        namespace,
        app: NAME,
        replicas: Some(own.replica_count),
        pod_metadata: workload::pod_metadata(labels, &[], &own.pod_annotations),
        pod_spec: spec,
    }
    .object()
}

fn services(own: &Prometheus, namespace: &str) -> Vec<Value> {
    let labels = json!({ "app": NAME });
    let mut annotations = own.service.annotations.clone();
    annotations
        .entry("prometheus.io/scrape".to_owned())
        .or_insert_with(|| "true".into());
    let mut services = vec![workload::service(
        NAME,
        namespace,
        labels.clone(),
        &annotations,
        json!({
            "selector": { "app": NAME },
            "ports": [{ "name": "http-prometheus", "protocol": "TCP", "port": PORT }],
        }),
    )];
    if let Some(node_port) = &own.service.node_port {
        services.push(json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": object::metadata(NODE_PORT, namespace, labels),
            "spec": {
                "type": "NodePort",
                "selector": { "app": NAME },
                "ports": [{ "name": "http-prometheus", "port": PORT, "nodePort": node_port.port }],
            },
        }));
    }
    services
}

fn ingress(own: &Prometheus, namespace: &str) -> Value {
    let path = if own.context_path.is_empty() {
        "/"
    } else {
        &own.context_path
    };
    let http = json!({ "paths": [{
        "path": path,
        "backend": { "serviceName": NAME, "servicePort": PORT },
    }] });
    let rules: Vec<Value> = if own.ingress.hosts.is_empty() {
        vec![json!({ "http": http })]
    } else {
        own.ingress
            .hosts
            .iter()
            .map(|host| json!({ "host": host, "http": http }))
            .collect()
    };
    let mut metadata = object::metadata(NAME, namespace, json!({ "app": NAME }));
    if !own.ingress.annotations.is_empty() {
        metadata["annotations"] = json!(own.ingress.annotations);
    }
    let mut spec = json!({ "rules": rules });
    if !own.ingress.tls.is_empty() {
        spec["tls"] = json!(own.ingress.tls);
    }
    json!({
        "apiVersion": "extensions/v1beta1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": spec,
    })
}
