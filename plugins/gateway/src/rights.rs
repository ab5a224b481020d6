//! Service accounts of the gateways, and the right to read Secrets that certificates by SDS need.

use meshhost_istio::object;
use meshhost_piece::{Value, json};

use crate::gateway::{Direction, Gateway};

/// Account, role and binding.
pub(crate) fn objects(gateway: &Gateway<'_>) -> Vec<Value> {
    let direction = gateway.direction;
    let mut objects = Vec::new();
    // The egress gateway runs as the namespace's default account, and has one of its own only for SDS.
    if direction == Direction::Ingress || gateway.sds.enabled {
        objects.push(object::service_account(
            &direction.account(),
            gateway.namespace,
            json!({ "app": direction.name() }),
            gateway.global,
        ));
    }
    if gateway.sds.enabled {
        objects.extend(read_secrets(gateway));
    }
    objects
}

fn read_secrets(gateway: &Gateway<'_>) -> [Value; 2] {
    let direction = gateway.direction;
    let name = format!("{}-sds", direction.name());
    let metadata = match direction {
        Direction::Ingress => object::metadata(&name, gateway.namespace, json!({})),
        Direction::Egress => json!({ "name": name, "namespace": gateway.namespace }),
    };
    [
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": metadata,
            "rules": [object::rule(&[""], &["secrets"], &["get", "watch", "list"])],
        }),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name },
            "subjects": [{ "kind": "ServiceAccount", "name": direction.account() }],
        }),
    ]
}
