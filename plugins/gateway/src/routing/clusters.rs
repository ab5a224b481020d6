//! Names that lead to other clusters: by SNI through the gateways of both (`zvpn` on the way out,
//! `global.multiCluster` on the way in).

use meshhost_piece::{Value, json};

use super::resource::resource;
use crate::gateway::Gateway;

/// Name of the DestinationRule that both gateways have.
pub(crate) const SHARED_RULE: &str = "istio-multicluster-destinationrule";

const EGRESS: &str = "istio-multicluster-egressgateway";
const INGRESS: &str = "istio-multicluster-ingressgateway";
const PORT: u16 = 15443;

/// From names with the suffix to the gateway of the cluster that they name.
pub(super) fn egress(gateway: &Gateway<'_>, suffix: &str) -> Vec<Value> {
    let any = format!("*.{suffix}");
    let make = |kind: &str, name: &str, spec: Value| {
        let labels = json!({ "app": gateway.direction.name() });
        resource(kind, name, gateway.namespace, labels, spec)
    };
    vec![
        make(
            "Gateway",
            EGRESS,
            json!({
                "selector": { "istio": gateway.direction.role() },
                "servers": [{
                    "port": { "number": PORT, "name": "tls", "protocol": "TLS" },
                    "hosts": [any],
                    "tls": {},
                }],
            }),
        ),
        make(
            "VirtualService",
            EGRESS,
            json!({
                "gateways": [EGRESS],
                "hosts": [any],
                "tls": [{
                    "match": [{ "port": PORT, "sniHosts": [any] }],
                    // No such cluster: the filter below takes the one that the SNI names.
                    "route": [{
                        "destination": { "host": "non.existent.cluster", "port": { "number": PORT } },
                        "weight": 100,
                    }],
                }],
            }),
        ),
        make(
            "EnvoyFilter",
            EGRESS,
            json!({
                "workloadLabels": { "istio": gateway.direction.role() },
                "filters": [{
                    "listenerMatch": { "portNumber": PORT, "listenerType": "GATEWAY" },
                    "filterName": "envoy.filters.network.sni_cluster",
                    "filterType": "NETWORK",
                    "filterConfig": {},
                }],
            }),
        ),
        make("DestinationRule", SHARED_RULE, mutual(&any)),
    ]
}

/// From the gateway of another cluster to services of this one.
pub(super) fn ingress(gateway: &Gateway<'_>) -> Vec<Value> {
    let any = "*.global";
    let make = |kind: &str, name: &str, spec: Value| {
        let labels = json!({ "app": gateway.direction.name() });
        resource(kind, name, gateway.namespace, labels, spec)
    };
    let mut rule = mutual(any);
    if !gateway.global.default_config_visibility_settings.is_empty() {
        rule["exportTo"] = json!(["*"]);
    }
    vec![
        make(
            "Gateway",
            INGRESS,
            json!({
                "selector": { "istio": gateway.direction.role() },
                "servers": [{
                    "port": { "number": PORT, "name": "tls", "protocol": "TLS" },
                    "hosts": [any],
                    "tls": { "mode": "AUTO_PASSTHROUGH" },
                }],
            }),
        ),
        make(
            "EnvoyFilter",
            INGRESS,
            json!({
                "workloadLabels": { "istio": gateway.direction.role() },
                "filters": [{
                    "listenerMatch": { "portNumber": PORT, "listenerType": "GATEWAY" },
                    "insertPosition": {
                        "index": "AFTER",
                        "relativeTo": "envoy.filters.network.sni_cluster",
                    },
                    "filterName": "envoy.filters.network.tcp_cluster_rewrite",
                    "filterType": "NETWORK",
                    "filterConfig": {
                        "cluster_pattern": "\\.global$",
                        "cluster_replacement": format!(".svc.{}", gateway.global.proxy.cluster_domain),
                    },
                }],
            }),
        ),
        make("DestinationRule", SHARED_RULE, rule),
    ]
}

fn mutual(host: &str) -> Value {
    json!({ "host": host, "trafficPolicy": { "tls": { "mode": "ISTIO_MUTUAL" } } })
}
