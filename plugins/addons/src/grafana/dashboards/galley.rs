//! Galley: configuration on its way from Kubernetes to the others, and what its webhook refused.

use super::process;
use crate::grafana::panel::{Dashboard, Panel, Row, Unit};

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        file: "galley-dashboard",
        title: "Galley",
        variables: Vec::new(),
        rows: vec![
            validation(),
            processing(),
            distribution(),
            process::row("galley"),
        ],
    }
}

fn validation() -> Row {
    Row::new(
        "Validation",
        [
            Panel::graph(
                "Accepted",
                Unit::PerSecond,
                &[(
                    "sum(rate(galley_validation_passed[5m])) by (group, resource)",
                    "{{resource}}.{{group}}",
                )],
            ),
            Panel::graph(
                "Refused",
                Unit::PerSecond,
                &[(
                    "sum(rate(galley_validation_failed[5m])) by (group, resource, reason)",
                    "{{resource}}.{{group}} {{reason}}",
                )],
            ),
            Panel::graph(
                "HTTP errors",
                Unit::PerSecond,
                &[(
                    "sum(rate(galley_validation_http_error[5m])) by (status)",
                    "{{status}}",
                )],
            ),
            Panel::graph(
                "Webhook configuration",
                Unit::PerSecond,
                &[
                    ("sum(rate(galley_validation_config_load[5m]))", "loaded"),
                    (
                        "sum(rate(galley_validation_config_load_error[5m]))",
                        "not loaded",
                    ),
                    ("sum(rate(galley_validation_config_updates[5m]))", "updated"),
                    (
                        "sum(rate(galley_validation_config_update_error[5m]))",
                        "not updated",
                    ),
                    (
                        "sum(rate(galley_validation_cert_key_updates[5m]))",
                        "certificate updated",
                    ),
                    (
                        "sum(rate(galley_validation_cert_key_update_errors[5m]))",
                        "certificate not updated",
                    ),
                ],
            ),
        ],
    )
}

fn processing() -> Row {
    Row::new(
        "Processing",
        [
            Panel::graph(
                "Resources",
                Unit::Count,
                &[(
                    "sum(galley_runtime_state_type_instances_total) by (collection)",
                    "{{collection}}",
                )],
            ),
            Panel::graph(
                "Events from Kubernetes",
                Unit::PerSecond,
                &[
                    (
                        "sum(rate(galley_source_kube_event_success_total[5m]))",
                        "handled",
                    ),
                    (
                        "sum(rate(galley_source_kube_event_error_total[5m]))",
                        "failed",
                    ),
                ],
            ),
            Panel::graph(
                "Events and snapshots",
                Unit::PerSecond,
                &[
                    (
                        "sum(rate(galley_runtime_processor_events_processed_total[5m]))",
                        "events",
                    ),
                    (
                        "sum(rate(galley_runtime_processor_snapshots_published_total[5m]))",
                        "snapshots",
                    ),
                ],
            ),
            Panel::graph(
                "Age of a snapshot, mean",
                Unit::Milliseconds,
                &[(
                    "sum(rate(galley_runtime_processor_snapshot_lifetime_duration_milliseconds_sum[5m])) / sum(rate(galley_runtime_processor_snapshot_lifetime_duration_milliseconds_count[5m]))",
                    "age",
                )],
            ),
        ],
    )
}

fn distribution() -> Row {
    Row::new(
        "Distribution (MCP)",
        [
            Panel::graph(
                "Clients",
                Unit::Count,
                &[(
                    "sum(istio_mcp_clients_total) by (component)",
                    "{{component}}",
                )],
            ),
            Panel::graph(
                "Acknowledged",
                Unit::PerSecond,
                &[(
                    "sum(rate(istio_mcp_request_acks_total[5m])) by (component, collection)",
                    "{{component}} {{collection}}",
                )],
            ),
            Panel::graph(
                "Refused by clients",
                Unit::PerSecond,
                &[(
                    "sum(rate(istio_mcp_request_nacks_total[5m])) by (component, collection, code)",
                    "{{component}} {{collection}} {{code}}",
                )],
            ),
            Panel::graph(
                "Failures",
                Unit::PerSecond,
                &[
                    (
                        "sum(rate(istio_mcp_send_failures_total[5m])) by (component)",
                        "send {{component}}",
                    ),
                    (
                        "sum(rate(istio_mcp_recv_failures_total[5m])) by (component)",
                        "receive {{component}}",
                    ),
                ],
            ),
        ],
    )
}
