//! Add-ons through the ingress gateway, each on an HTTPS port of its own (`telemetry_addon_gateways`).

use meshhost_piece::{Value, json};

use super::resource::{https_server, resource};
use crate::gateway::Gateway;
use crate::values::Ingress;

/// Gateway, VirtualService and DestinationRule of each that is enabled.
pub(super) fn objects(gateway: &Gateway<'_>, own: &Ingress) -> Vec<Value> {
    let namespace = gateway.namespace;
    let domain = &gateway.global.proxy.cluster_domain;
    own.telemetry_addon_gateways
        .values()
        .filter(|addon| addon.enabled)
        .flat_map(|addon| {
            let name = &addon.name;
            let labels = json!({ "app": name });
            let entrance = format!("istio-{name}-gateway");
            let host = format!("{name}.{namespace}.svc.{domain}");
            let route =
                json!([{ "destination": { "host": host, "port": { "number": addon.des_port } } }]);
            [
                resource(
                    "Gateway",
                    &entrance,
                    namespace,
                    labels.clone(),
                    json!({
                        "selector": { "istio": gateway.direction.role() },
                        "servers": [https_server(addon.port, &format!("https-{name}"))],
                    }),
                ),
                resource(
                    "VirtualService",
                    &format!("{name}-virtual-service"),
                    namespace,
                    labels.clone(),
                    json!({
                        "hosts": ["*"],
                        "gateways": [entrance],
                        "http": [{ "match": [{ "port": addon.port }], "route": route }],
                    }),
                ),
                resource(
                    "DestinationRule",
                    name,
                    namespace,
                    labels,
                    json!({ "host": host, "trafficPolicy": { "tls": { "mode": "DISABLE" } } }),
                ),
            ]
        })
        .collect()
}
