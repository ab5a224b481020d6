//! The pod of Grafana. Must not know what dashboards show, only which files there are.

use meshhost_istio::{object, pod};
use meshhost_piece::{Value, json};

use crate::values::{Grafana, Values};
use crate::workload::{self, Deployment};

/// Name of most objects of Grafana.
pub(crate) const NAME: &str = "grafana";
/// Port of the pod.
pub(super) const PORT: u16 = 3000;
/// Name of the claim.
pub(crate) const CLAIM: &str = "istio-grafana-pvc";
/// Name of the ConfigMap with data sources and providers.
pub(crate) const CONFIG: &str = "istio-grafana";

/// Name of the ConfigMap with one dashboard.
pub(crate) fn dashboard_config(file: &str) -> String {
    format!("istio-grafana-configuration-dashboards-{file}")
}

/// The Deployment. `files` are the dashboards' names.
pub(super) fn deployment(values: &Values, namespace: &str, files: &[&str]) -> Value {
    let global = &values.global;
    let own = &values.grafana;
    let mut spec = json!({
        "securityContext": { "runAsUser": 472, "fsGroup": 472 },
        "containers": [{
            "name": NAME,
            "image": image(own),
            "imagePullPolicy": global.image_pull_policy,
            "ports": [{ "containerPort": PORT }],
            "readinessProbe": { "httpGet": { "path": "/api/health", "port": PORT } },
            "env": environment(own),
            "resources": pod::resources(global, &own.resources),
            "volumeMounts": mounts(files),
        }],
        "volumes": volumes(own, files),
    });
    if !global.image_pull_secrets.is_empty() {
        spec["imagePullSecrets"] = object::pull_secrets(global);
    }
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
    let labels = json!({
        "app": NAME,
        "chart": NAME,
        "heritage": "Tiller",
        "release": "istio-system",
    });
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

/// The image.
pub(crate) fn image(own: &Grafana) -> String {
    format!("{}:{}", own.image.repository, own.image.tag)
}

fn environment(own: &Grafana) -> Vec<Value> {
    let from_secret = |name: &str, secret: &str, key: &str| json!({ "name": name, "valueFrom": { "secretKeyRef": { "name": secret, "key": key } } });
    let mut env = vec![pod::env("GRAFANA_PORT", PORT)];
    let login = &own.security;
    if login.enabled {
        env.extend([
            from_secret(
                "GF_SECURITY_ADMIN_USER",
                &login.secret_name,
                &login.username_key,
            ),
            from_secret(
                "GF_SECURITY_ADMIN_PASSWORD",
                &login.secret_name,
                &login.passphrase_key,
            ),
            pod::env("GF_AUTH_BASIC_ENABLED", true),
            pod::env("GF_AUTH_ANONYMOUS_ENABLED", false),
            pod::env("GF_AUTH_DISABLE_LOGIN_FORM", false),
        ]);
    } else {
        env.extend([
            pod::env("GF_AUTH_BASIC_ENABLED", false),
            pod::env("GF_AUTH_ANONYMOUS_ENABLED", true),
            pod::env("GF_AUTH_ANONYMOUS_ORG_ROLE", "Admin"),
        ]);
    }
    env.push(pod::env("GF_PATHS_DATA", "/data/grafana"));
    env.extend(own.env.iter().map(|(name, value)| pod::env(name, value)));
    env.extend(
        own.env_secrets
            .iter()
            .map(|(name, secret)| from_secret(name, secret.as_str(), name)),
    );
    env
}

fn volume_of(file: &str) -> String {
    format!("dashboards-istio-{file}")
}

fn mounts(files: &[&str]) -> Vec<Value> {
    let mut mounts = vec![json!({ "name": "data", "mountPath": "/data/grafana" })];
    for file in files {
        mounts.push(json!({
            "name": volume_of(file),
            "mountPath": format!("/var/lib/grafana/dashboards/istio/{file}.json"),
            "subPath": format!("{file}.json"),
            "readOnly": true,
        }));
    }
    for (folder, file) in [
        ("datasources", "datasources.yaml"),
        ("dashboards", "dashboardproviders.yaml"),
    ] {
        mounts.push(json!({
            "name": "config",
            "mountPath": format!("/etc/grafana/provisioning/{folder}/{file}"),
            "subPath": file,
        }));
    }
    mounts
}

fn volumes(own: &Grafana, files: &[&str]) -> Vec<Value> {
    let mut volumes = vec![
        json!({ "name": "config", "configMap": { "name": CONFIG } }),
        workload::data_volume(own.persist.then_some(CLAIM)),
    ];
    for file in files {
        volumes.push(json!({
            "name": volume_of(file),
            "configMap": { "name": dashboard_config(file) },
        }));
    }
    volumes
}
