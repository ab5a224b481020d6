//! The attributes that proxies send and that the Kubernetes adapter makes of them, with their types.

use meshhost_piece::serde_json::Map;
use meshhost_piece::{Value, json};

use super::resource::Owner;

pub(super) fn manifests(owner: Owner<'_>) -> Vec<Value> {
    vec![
        manifest(owner, "istioproxy", PROXY),
        manifest(owner, "kubernetes", KUBERNETES),
    ]
}

fn manifest(owner: Owner<'_>, name: &str, table: Table) -> Value {
    let attributes: Map<_, _> = table
        .iter()
        .flat_map(|(kind, names)| {
            names
                .split_whitespace()
                .map(|name| (name.to_owned(), json!({"valueType": *kind})))
        })
        .collect();
    owner.resource("attributemanifest", name, json!({"attributes": attributes}))
}

/// Names by type.
type Table = &'static [(&'static str, &'static str)];

#[rustfmt::skip]
const PROXY: Table = &[
    ("STRING", "
        api.operation api.protocol api.service api.version
        check.error_message
        connection.event connection.id connection.requested_server_name
        context.protocol context.proxy_error_code context.proxy_version context.reporter.kind context.reporter.uid
        destination.principal destination.uid
        origin.uid origin.user
        rbac.permissive.effective_policy_id rbac.permissive.response_code
        request.api_key request.auth.audiences request.auth.presenter request.auth.principal request.auth.raw_claims
        request.host request.id request.method request.path request.reason request.referer request.scheme
        request.url_path request.useragent
        response.grpc_message response.grpc_status
        source.principal source.uid source.user"),
    ("STRING_MAP", "request.auth.claims request.headers request.query_params response.headers"),
    ("INT64", "
        check.error_code
        connection.received.bytes connection.received.bytes_total connection.sent.bytes connection.sent.bytes_total
        destination.port
        request.size request.total_size
        response.code response.size response.total_size"),
    ("BOOL", "check.cache_hit connection.mtls context.reporter.local quota.cache_hit"),
    ("IP_ADDRESS", "origin.ip"),
    ("DURATION", "connection.duration response.duration"),
    ("TIMESTAMP", "context.time context.timestamp request.time response.time"),
];

#[rustfmt::skip]
const KUBERNETES: Table = &[
    ("STRING", "
        source.name source.namespace source.owner source.serviceAccount source.services
        source.workload.name source.workload.namespace source.workload.uid
        destination.container.name destination.name destination.namespace destination.owner destination.serviceAccount
        destination.service.host destination.service.name destination.service.namespace destination.service.uid
        destination.workload.name destination.workload.namespace destination.workload.uid"),
    ("STRING_MAP", "source.labels source.metadata destination.labels destination.metadata"),
    ("IP_ADDRESS", "source.ip destination.ip"),
];
