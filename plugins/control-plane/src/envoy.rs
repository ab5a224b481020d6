//! Bootstrap configurations (Envoy 1.12, v2 API) for the proxies next to pilot, galley and telemetry. Pilot's agent
//! reads them as Go templates. Owns the parts that they are made of; must not know which component listens where.

use meshhost_istio::yaml;
use meshhost_piece::{Value, json};

/// The whole bootstrap, as text.
pub(crate) fn bootstrap(clusters: &[Value], listeners: &[Value], stats: Option<Value>) -> String {
    let mut bootstrap = json!({
        "admin": { "access_log_path": "/dev/null", "address": address("127.0.0.1", 15000) },
    });
    if let Some(stats) = stats {
        bootstrap["stats_config"] = stats;
    }
    bootstrap["static_resources"] = json!({ "clusters": clusters, "listeners": listeners });
    yaml::text(&bootstrap)
}

/// An address.
pub(crate) fn address(host: &str, port: u16) -> Value {
    json!({ "socket_address": { "address": host, "port_value": port } })
}

/// An HTTP/2 cluster of one endpoint, with room for many streams.
pub(crate) fn cluster(name: &str, endpoint: &Value) -> Value {
    json!({
        "name": name,
        "connect_timeout": "1.000s",
        "http2_protocol_options": {},
        "circuit_breakers": { "thresholds": [{
            "max_connections": 100_000, "max_pending_requests": 100_000, "max_requests": 100_000, "max_retries": 3,
        }] },
        "hosts": [endpoint],
    })
}

/// Galley's configuration stream, of which the certificate is checked.
pub(crate) fn galley_cluster(trust_domain: &str, namespace: &str) -> Value {
    let mut galley = cluster(
        "out.galley.15019",
        &address(&format!("istio-galley.{namespace}"), 15019),
    );
    galley["type"] = json!("STRICT_DNS");
    let mut tls = workload_tls();
    tls["validation_context"]["verify_subject_alt_name"] = json!([format!(
        "spiffe://{trust_domain}/ns/{namespace}/sa/istio-galley-service-account"
    )]);
    galley["tls_context"] = json!({ "common_tls_context": tls });
    galley
}

/// A listener on localhost that carries galley's stream to the main container.
pub(crate) fn galley_listener() -> Value {
    let routes = json!([route("out.galley.15019", None)]);
    listener(
        "local.15019",
        address("127.0.0.1", 15019),
        http2("15019", "istio-galley", &routes, true),
        None,
    )
}

fn workload_tls() -> Value {
    json!({
        "tls_certificates": [{
            "certificate_chain": { "filename": "/etc/certs/cert-chain.pem" },
            "private_key": { "filename": "/etc/certs/key.pem" },
        }],
        "validation_context": { "trusted_ca": { "filename": "/etc/certs/root-cert.pem" } },
    })
}

/// TLS of a listener that only lets in who has a certificate of the mesh.
pub(crate) fn mutual_tls() -> Value {
    let mut tls = workload_tls();
    tls["alpn_protocols"] = json!(["h2"]);
    json!({ "common_tls_context": tls, "require_client_certificate": true })
}

/// A listener with one chain of one filter.
pub(crate) fn listener(name: &str, address: Value, filter: Value, tls: Option<Value>) -> Value {
    let mut chain = json!({ "filters": [filter] });
    if let Some(tls) = tls {
        chain["tls_context"] = tls;
    }
    json!({ "name": name, "address": address, "filter_chains": [chain] })
}

/// A route of everything to a cluster, without time limit: streams live long.
pub(crate) fn route(cluster: &str, operation: Option<&str>) -> Value {
    let mut route =
        json!({ "match": { "prefix": "/" }, "route": { "cluster": cluster, "timeout": "0.000s" } });
    if let Some(operation) = operation {
        route["decorator"] = json!({ "operation": operation });
    }
    route
}

/// The HTTP/2 connection manager of a listener. `stat` names its statistics and routes.
pub(crate) fn http2(stat: &str, host: &str, routes: &Value, log: bool) -> Value {
    let mut config = json!({
        "codec_type": "HTTP2",
        "stat_prefix": stat,
        "http2_protocol_options": { "max_concurrent_streams": 1_073_741_824 },
        "http_filters": [{ "name": "envoy.router" }],
        "route_config": {
            "name": stat,
            "virtual_hosts": [{ "name": host, "domains": ["*"], "routes": routes }],
        },
    });
    if log {
        config["access_log"] =
            json!([{ "name": "envoy.file_access_log", "config": { "path": "/dev/stdout" } }]);
    }
    json!({ "name": "envoy.http_connection_manager", "config": config })
}
