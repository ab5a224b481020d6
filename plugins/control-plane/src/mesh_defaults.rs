//! `defaultConfig` of the mesh configuration, which pilot and the injector both have. Owns its keys; must not know the
//! rest of the mesh configuration.

use meshhost_istio::Global;
use meshhost_istio::global::Tracer;
use meshhost_piece::{Value, json};

/// The proxies' default configuration, without tracing and discovery.
pub(crate) fn proxy_config(global: &Global) -> Value {
    json!({
        "connectTimeout": "10s",
        "configPath": "/etc/istio/proxy",
        "serviceCluster": "istio-proxy",
        "drainDuration": "45s",
        "parentShutdownDuration": "1m0s",
        "proxyAdminPort": 15000,
        "concurrency": global.proxy.concurrency,
    })
}

/// How proxies reach pilot.
pub(crate) fn set_discovery(config: &mut Value, global: &Global, host: &str) {
    let (policy, port) = if global.control_plane_security_enabled {
        ("MUTUAL_TLS", 15011)
    } else {
        ("NONE", 15010)
    };
    config["controlPlaneAuthPolicy"] = json!(policy);
    config["discoveryAddress"] = json!(format!("{host}:{port}"));
}

/// Where proxies send traces, by tracer.
pub(crate) fn tracing(global: &Global) -> Value {
    match global.proxy.tracer {
        Tracer::Zipkin => json!({ "zipkin": { "address": zipkin_address(global) } }),
        Tracer::Lightstep => {
            let lightstep = &global.tracer.lightstep;
            json!({ "lightstep": {
                "address": or_null(&lightstep.address),
                "accessToken": or_null(&lightstep.access_token),
                "secure": lightstep.secure,
                "cacertPath": or_null(&lightstep.cacert_path),
            } })
        }
        Tracer::Datadog => {
            json!({ "datadog": { "address": or_null(&global.tracer.datadog.address) } })
        }
        Tracer::Stackdriver => json!({ "stackdriver": {} }),
    }
}

/// `HOST:PORT` of the collector that speaks Zipkin's protocol.
pub(crate) fn zipkin_address(global: &Global) -> String {
    if global.tracer.zipkin.address.is_empty() {
        format!("zipkin.{}:9411", global.telemetry_namespace)
    } else {
        global.tracer.zipkin.address.clone()
    }
}

fn or_null(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        json!(text)
    }
}
