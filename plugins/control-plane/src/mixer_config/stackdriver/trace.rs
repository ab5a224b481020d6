//! Traces.

use meshhost_piece::{Value, json};

use super::super::resource::{Expressions, HTTP, Owner, expressions};
use super::terms::{ADAPTER, ENDS, REQUEST};

pub(super) fn objects(owner: Owner<'_>) -> Vec<Value> {
    let mut tags = expressions(&[ENDS, REQUEST, OF_SPANS]);
    // Principals stay out of traces.
    tags.retain(|name, _| !name.ends_with("_principal"));
    let mut params = expressions(&[SPAN]);
    params.insert("spanTags".to_owned(), tags.into());
    // The mesh's own calls would be traced with each traced request.
    let matching = format!(
        r#"({HTTP}) && request.headers["x-b3-sampled"] == "1" && destination.workload.name != "istio-telemetry" && destination.workload.name != "istio-pilot""#
    );
    vec![
        owner.instance("stackdriver-span", "tracespan", json!(params)),
        owner.rule(
            "stackdriver-tracing-rule",
            &matching,
            ADAPTER,
            &["stackdriver-span"],
        ),
    ]
}

#[rustfmt::skip]
const SPAN: Expressions = &[
    ("traceId", r#"request.headers["x-b3-traceid"]"#),
    ("spanId", r#"request.headers["x-b3-spanid"] | """#),
    ("parentSpanId", r#"request.headers["x-b3-parentspanid"] | """#),
    ("spanName", r#"destination.service.host | destination.service.name | destination.workload.name | "unknown""#),
    ("startTime", "request.time"),
    ("endTime", "response.time"),
    ("clientSpan", r#"(context.reporter.kind | "inbound") == "outbound""#),
    ("rewriteClientSpanId", "true"),
];

#[rustfmt::skip]
const OF_SPANS: Expressions = &[
    ("http_url", r#"request.path | """#),
    ("request_size", "request.size | 0"),
    ("response_size", "response.size | 0"),
    ("source_ip", r#"source.ip | ip("0.0.0.0")"#),
];
