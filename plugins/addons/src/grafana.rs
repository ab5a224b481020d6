//! Grafana, with the project's own dashboards of the mesh.

mod dashboards;
mod deployment;
mod panel;

use meshhost_istio::{object, yaml};
use meshhost_piece::{RestartRule, Selector, Value, json};

use crate::values::{Grafana, Values};
use crate::workload;

pub(crate) use deployment::{CLAIM, CONFIG, NAME, dashboard_config, image};

/// Everything of Grafana.
pub(crate) fn objects(values: &Values, namespace: &str) -> Vec<Value> {
    let own = &values.grafana;
    let dashboards = dashboards::all();
    let mut objects: Vec<Value> = dashboards
        .iter()
        .map(|dashboard| {
            object::config_map(
                &dashboard_config(dashboard.file),
                namespace,
                config_labels(),
                json!({ format!("{}.json", dashboard.file): dashboard.json() }),
            )
        })
        .collect();
    objects.push(object::config_map(
        CONFIG,
        namespace,
        config_labels(),
        provisioning(own),
    ));
    if own.persist {
        objects.push(workload::volume_claim(
            CLAIM,
            namespace,
            NAME,
            &own.storage_class_name,
            own.access_mode,
        ));
    }
    let files: Vec<&str> = dashboards.iter().map(|dashboard| dashboard.file).collect();
    objects.push(deployment::deployment(values, namespace, &files));
    objects.push(service(own, namespace));
    objects.push(plain_port(own, namespace));
    objects
}

/// Files are mounted one by one, and such mounts never change while a pod runs.
pub(crate) fn restarts(namespace: &str) -> [RestartRule; 2] {
    [CONFIG.to_owned(), dashboard_config("*")].map(|changed| RestartRule {
        changed: Selector::kind("", "ConfigMap")
            .named(changed)
            .within(namespace),
        restart: Selector::kind("apps", "Deployment")
            .named(NAME)
            .within(namespace),
    })
}

fn config_labels() -> Value {
    json!({ "app": NAME, "istio": NAME })
}

fn provisioning(own: &Grafana) -> Value {
    own.datasources
        .iter()
        .chain(&own.dashboard_providers)
        .map(|(file, content)| (file.clone(), json!(yaml::text(content))))
        .collect()
}

fn service(own: &Grafana, namespace: &str) -> Value {
    let service = &own.service;
    let mut spec = json!({
        "type": service.service_type,
        "selector": { "app": NAME },
        "ports": [{
            "name": service.name,
            "protocol": "TCP",
            "port": service.external_port,
            "targetPort": deployment::PORT,
        }],
    });
    if !service.load_balancer_ip.is_empty() {
        spec["loadBalancerIP"] = json!(service.load_balancer_ip);
    }
    if !service.load_balancer_source_ranges.is_empty() {
        spec["loadBalancerSourceRanges"] = json!(service.load_balancer_source_ranges);
    }
    workload::service(
        NAME,
        namespace,
        json!({ "app": NAME }),
        &service.annotations,
        spec,
    )
}

/// Grafana has no proxy, so its port stays plain in a mesh that encrypts everything else.
fn plain_port(own: &Grafana, namespace: &str) -> Value {
    json!({
        "apiVersion": "authentication.istio.io/v1alpha1",
        "kind": "Policy",
        "metadata": object::metadata(
            "grafana-ports-mtls-disabled",
            namespace,
            json!({ "app": NAME }),
        ),
        "spec": { "targets": [{ "name": NAME, "ports": [{ "number": own.service.external_port }] }] },
    })
}
