//! What the cluster knows of the pods at both ends of a connection, made into attributes.

use meshhost_piece::{Value, json};

use super::resource::{Expressions, Owner, TCP, expressions};

const ADAPTER: &str = "kubernetesenv";
const INSTANCE: &str = "attributes";

pub(super) fn objects(owner: Owner<'_>) -> Vec<Value> {
    let spec = json!({
        "compiledTemplate": "kubernetes",
        "params": expressions(&[ASKED]),
        "attributeBindings": expressions(&[ANSWERED]),
    });
    vec![
        owner.resource("handler", ADAPTER, json!({"compiledAdapter": ADAPTER})),
        owner.rule("kubeattrgenrulerule", "", ADAPTER, &[INSTANCE]),
        owner.rule("tcpkubeattrgenrulerule", TCP, ADAPTER, &[INSTANCE]),
        owner.resource("instance", INSTANCE, spec),
    ]
}

#[rustfmt::skip]
const ASKED: Expressions = &[
    ("source_uid", r#"source.uid | """#),
    ("source_ip", r#"source.ip | ip("0.0.0.0")"#),
    ("destination_uid", r#"destination.uid | """#),
    ("destination_port", "destination.port | 0"),
];

#[rustfmt::skip]
const ANSWERED: Expressions = &[
    ("source.ip", r#"$out.source_pod_ip | ip("0.0.0.0")"#),
    ("source.uid", r#"$out.source_pod_uid | "unknown""#),
    ("source.labels", "$out.source_labels | emptyStringMap()"),
    ("source.name", r#"$out.source_pod_name | "unknown""#),
    ("source.namespace", r#"$out.source_namespace | "default""#),
    ("source.owner", r#"$out.source_owner | "unknown""#),
    ("source.serviceAccount", r#"$out.source_service_account_name | "unknown""#),
    ("source.workload.uid", r#"$out.source_workload_uid | "unknown""#),
    ("source.workload.name", r#"$out.source_workload_name | "unknown""#),
    ("source.workload.namespace", r#"$out.source_workload_namespace | "unknown""#),
    ("destination.ip", r#"$out.destination_pod_ip | ip("0.0.0.0")"#),
    ("destination.uid", r#"$out.destination_pod_uid | "unknown""#),
    ("destination.labels", "$out.destination_labels | emptyStringMap()"),
    ("destination.name", r#"$out.destination_pod_name | "unknown""#),
    ("destination.container.name", r#"$out.destination_container_name | "unknown""#),
    ("destination.namespace", r#"$out.destination_namespace | "default""#),
    ("destination.owner", r#"$out.destination_owner | "unknown""#),
    ("destination.serviceAccount", r#"$out.destination_service_account_name | "unknown""#),
    ("destination.workload.uid", r#"$out.destination_workload_uid | "unknown""#),
    ("destination.workload.name", r#"$out.destination_workload_name | "unknown""#),
    ("destination.workload.namespace", r#"$out.destination_workload_namespace | "unknown""#),
];
