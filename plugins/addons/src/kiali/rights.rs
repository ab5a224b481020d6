//! What Kiali may do: look at workloads and Istio's resources, and change the latter unless it may only look.

use meshhost_istio::object;
use meshhost_piece::{Value, json};

use crate::values::Kiali;

const FULL: &str = "kiali";
/// The role that may only look.
pub(crate) const VIEWER: &str = "kiali-viewer";
/// Its binding, before the namespace.
pub(crate) const VIEWER_BINDING: &str = "istio-kiali-viewer-role-binding-";
const LOOK: [&str; 3] = ["get", "list", "watch"];

/// Both roles, and a binding of the one that the values choose.
pub(super) fn objects(own: &Kiali, namespace: &str, account: &str) -> Vec<Value> {
    let labels = json!({ "app": "kiali" });
    let change = ["create", "delete", "get", "list", "patch", "watch"];
    let (binding, role) = if own.dashboard.view_only_mode {
        (format!("{VIEWER_BINDING}{namespace}"), VIEWER)
    } else {
        (FULL.to_owned(), FULL)
    };
    vec![
        object::cluster_role(FULL, labels.clone(), &rules(&change)),
        object::cluster_role(VIEWER, labels.clone(), &rules(&LOOK)),
        object::cluster_role_binding(&binding, labels, role, account, namespace),
    ]
}

fn rules(on_istio: &[&str]) -> [Value; 6] {
    [
        object::rule(
            &[""],
            &[
                "configmaps",
                "endpoints",
                "namespaces",
                "nodes",
                "pods",
                "pods/log",
                "replicationcontrollers",
                "services",
            ],
            &LOOK,
        ),
        object::rule(
            &["extensions", "apps"],
            &["deployments", "replicasets", "statefulsets"],
            &LOOK,
        ),
        object::rule(&["autoscaling"], &["horizontalpodautoscalers"], &LOOK),
        object::rule(&["batch"], &["cronjobs", "jobs"], &LOOK),
        object::rule(
            &[
                "config.istio.io",
                "networking.istio.io",
                "authentication.istio.io",
                "rbac.istio.io",
                "security.istio.io",
            ],
            &["*"],
            on_istio,
        ),
        object::rule(
            &["monitoring.kiali.io"],
            &["monitoringdashboards"],
            &["get", "list"],
        ),
    ]
}
