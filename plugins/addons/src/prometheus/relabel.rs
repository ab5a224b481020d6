//! Steps of Prometheus' `relabel_configs`. Owns their form (Prometheus 2.12, "relabel_config"); knows no job.

use meshhost_piece::{Value, json};

/// Host and port, and a port that replaces it: for a target's address and an annotation with a port.
const ADDRESS_AND_PORT: &str = r"([^:]+)(?::\d+)?;(\d+)";
/// What discovery knows of a target is in labels with this prefix.
const META: &str = "__meta_kubernetes_";

fn sources(labels: &[&str]) -> Vec<String> {
    labels
        .iter()
        .map(|label| {
            if label.starts_with("__") {
                (*label).to_owned()
            } else {
                format!("{META}{label}")
            }
        })
        .collect()
}

/// Only targets whose labels, joined by `;`, match.
pub(super) fn keep(labels: &[&str], regex: &str) -> Value {
    json!({ "source_labels": sources(labels), "action": "keep", "regex": regex })
}

/// Not the targets whose label matches.
pub(super) fn drop(label: &str, regex: &str) -> Value {
    json!({ "source_labels": sources(&[label]), "action": "drop", "regex": regex })
}

/// Copies a label, as it is.
pub(super) fn copy(label: &str, target: &str) -> Value {
    json!({ "source_labels": sources(&[label]), "action": "replace", "target_label": target })
}

/// Copies a label where it matches.
pub(super) fn copy_matching(label: &str, regex: &str, target: &str) -> Value {
    let mut step = copy(label, target);
    step["regex"] = json!(regex);
    step
}

/// Makes labels of metrics from all labels of a Kubernetes object: `pod_label_`, `node_label_`, `service_label_`.
pub(super) fn labels_of(prefix: &str) -> Value {
    json!({ "action": "labelmap", "regex": format!("{META}{prefix}(.+)") })
}

/// Writes the target's address with the port that an annotation names; `$2` in `address` is that port.
pub(super) fn port_from(annotation: &str, address: &str) -> Value {
    json!({
        "source_labels": sources(&["__address__", annotation]),
        "action": "replace",
        "regex": ADDRESS_AND_PORT,
        "replacement": address,
        "target_label": "__address__",
    })
}

/// Asks the API server instead of the node itself.
pub(super) fn through_api_server(path: &str) -> [Value; 2] {
    [
        json!({ "target_label": "__address__", "replacement": "kubernetes.default.svc:443" }),
        json!({
            "source_labels": sources(&["node_name"]),
            "regex": "(.+)",
            "target_label": "__metrics_path__",
            "replacement": path,
        }),
    ]
}
