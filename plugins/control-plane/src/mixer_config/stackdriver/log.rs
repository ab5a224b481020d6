//! Access logs.

use meshhost_piece::{Value, json};

use super::super::resource::{Expressions, HTTP, Owner, SECURITY, TCP, expressions};
use super::terms::{
    ADAPTER, CONTAINER, OPERATION, PROJECT, SERVER_CONTAINER, Side, instance_name, quoted,
};

const REQUESTS: &str = "server-accesslog-stackdriver";
const CONNECTIONS: &str = "server-tcp-accesslog-stackdriver";

pub(super) fn objects(owner: Owner<'_>, mesh_id: &str) -> Vec<Value> {
    let entry = |name, timestamp, tables: &[Expressions]| {
        let mut variables = expressions(tables);
        variables.insert("mesh_uid".to_owned(), quoted(mesh_id));
        let params = json!({
            "severity": r#""Info""#,
            "timestamp": timestamp,
            "variables": variables,
            "monitored_resource_type": CONTAINER,
            "monitoredResourceDimensions": expressions(&[PROJECT, SERVER_CONTAINER, NAMESPACE]),
        });
        owner.instance(name, "logentry", params)
    };
    let rule = |name, protocol, instance| {
        let matching = format!("({protocol}) && {}", Side::Server.matching());
        owner.rule(name, &matching, ADAPTER, &[instance])
    };
    vec![
        entry(REQUESTS, "request.time", &[ENDS, OF_REQUESTS]),
        entry(
            CONNECTIONS,
            r#"context.time | timestamp("2017-01-01T00:00:00Z")"#,
            &[ENDS, OF_CONNECTIONS],
        ),
        rule("stackdriver-log", HTTP, REQUESTS),
        rule("stackdriver-log-tcp", TCP, CONNECTIONS),
    ]
}

/// What the handler is told: which variables become labels.
pub(super) fn info(owner: Owner<'_>) -> Value {
    let labels = |tables: &[Expressions]| {
        let names = expressions(tables).into_iter().map(|(name, _)| name);
        let names: Vec<_> = std::iter::once("mesh_uid".to_owned())
            .chain(names)
            .collect();
        json!({"labelNames": names})
    };
    json!({
        instance_name(owner, REQUESTS): labels(&[ENDS, OF_REQUESTS]),
        instance_name(owner, CONNECTIONS): labels(&[ENDS, OF_CONNECTIONS]),
    })
}

/// Logs go by the pod's namespace, metrics by the workload's.
const NAMESPACE: Expressions = &[("namespace_name", r#"destination.namespace | "unknown""#)];

#[rustfmt::skip]
const ENDS: Expressions = &[
    ("source_uid", r#"source.uid | """#),
    ("source_ip", r#"source.ip | ip("0.0.0.0")"#),
    ("source_app", r#"source.labels["app"] | """#),
    ("source_principal", r#"source.principal | """#),
    ("source_name", r#"source.name | """#),
    ("source_workload", r#"source.workload.name | """#),
    ("source_namespace", r#"source.namespace | """#),
    ("source_owner", r#"source.owner | """#),
    ("destination_uid", r#"destination.uid | """#),
    ("destination_app", r#"destination.labels["app"] | """#),
    ("destination_ip", r#"destination.ip | ip("0.0.0.0")"#),
    ("destination_service_host", r#"destination.service.host | """#),
    ("destination_workload", r#"destination.workload.name | """#),
    ("destination_name", r#"destination.name | """#),
    ("destination_namespace", r#"destination.namespace | """#),
    ("destination_owner", r#"destination.owner | """#),
    ("destination_principal", r#"destination.principal | """#),
    ("service_authentication_policy", SECURITY),
];

#[rustfmt::skip]
const OF_REQUESTS: Expressions = &[
    ("api_name", r#"api.service | """#),
    ("api_version", r#"api.version | """#),
    ("api_claims", r#"request.auth.raw_claims | """#),
    ("api_key", r#"request.api_key | request.headers["x-api-key"] | """#),
    ("request_operation", OPERATION),
    ("protocol", r#"request.scheme | context.protocol | "http""#),
    ("method", r#"request.method | """#),
    ("url", r#"request.path | """#),
    ("response_code", "response.code | 0"),
    ("response_size", "response.size | 0"),
    ("request_size", "request.size | 0"),
    ("request_id", r#"request.headers["x-request-id"] | """#),
    ("latency", r#"response.duration | "0ms""#),
    ("user_agent", r#"request.useragent | """#),
    ("response_timestamp", "response.time"),
    ("received_bytes", "request.total_size | 0"),
    ("sent_bytes", "response.total_size | 0"),
    ("referer", r#"request.referer | """#),
];

/// The third name is spelled as Istio 1.4 spells it: dashboards refer to it.
#[rustfmt::skip]
const OF_CONNECTIONS: Expressions = &[
    ("connection_id", r#"connection.id | """#),
    ("connection_event", r#"connection.event | """#),
    ("connction_duration", r#"connection.duration | "0ms""#),
    ("protocol", r#"context.protocol | "tcp""#),
    ("received_bytes", "connection.received.bytes | 0"),
    ("sent_bytes", "connection.sent.bytes | 0"),
    ("total_received_bytes", "connection.received.bytes_total | 0"),
    ("total_sent_bytes", "connection.sent.bytes_total | 0"),
];
