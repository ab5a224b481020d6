//! What the plug-in may do on the cluster: look at pods and nodes. Must not know the DaemonSet.

use meshhost_istio::object;
use meshhost_piece::{Value, json};

use crate::names::NAME;
use crate::values::Values;

/// Binds a ClusterRole that exists, as a rule one that allows a pod security policy.
pub(crate) const PSP_BINDING: &str = "istio-cni-psp";

/// Service account, role and bindings.
pub(crate) fn objects(values: &Values, namespace: &str) -> Vec<Value> {
    let labels = json!({ "app": NAME });
    let mut objects = vec![
        object::service_account(NAME, namespace, labels.clone(), &values.global),
        object::cluster_role(
            NAME,
            labels.clone(),
            &[object::rule(&[""], &["pods", "nodes"], &["get"])],
        ),
        object::cluster_role_binding(NAME, labels, NAME, NAME, namespace),
    ];
    if !values.cni.psp_cluster_role.is_empty() {
        objects.push(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": { "name": PSP_BINDING, "namespace": namespace },
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": values.cni.psp_cluster_role,
            },
            "subjects": [{ "kind": "ServiceAccount", "name": NAME, "namespace": namespace }],
        }));
    }
    objects
}
