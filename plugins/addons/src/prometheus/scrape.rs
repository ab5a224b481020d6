//! What Prometheus scrapes: the jobs, as facts of Istio 1.4. Must not know Prometheus' Deployment beyond the folder of
//! certificates.

use meshhost_piece::{Value, json};

use super::relabel;
use crate::values::Values;

/// Folder of the certificates from citadel.
pub(super) const CERTIFICATES: &str = "/etc/istio-certs";

/// Annotations of pods, as discovery names them.
const POD_SCRAPE: &str = "pod_annotation_prometheus_io_scrape";
const POD_PATH: &str = "pod_annotation_prometheus_io_path";
const POD_PORT: &str = "pod_annotation_prometheus_io_port";
const POD_STATUS: &str = "pod_annotation_sidecar_istio_io_status";
const POD_MTLS: &str = "pod_annotation_istio_mtls";

/// The whole configuration. `namespace` is Prometheus' own.
pub(super) fn config(values: &Values, namespace: &str) -> Value {
    let global = &values.global;
    let mut jobs = vec![
        // Metrics of the mesh itself, as telemetry has them from the proxies' reports.
        service_port("istio-mesh", namespace, "istio-telemetry", "prometheus"),
        proxies(),
        service_port(
            "istio-policy",
            &global.policy_namespace,
            "istio-policy",
            "http-policy-monitoring",
        ),
        service_port(
            "istio-telemetry",
            &global.telemetry_namespace,
            "istio-telemetry",
            "http-monitoring",
        ),
        service_port(
            "pilot",
            &global.config_namespace,
            "istio-pilot",
            "http-monitoring",
        ),
        service_port(
            "galley",
            &global.config_namespace,
            "istio-galley",
            "http-monitoring",
        ),
        service_port(
            "citadel",
            &global.istio_namespace,
            "istio-citadel",
            "http-monitoring",
        ),
        api_servers(),
        nodes("kubernetes-nodes", "/api/v1/nodes/${1}/proxy/metrics"),
        nodes(
            "kubernetes-cadvisor",
            "/api/v1/nodes/${1}/proxy/metrics/cadvisor",
        ),
        annotated_services(),
        annotated_pods(),
    ];
    if values.prometheus.security.enabled {
        jobs.push(annotated_pods_encrypted());
    }
    json!({
        "global": { "scrape_interval": values.prometheus.scrape_interval },
        "scrape_configs": jobs,
    })
}

/// The endpoints of one port of one service.
fn service_port(job: &str, namespace: &str, service: &str, port: &str) -> Value {
    json!({
        "job_name": job,
        "kubernetes_sd_configs": [{ "role": "endpoints", "namespaces": { "names": [namespace] } }],
        "relabel_configs": [
            relabel::keep(&["service_name", "endpoint_port_name"], &format!("{service};{port}")),
        ],
    })
}

fn proxies() -> Value {
    json!({
        "job_name": "envoy-stats",
        "metrics_path": "/stats/prometheus",
        "kubernetes_sd_configs": [{ "role": "pod" }],
        "relabel_configs": [
            relabel::keep(&["pod_container_port_name"], ".*-envoy-prom"),
            relabel::port_from(POD_PORT, "$1:15090"),
            relabel::labels_of("pod_label_"),
            relabel::copy("namespace", "namespace"),
            relabel::copy("pod_name", "pod_name"),
        ],
    })
}

/// Puts the credentials of Prometheus' own service account into a job.
fn as_service_account(mut job: Value) -> Value {
    let folder = "/var/run/secrets/kubernetes.io/serviceaccount";
    job["scheme"] = json!("https");
    job["tls_config"] = json!({ "ca_file": format!("{folder}/ca.crt") });
    job["bearer_token_file"] = json!(format!("{folder}/token"));
    job
}

fn api_servers() -> Value {
    as_service_account(service_port(
        "kubernetes-apiservers",
        "default",
        "kubernetes",
        "https",
    ))
}

fn nodes(job: &str, path: &str) -> Value {
    let [address, path] = relabel::through_api_server(path);
    as_service_account(json!({
        "job_name": job,
        "kubernetes_sd_configs": [{ "role": "node" }],
        "relabel_configs": [relabel::labels_of("node_label_"), address, path],
    }))
}

fn annotated_services() -> Value {
    json!({
        "job_name": "kubernetes-service-endpoints",
        "kubernetes_sd_configs": [{ "role": "endpoints" }],
        "relabel_configs": [
            relabel::keep(&["service_annotation_prometheus_io_scrape"], "true"),
            relabel::copy_matching("service_annotation_prometheus_io_scheme", "(https?)", "__scheme__"),
            relabel::copy_matching("service_annotation_prometheus_io_path", "(.+)", "__metrics_path__"),
            relabel::port_from("service_annotation_prometheus_io_port", "$1:$2"),
            relabel::labels_of("service_label_"),
            relabel::copy("namespace", "kubernetes_namespace"),
            relabel::copy("service_name", "kubernetes_name"),
        ],
    })
}

/// Pods without a proxy in front: those with one are asked through it, by the job below.
fn annotated_pods() -> Value {
    let mut steps = vec![
        relabel::keep(&[POD_SCRAPE], "true"),
        relabel::drop(POD_STATUS, "(.+)"),
        relabel::drop(POD_MTLS, "(true)"),
        relabel::copy_matching(POD_PATH, "(.+)", "__metrics_path__"),
    ];
    steps.extend(pod_target());
    json!({
        "job_name": "kubernetes-pods",
        "kubernetes_sd_configs": [{ "role": "pod" }],
        "relabel_configs": steps,
    })
}

/// Pods with a proxy, or that say themselves that they take the mesh's encryption.
fn annotated_pods_encrypted() -> Value {
    let mut steps = vec![
        relabel::keep(&[POD_SCRAPE], "true"),
        relabel::keep(
            &[POD_STATUS, POD_MTLS],
            "(([^;]+);([^;]*))|(([^;]*);(true))",
        ),
        relabel::copy_matching(POD_PATH, "(.+)", "__metrics_path__"),
        // An address without a port would become a second target on port 443.
        relabel::keep(&["__address__"], r"([^:]+):(\d+)"),
    ];
    steps.extend(pod_target());
    json!({
        "job_name": "kubernetes-pods-istio-secure",
        "scheme": "https",
        "tls_config": {
            "ca_file": format!("{CERTIFICATES}/root-cert.pem"),
            "cert_file": format!("{CERTIFICATES}/cert-chain.pem"),
            "key_file": format!("{CERTIFICATES}/key.pem"),
            // Certificates of the mesh name an identity, not a host.
            "insecure_skip_verify": true,
        },
        "kubernetes_sd_configs": [{ "role": "pod" }],
        "relabel_configs": steps,
    })
}

/// The port that a pod's annotation names, and the pod's labels and name on its metrics.
fn pod_target() -> [Value; 4] {
    [
        relabel::port_from(POD_PORT, "$1:$2"),
        relabel::labels_of("pod_label_"),
        relabel::copy("namespace", "namespace"),
        relabel::copy("pod_name", "pod_name"),
    ]
}
