//! The graph of services.

use meshhost_piece::{Value, json};

use super::super::resource::{Expressions, Owner, expressions};
use super::terms::{ADAPTER, Side};

const NAME: &str = "stackdriver-edge";

pub(super) fn objects(owner: Owner<'_>) -> Vec<Value> {
    let matching = format!(
        r#"{} && (context.protocol | "unknown" != "unknown")"#,
        Side::Server.matching()
    );
    vec![
        owner.instance(NAME, "edge", json!(expressions(&[EDGE]))),
        owner.rule(NAME, &matching, ADAPTER, &[NAME]),
    ]
}

#[rustfmt::skip]
const EDGE: Expressions = &[
    ("timestamp", r#"request.time | context.time | timestamp("2017-01-01T00:00:00Z")"#),
    ("sourceUid", r#"source.uid | "Unknown""#),
    ("sourceOwner", r#"source.owner | "Unknown""#),
    ("sourceWorkloadName", r#"source.workload.name | "Unknown""#),
    ("sourceWorkloadNamespace", r#"source.workload.namespace | "Unknown""#),
    ("destinationUid", r#"destination.uid | "Unknown""#),
    ("destinationOwner", r#"destination.owner | "Unknown""#),
    ("destinationWorkloadName", r#"destination.workload.name | "Unknown""#),
    ("destinationWorkloadNamespace", r#"destination.workload.namespace | "Unknown""#),
    ("contextProtocol", r#"context.protocol | "Unknown""#),
    ("apiProtocol", r#"api.protocol | "Unknown""#),
    ("destinationServiceName", r#"destination.service.name | "Unknown""#),
    ("destinationServiceNamespace", r#"destination.service.namespace | "Unknown""#),
];
