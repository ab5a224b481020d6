//! Envoy's bootstrap for the proxy next to telemetry: it takes reports on 9091 and 15004 for mixer's socket, reports
//! them itself as traffic of the mesh, and has its own metrics on 15090.

use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::envoy;

/// Stands for a boolean that the agent's template decides; YAML would quote the template's own words.
const REPORTS_OFF: &str = "REPORTS_OFF";

/// The bootstrap, a Go template for pilot's agent.
pub(super) fn configuration(ctx: &Context<'_>) -> String {
    let global = ctx.global();
    let mixer = json!({ "pipe": { "path": "/sock/mixer.socket" } });
    let mut own_metrics = envoy::cluster("prometheus_stats", &envoy::address("127.0.0.1", 15000));
    if let Value::Object(cluster) = &mut own_metrics {
        cluster.shift_remove("http2_protocol_options");
    }
    let clusters = [
        own_metrics,
        envoy::cluster("inbound_9092", &mixer),
        envoy::galley_cluster(&global.trust_domain, &global.config_namespace),
    ];
    let secured = global
        .control_plane_security_enabled
        .then(envoy::mutual_tls);
    let listeners = [
        metrics_listener(),
        reports(ctx, 15004, secured),
        reports(ctx, 9091, None),
        envoy::galley_listener(),
    ];
    let decided = "{{ if .DisableReportCalls }}true{{ else }}false{{ end }}";
    envoy::bootstrap(&clusters, &listeners, Some(stats_tags())).replace(REPORTS_OFF, decided)
}

fn metrics_listener() -> Value {
    let filter = json!({ "name": "envoy.http_connection_manager", "config": {
        "codec_type": "AUTO",
        "stat_prefix": "stats",
        "http_filters": [{ "name": "envoy.router" }],
        "route_config": { "virtual_hosts": [{
            "name": "backend",
            "domains": ["*"],
            "routes": [{ "match": { "prefix": "/stats/prometheus" }, "route": { "cluster": "prometheus_stats" } }],
        }] },
    } });
    envoy::listener("15090", envoy::address("0.0.0.0", 15090), filter, None)
}

/// A listener for reports, which are reported themselves.
fn reports(ctx: &Context<'_>, port: u16, tls: Option<Value>) -> Value {
    let namespace = &ctx.namespace.telemetry;
    let host = format!(
        "istio-telemetry.{namespace}.svc.{}",
        ctx.global().proxy.cluster_domain
    );
    let stat = port.to_string();
    let routes = json!([envoy::route("inbound_9092", Some("Report"))]);
    let mut filter = envoy::http2(&stat, &host, &routes, false);
    let config = &mut filter["config"];
    config["generate_request_id"] = json!(true);
    let pod = format!("kubernetes://{{{{ .PodName }}}}.{namespace}");
    let text = |value: &str| json!({ "string_value": value });
    let mut services = json!({});
    services[&host] = json!({
        "disable_check_calls": true,
        "disable_report_calls": REPORTS_OFF,
        "mixer_attributes": { "attributes": {
            "destination.service.host": text(&host),
            "destination.service.uid": text(&format!("istio://{namespace}/services/istio-telemetry")),
            "destination.service.name": text("istio-telemetry"),
            "destination.service.namespace": text(namespace),
            "destination.uid": text(&pod),
            "destination.namespace": text(namespace),
            "destination.ip": { "bytes_value": "{{ .PodIP }}" },
            "destination.port": { "int64_value": port },
            "context.reporter.kind": text("inbound"),
            "context.reporter.uid": text(&pod),
        } },
    });
    config["http_filters"] = json!([
        { "name": "mixer", "config": {
            "default_destination_service": host,
            "service_configs": services,
            "transport": { "check_cluster": "mixer_check_server", "report_cluster": "inbound_9092" },
        } },
        { "name": "envoy.router" },
    ]);
    envoy::listener(&stat, envoy::address("0.0.0.0", port), filter, tls)
}

/// How names of statistics are taken apart into labels.
fn stats_tags() -> Value {
    let prefix =
        |name: &str| format!(r"^{name}\.(([_.[:digit:]]*|[_\[\]aAbBcCdDeEfF[:digit:]]*)\.)");
    let tag = |name: &str, regex: &str| json!({ "tag_name": name, "regex": regex });
    json!({
        "use_all_default_tags": false,
        "stats_tags": [
            tag("cluster_name", r"^cluster\.((.+?(\..+?\.svc\.cluster\.local)?)\.)"),
            tag("tcp_prefix", r"^tcp\.((.*?)\.)\w+?$"),
            tag("response_code", r"_rq(_(\d{3}))$"),
            tag("response_code_class", r"_rq(_(\dxx))$"),
            tag("http_conn_manager_prefix", &prefix("http")),
            tag("listener_address", &prefix("listener")),
        ],
    })
}
