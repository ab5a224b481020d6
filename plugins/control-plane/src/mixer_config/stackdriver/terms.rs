//! The terms in which Stackdriver is told of connections: which end reports, what the numbers are about, and the
//! expressions that several kinds of instance share.

use meshhost_piece::Value;

use super::super::resource::{Expressions, Owner, SECURITY};

pub(super) const ADAPTER: &str = "stackdriver";

/// How the handler refers to an instance.
pub(super) fn instance_name(owner: Owner<'_>, name: &str) -> String {
    format!("{name}.instance.{}", owner.namespace)
}

/// Which end of a connection reports.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Server,
    Client,
}

impl Side {
    pub(super) fn matching(self) -> String {
        let kind = match self {
            Self::Server => "inbound",
            Self::Client => "outbound",
        };
        format!(r#"(context.reporter.kind | "inbound" == "{kind}")"#)
    }

    /// What the numbers are about, in Stackdriver's terms.
    pub(super) fn resource(self) -> (&'static str, Expressions) {
        match self {
            Self::Server => (CONTAINER, SERVER_CONTAINER),
            Self::Client => (r#""k8s_pod""#, CLIENT_POD),
        }
    }
}

/// An expression that is a text.
pub(super) fn quoted(text: &str) -> Value {
    format!(r#""{text}""#).into()
}

pub(super) const CONTAINER: &str = r#""k8s_container""#;

/// The adapter fills these in.
#[rustfmt::skip]
pub(super) const PROJECT: Expressions = &[
    ("project_id", r#""""#),
    ("cluster_name", r#""""#),
    ("location", r#""""#),
];

#[rustfmt::skip]
pub(super) const SERVER_CONTAINER: Expressions = &[
    ("namespace_name", r#"destination.workload.namespace | "unknown""#),
    ("container_name", r#"conditional((destination.name | "unknown").startsWith("istio-telemetry") || (destination.name | "unknown").startsWith("istio-policy"), "mixer", destination.container.name | "unknown")"#),
    ("pod_name", r#"destination.name | "unknown""#),
];

#[rustfmt::skip]
pub(super) const CLIENT_POD: Expressions = &[
    ("namespace_name", r#"source.workload.namespace | "unknown""#),
    ("pod_name", r#"source.name | "unknown""#),
];

/// Who is at the two ends: of every metric and trace.
#[rustfmt::skip]
pub(super) const ENDS: Expressions = &[
    ("destination_service_name", r#"destination.service.name | "unknown""#),
    ("destination_service_namespace", r#"destination.service.namespace | "unknown""#),
    ("destination_port", "destination.port | 0"),
    ("request_protocol", r#"context.protocol | "unknown""#),
    ("service_authentication_policy", SECURITY),
    ("source_workload_namespace", r#"source.workload.namespace | "unknown""#),
    ("source_workload_name", r#"source.workload.name | "unknown""#),
    ("source_owner", r#"source.owner | "unknown""#),
    ("destination_workload_namespace", r#"destination.workload.namespace | "unknown""#),
    ("destination_workload_name", r#"destination.workload.name | "unknown""#),
    ("destination_owner", r#"destination.owner | "unknown""#),
    ("destination_principal", r#"destination.principal | "unknown""#),
    ("source_principal", r#"source.principal | "unknown""#),
];

/// gRPC's operations are paths, HTTP's are methods.
pub(super) const OPERATION: &str = r#"conditional((context.protocol | "unknown") == "grpc", request.path | "unknown", request.method | "unknown")"#;

#[rustfmt::skip]
pub(super) const REQUEST: Expressions = &[
    ("request_operation", OPERATION),
    ("api_version", r#"api.version | "unknown""#),
    ("api_name", r#"api.service | "unknown""#),
    ("response_code", "response.code | 0"),
];
