//! The metrics that prometheus scrapes from telemetry.

use meshhost_piece::{Value, json};

use super::resource::{Expressions, HTTP, Owner, REPORTER, SECURITY, TCP, expressions};

/// `expiry`: how long a metric without news is kept.
pub(super) fn objects(owner: Owner<'_>, expiry: &str) -> Vec<Value> {
    let mut objects: Vec<_> = METRICS
        .iter()
        .map(|metric| metric.instance(owner))
        .collect();
    let metrics: Vec<_> = METRICS
        .iter()
        .map(|metric| metric.exported(owner))
        .collect();
    let params = json!({
        "metricsExpirationPolicy": {"metricsExpiryDuration": expiry},
        "metrics": metrics,
    });
    objects.push(owner.handler("prometheus", params));
    // What checks and scrapes the pods is not traffic.
    let unless = |agent| format!(r#"(match((request.useragent | "-"), "{agent}*") == false)"#);
    let http = format!(
        "({HTTP}) && {} && {}",
        unless("kube-probe"),
        unless("Prometheus")
    );
    let event = |event| format!(r#"{TCP} && ((connection.event | "na") == "{event}")"#);
    let rule =
        |name, matching: &str, instances| owner.rule(name, matching, "prometheus", instances);
    objects.extend([
        rule(
            "promhttp",
            &http,
            &[
                "requestcount",
                "requestduration",
                "requestsize",
                "responsesize",
            ],
        ),
        rule("promtcp", TCP, &["tcpbytesent", "tcpbytereceived"]),
        rule(
            "promtcpconnectionopen",
            &event("open"),
            &["tcpconnectionsopened"],
        ),
        rule(
            "promtcpconnectionclosed",
            &event("close"),
            &["tcpconnectionsclosed"],
        ),
    ]);
    objects
}

/// How values are counted.
enum Kind {
    Counter,
    /// Between five milliseconds and ten seconds.
    Seconds,
    /// Powers of ten.
    Bytes,
}

/// A metric: an instance, and what prometheus is told of it.
struct Metric {
    instance: &'static str,
    name: &'static str,
    value: &'static str,
    kind: Kind,
    of_requests: bool,
}

const fn metric(
    instance: &'static str,
    name: &'static str,
    value: &'static str,
    kind: Kind,
    of_requests: bool,
) -> Metric {
    Metric {
        instance,
        name,
        value,
        kind,
        of_requests,
    }
}

#[rustfmt::skip]
const METRICS: &[Metric] = &[
    metric("requestcount", "requests_total", "1", Kind::Counter, true),
    metric("requestduration", "request_duration_seconds", r#"response.duration | "0ms""#, Kind::Seconds, true),
    metric("requestsize", "request_bytes", "request.size | 0", Kind::Bytes, true),
    metric("responsesize", "response_bytes", "response.size | 0", Kind::Bytes, true),
    metric("tcpbytesent", "tcp_sent_bytes_total", "connection.sent.bytes | 0", Kind::Counter, false),
    metric("tcpbytereceived", "tcp_received_bytes_total", "connection.received.bytes | 0", Kind::Counter, false),
    metric("tcpconnectionsopened", "tcp_connections_opened_total", "1", Kind::Counter, false),
    metric("tcpconnectionsclosed", "tcp_connections_closed_total", "1", Kind::Counter, false),
];

impl Metric {
    fn dimensions(&self) -> [Expressions; 2] {
        [
            ENDS,
            if self.of_requests {
                OF_REQUESTS
            } else {
                OF_CONNECTIONS
            },
        ]
    }

    fn instance(&self, owner: Owner<'_>) -> Value {
        let params = json!({
            "value": self.value,
            "dimensions": expressions(&self.dimensions()),
            "monitored_resource_type": r#""UNSPECIFIED""#,
        });
        owner.instance(self.instance, "metric", params)
    }

    fn exported(&self, owner: Owner<'_>) -> Value {
        let labels: Vec<_> = expressions(&self.dimensions())
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let mut exported = json!({
            "name": self.name,
            "instance_name": format!("{}.instance.{}", self.instance, owner.namespace),
            "kind": match self.kind {
                Kind::Counter => "COUNTER",
                Kind::Seconds | Kind::Bytes => "DISTRIBUTION",
            },
            "label_names": labels,
        });
        match self.kind {
            Kind::Counter => {}
            Kind::Seconds => {
                exported["buckets"] = json!({"explicit_buckets": {
                    "bounds": [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]}});
            }
            Kind::Bytes => {
                exported["buckets"] = json!({"exponentialBuckets": {
                    "numFiniteBuckets": 8, "scale": 1, "growthFactor": 10}});
            }
        }
        exported
    }
}

/// Of every metric: who is at the two ends.
#[rustfmt::skip]
const ENDS: Expressions = &[
    ("reporter", REPORTER),
    ("source_app", r#"source.labels["app"] | "unknown""#),
    ("source_principal", r#"source.principal | "unknown""#),
    ("source_workload", r#"source.workload.name | "unknown""#),
    ("source_workload_namespace", r#"source.workload.namespace | "unknown""#),
    ("source_version", r#"source.labels["version"] | "unknown""#),
    ("destination_app", r#"destination.labels["app"] | "unknown""#),
    ("destination_principal", r#"destination.principal | "unknown""#),
    ("destination_workload", r#"destination.workload.name | "unknown""#),
    ("destination_workload_namespace", r#"destination.workload.namespace | "unknown""#),
    ("destination_version", r#"destination.labels["version"] | "unknown""#),
    ("destination_service", r#"destination.service.host | "unknown""#),
    ("destination_service_name", r#"destination.service.name | "unknown""#),
    ("destination_service_namespace", r#"destination.service.namespace | "unknown""#),
    ("connection_security_policy", SECURITY),
    ("response_flags", r#"context.proxy_error_code | "-""#),
];

const OF_CONNECTIONS: Expressions = &[];

/// A request may name a host that is no known service.
#[rustfmt::skip]
const OF_REQUESTS: Expressions = &[
    ("destination_service", r#"destination.service.host | conditional((destination.service.name | "unknown") == "unknown", "unknown", request.host)"#),
    ("request_protocol", r#"api.protocol | context.protocol | "unknown""#),
    ("response_code", "response.code | 200"),
    ("permissive_response_code", r#"rbac.permissive.response_code | "none""#),
    ("permissive_response_policyid", r#"rbac.permissive.effective_policy_id | "none""#),
];
