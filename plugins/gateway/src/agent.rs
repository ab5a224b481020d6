//! The agent that may run next to the ingress gateway's proxy: it reads certificates from Secrets while the gateway runs,
//! and hands them over through a socket. Must not know the rest of the pod.

use meshhost_istio::pod;
use meshhost_piece::{Value, json};

use crate::gateway::Gateway;

/// Name of the volume with the socket.
const SOCKET: &str = "ingressgatewaysdsudspath";

/// The agent's container.
pub(crate) fn container(gateway: &Gateway<'_>) -> Value {
    json!({
        "name": "ingress-sds",
        "image": pod::image(gateway.global, &gateway.sds.image),
        "imagePullPolicy": gateway.global.image_pull_policy,
        "resources": pod::resources(gateway.global, &gateway.sds.resources),
        "env": [
            pod::env("ENABLE_WORKLOAD_SDS", false),
            pod::env("ENABLE_INGRESS_GATEWAY_SDS", true),
            pod::field_env("INGRESS_GATEWAY_NAMESPACE", "metadata.namespace"),
        ],
        "volumeMounts": [mount()],
    })
}

/// The socket, for agent and proxy.
pub(crate) fn mount() -> Value {
    json!({ "name": SOCKET, "mountPath": "/var/run/ingress_gateway" })
}

/// Its volume.
pub(crate) fn volume() -> Value {
    json!({ "name": SOCKET, "emptyDir": {} })
}
