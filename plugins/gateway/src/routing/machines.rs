//! Pilot and citadel through the ingress gateway, for machines outside of the cluster (`global.meshExpansion`).

use meshhost_piece::{Value, json};

use super::resource::resource;
use crate::gateway::Gateway;

const GATEWAY: &str = "meshexpansion-gateway";
const PILOT: u16 = 15011;
const CITADEL: u16 = 8060;

/// Gateway, a VirtualService for each of the two, and what pilot's port needs.
pub(super) fn objects(gateway: &Gateway<'_>) -> Vec<Value> {
    let namespace = gateway.namespace;
    let global = gateway.global;
    let host =
        |service: &str, of: &str| format!("{service}.{of}.svc.{}", global.proxy.cluster_domain);
    let server = |number: u16, name: &str| json!({ "port": { "number": number, "name": name, "protocol": "TCP" }, "hosts": ["*"] });
    let route = |name: &str, host: String, port: u16| {
        let destination = json!({ "host": host, "port": { "number": port } });
        resource(
            "VirtualService",
            name,
            namespace,
            json!({}),
            json!({
                "hosts": [host],
                "gateways": [GATEWAY],
                "tcp": [{ "match": [{ "port": port }], "route": [{ "destination": destination }] }],
            }),
        )
    };
    vec![
        resource(
            "Gateway",
            GATEWAY,
            namespace,
            json!({}),
            json!({
                "selector": { "istio": gateway.direction.role() },
                "servers": [server(PILOT, "tcp-pilot"), server(CITADEL, "tcp-citadel")],
            }),
        ),
        route(
            "meshexpansion-vs-pilot",
            host("istio-pilot", &global.istio_namespace),
            PILOT,
        ),
        route(
            "meshexpansion-vs-citadel",
            host("istio-citadel", namespace),
            CITADEL,
        ),
        // The port is encrypted by pilot itself: the gateway passes it on as it is.
        resource(
            "DestinationRule",
            "meshexpansion-dr-pilot",
            namespace,
            json!({}),
            json!({
                "host": host("istio-pilot", namespace),
                "trafficPolicy": { "portLevelSettings": [{
                    "port": { "number": PILOT },
                    "tls": { "mode": "DISABLE" },
                }] },
            }),
        ),
    ]
}
