//! Metrics.

use meshhost_piece::serde_json::Map;
use meshhost_piece::{Value, json};

use super::super::resource::{HTTP, Owner, TCP, expressions};
use super::terms::{ADAPTER, ENDS, PROJECT, REQUEST, Side, instance_name, quoted};

/// Instances and rules.
pub(super) fn objects(owner: Owner<'_>, mesh_id: &str) -> Vec<Value> {
    let mut objects = rules(owner);
    objects.extend(METRICS.iter().map(|metric| metric.instance(owner, mesh_id)));
    objects
}

/// What the handler is told of each.
pub(super) fn info(owner: Owner<'_>) -> Value {
    let infos: Map<_, _> = METRICS
        .iter()
        .map(|metric| (instance_name(owner, metric.name), metric.info()))
        .collect();
    infos.into()
}

fn rules(owner: Owner<'_>) -> Vec<Value> {
    let rule = |name, protocol: &str, side: Side, instances| {
        let matching = format!(r#"{protocol} && {}"#, side.matching());
        owner.rule(name, &matching, ADAPTER, instances)
    };
    let http = format!("({HTTP})");
    vec![
        rule(
            "stackdriver-server",
            &http,
            Side::Server,
            &[
                "server-request-count",
                "server-request-bytes",
                "server-response-bytes",
                "server-response-latencies",
            ],
        ),
        rule(
            "stackdriver-client",
            &http,
            Side::Client,
            &[
                "client-request-count",
                "client-request-bytes",
                "client-response-bytes",
                "client-roundtrip-latencies",
            ],
        ),
        rule(
            "stackdriver-tcp-server",
            TCP,
            Side::Server,
            &["server-received-bytes-count", "server-sent-bytes-count"],
        ),
        rule(
            "stackdriver-tcp-client",
            TCP,
            Side::Client,
            &["client-received-bytes-count", "client-sent-bytes-count"],
        ),
    ]
}

/// A metric: an instance, and what the handler is told of it.
struct Metric {
    name: &'static str,
    kind: &'static str,
    side: Side,
    value: &'static str,
    of_requests: bool,
    distribution: bool,
}

#[rustfmt::skip]
const METRICS: &[Metric] = &[
    metric("server-request-count", "server/request_count", Side::Server, "1", true, false),
    metric("server-request-bytes", "server/request_bytes", Side::Server, "request.total_size", true, true),
    metric("server-response-bytes", "server/response_bytes", Side::Server, "response.total_size", true, true),
    metric("server-response-latencies", "server/response_latencies", Side::Server, "response.duration", true, true),
    metric("server-received-bytes-count", "server/received_bytes_count", Side::Server, "connection.received.bytes | 0", false, false),
    metric("server-sent-bytes-count", "server/sent_bytes_count", Side::Server, "connection.sent.bytes | 0", false, false),
    metric("client-request-count", "client/request_count", Side::Client, "1", true, false),
    metric("client-request-bytes", "client/request_bytes", Side::Client, "request.total_size", true, true),
    metric("client-response-bytes", "client/response_bytes", Side::Client, "response.total_size", true, true),
    metric("client-roundtrip-latencies", "client/roundtrip_latencies", Side::Client, "response.duration", true, true),
    metric("client-received-bytes-count", "client/received_bytes_count", Side::Client, "connection.received.bytes | 0", false, false),
    metric("client-sent-bytes-count", "client/sent_bytes_count", Side::Client, "connection.sent.bytes | 0", false, false),
];

const fn metric(
    name: &'static str,
    kind: &'static str,
    side: Side,
    value: &'static str,
    of_requests: bool,
    distribution: bool,
) -> Metric {
    Metric {
        name,
        kind,
        side,
        value,
        of_requests,
        distribution,
    }
}

impl Metric {
    /// Enumerations are numbers here (google.api.MetricDescriptor: kind 3 is cumulative, value 2 a 64-bit integer and 5 a
    /// distribution), as the adapter cannot read their names inside a map.
    fn info(&self) -> Value {
        let mut info = json!({
            "kind": 3,
            "value": if self.distribution { 5 } else { 2 },
            "metric_type": format!("istio.io/service/{}", self.kind),
        });
        if self.distribution {
            info["buckets"] = json!({"exponentialBuckets": {
                "numFiniteBuckets": 20, "scale": 1, "growthFactor": 2}});
        }
        info
    }

    fn instance(&self, owner: Owner<'_>, mesh_id: &str) -> Value {
        let of_requests = if self.of_requests { REQUEST } else { &[] };
        let mut dimensions = expressions(&[ENDS, of_requests]);
        dimensions.insert("mesh_uid".to_owned(), quoted(mesh_id));
        let (kind, resource) = self.side.resource();
        let params = json!({
            "value": self.value,
            "dimensions": dimensions,
            "monitoredResourceType": kind,
            "monitoredResourceDimensions": expressions(&[PROJECT, resource]),
        });
        owner.instance(self.name, "metric", params)
    }
}
