//! Access logs on telemetry's standard output.

use meshhost_piece::{Value, json};

use super::resource::{Expressions, HTTP, Owner, REPORTER, SECURITY, TCP, expressions};

const ADAPTER: &str = "stdio";

pub(super) fn objects(owner: Owner<'_>, as_json: bool) -> Vec<Value> {
    let entry = |name, timestamp, variables| {
        let params = json!({
            "severity": r#""Info""#,
            "timestamp": timestamp,
            "variables": expressions(&[ENDS, variables]),
            "monitored_resource_type": r#""global""#,
        });
        owner.instance(name, "logentry", params)
    };
    vec![
        owner.handler(ADAPTER, json!({"outputAsJson": as_json})),
        entry("accesslog", "request.time", OF_REQUESTS),
        entry(
            "tcpaccesslog",
            r#"context.time | timestamp("2017-01-01T00:00:00Z")"#,
            OF_CONNECTIONS,
        ),
        owner.rule("stdio", HTTP, ADAPTER, &["accesslog"]),
        owner.rule("stdiotcp", TCP, ADAPTER, &["tcpaccesslog"]),
    ]
}

#[rustfmt::skip]
const ENDS: Expressions = &[
    ("reporter", REPORTER),
    ("sourceIp", r#"source.ip | ip("0.0.0.0")"#),
    ("sourceApp", r#"source.labels["app"] | """#),
    ("sourcePrincipal", r#"source.principal | """#),
    ("sourceName", r#"source.name | """#),
    ("sourceWorkload", r#"source.workload.name | """#),
    ("sourceNamespace", r#"source.namespace | """#),
    ("sourceOwner", r#"source.owner | """#),
    ("destinationIp", r#"destination.ip | ip("0.0.0.0")"#),
    ("destinationApp", r#"destination.labels["app"] | """#),
    ("destinationPrincipal", r#"destination.principal | """#),
    ("destinationName", r#"destination.name | """#),
    ("destinationWorkload", r#"destination.workload.name | """#),
    ("destinationNamespace", r#"destination.namespace | """#),
    ("destinationOwner", r#"destination.owner | """#),
    ("connection_security_policy", SECURITY),
    ("requestedServerName", r#"connection.requested_server_name | """#),
    ("responseFlags", r#"context.proxy_error_code | """#),
];

#[rustfmt::skip]
const OF_CONNECTIONS: Expressions = &[
    ("connectionEvent", r#"connection.event | """#),
    ("destinationServiceHost", r#"destination.service.host | """#),
    ("protocol", r#"context.protocol | "tcp""#),
    ("connectionDuration", r#"connection.duration | "0ms""#),
    ("receivedBytes", "connection.received.bytes | 0"),
    ("sentBytes", "connection.sent.bytes | 0"),
    ("totalReceivedBytes", "connection.received.bytes_total | 0"),
    ("totalSentBytes", "connection.sent.bytes_total | 0"),
];

#[rustfmt::skip]
const OF_REQUESTS: Expressions = &[
    ("destinationServiceHost", r#"destination.service.host | request.host | """#),
    ("apiClaims", r#"request.auth.raw_claims | """#),
    ("apiKey", r#"request.api_key | request.headers["x-api-key"] | """#),
    ("protocol", r#"request.scheme | context.protocol | "http""#),
    ("method", r#"request.method | """#),
    ("url", r#"request.path | """#),
    ("responseCode", "response.code | 0"),
    ("responseSize", "response.size | 0"),
    ("permissiveResponseCode", r#"rbac.permissive.response_code | "none""#),
    ("permissiveResponsePolicyID", r#"rbac.permissive.effective_policy_id | "none""#),
    ("requestSize", "request.size | 0"),
    ("requestId", r#"request.headers["x-request-id"] | """#),
    ("clientTraceId", r#"request.headers["x-client-trace-id"] | """#),
    ("latency", r#"response.duration | "0ms""#),
    ("userAgent", r#"request.useragent | """#),
    ("responseTimestamp", "response.time"),
    ("receivedBytes", "request.total_size | 0"),
    ("sentBytes", "response.total_size | 0"),
    ("referer", r#"request.referer | """#),
    ("httpAuthority", r#"request.headers[":authority"] | request.host | """#),
    ("xForwardedFor", r#"request.headers["x-forwarded-for"] | "0.0.0.0""#),
    ("grpcStatus", r#"response.grpc_status | """#),
    ("grpcMessage", r#"response.grpc_message | """#),
];
