//! Telemetry made in the proxies themselves: Envoy filters that exchange metadata and count. Istio 1.4 writes them
//! without a namespace, and istioctl applies them into that of the component; here it is written.

use meshhost_piece::{Value, json};

/// The two filters.
pub(super) fn objects(namespace: &str) -> [Value; 2] {
    let exchange = patch(
        "ANY",
        None,
        &json!({
            "configuration": "envoy.wasm.metadata_exchange",
            "vm_config": vm(None, "envoy.wasm.metadata_exchange"),
        }),
    );
    let stats = [
        ("SIDECAR_OUTBOUND", "stats_outbound"),
        ("SIDECAR_INBOUND", "stats_inbound"),
        ("GATEWAY", "stats_outbound"),
    ]
    .map(|(context, id)| {
        patch(
            context,
            Some("envoy.router"),
            &json!({
                "root_id": id,
                "configuration": "{\n  \"debug\": \"false\",\n  \"stat_prefix\": \"istio\"\n}\n",
                "vm_config": vm(Some(id), "envoy.wasm.stats"),
            }),
        )
    });
    [
        filter("metadata-exchange", namespace, &json!([exchange])),
        filter("stats-filter", namespace, &json!(stats)),
    ]
}

fn filter(name: &str, namespace: &str, patches: &Value) -> Value {
    json!({
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": { "name": name, "namespace": namespace },
        "spec": { "configPatches": patches },
    })
}

fn vm(id: Option<&str>, code: &str) -> Value {
    let mut vm = json!({
        "runtime": "envoy.wasm.runtime.null",
        "code": { "inline_string": code },
    });
    if let Some(id) = id {
        vm["vm_id"] = json!(id);
    }
    vm
}

/// Puts a filter into all HTTP connections of a context, before `before` or before all.
fn patch(context: &str, before: Option<&str>, config: &Value) -> Value {
    let mut manager = json!({ "name": "envoy.http_connection_manager" });
    if let Some(before) = before {
        manager["subFilter"] = json!({ "name": before });
    }
    json!({
        "applyTo": "HTTP_FILTER",
        "match": { "context": context, "listener": { "filterChain": { "filter": manager } } },
        "patch": { "operation": "INSERT_BEFORE", "value": {
            "name": "envoy.filters.http.wasm",
            "config": { "config": config },
        } },
    })
}
