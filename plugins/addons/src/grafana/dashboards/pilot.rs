//! Pilot: what it sends to proxies, how fast, and what it had to refuse.

use super::process;
use crate::grafana::panel::{Dashboard, Panel, Row, Unit};

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        file: "pilot-dashboard",
        title: "Pilot",
        variables: Vec::new(),
        rows: vec![knows(), pushes(), refused(), process::row("pilot")],
    }
}

fn knows() -> Row {
    Row::new(
        "Knows",
        [
            Panel::number("Proxies connected", Unit::Count, "sum(pilot_xds)"),
            Panel::number("Services", Unit::Count, "max(pilot_services)"),
            Panel::number("Virtual services", Unit::Count, "max(pilot_virt_services)"),
            Panel::number(
                "Clusters without an instance",
                Unit::Count,
                "max(pilot_eds_no_instances)",
            ),
        ],
    )
}

fn pushes() -> Row {
    Row::new(
        "Pushes",
        [
            Panel::graph(
                "Pushes and their errors",
                Unit::PerSecond,
                &[("sum(rate(pilot_xds_pushes[1m])) by (type)", "{{type}}")],
            ),
            Panel::graph(
                "Time until a proxy has its configuration",
                Unit::Seconds,
                &[
                    (
                        "histogram_quantile(0.50, sum(rate(pilot_proxy_convergence_time_bucket[1m])) by (le))",
                        "median",
                    ),
                    (
                        "histogram_quantile(0.90, sum(rate(pilot_proxy_convergence_time_bucket[1m])) by (le))",
                        "90th percentile",
                    ),
                    (
                        "histogram_quantile(0.99, sum(rate(pilot_proxy_convergence_time_bucket[1m])) by (le))",
                        "99th percentile",
                    ),
                ],
            ),
            Panel::graph(
                "Time in the queue, 90th percentile",
                Unit::Seconds,
                &[(
                    "histogram_quantile(0.90, sum(rate(pilot_proxy_queue_time_bucket[1m])) by (le))",
                    "queue",
                )],
            ),
            Panel::graph(
                "Time of a push, 90th percentile",
                Unit::Seconds,
                &[(
                    "histogram_quantile(0.90, sum(rate(pilot_xds_push_time_bucket[1m])) by (le, type))",
                    "{{type}}",
                )],
            ),
            Panel::graph(
                "Updates that came in",
                Unit::PerSecond,
                &[("sum(rate(pilot_inbound_updates[1m])) by (type)", "{{type}}")],
            ),
            Panel::graph(
                "Writes that timed out",
                Unit::PerSecond,
                &[("sum(rate(pilot_xds_write_timeout[1m]))", "timeouts")],
            ),
            Panel::graph(
                "Internal errors",
                Unit::PerSecond,
                &[
                    ("sum(rate(pilot_total_xds_internal_errors[1m]))", "xDS"),
                    (
                        "sum(rate(pilot_xds_push_context_errors[1m]))",
                        "push context",
                    ),
                ],
            ),
        ],
    )
}

fn refused() -> Row {
    Row::new(
        "Refused and conflicting",
        [
            Panel::graph(
                "Refused by proxies",
                Unit::Count,
                &[
                    ("sum(pilot_xds_cds_reject)", "clusters"),
                    ("sum(pilot_xds_eds_reject)", "endpoints"),
                    ("sum(pilot_xds_lds_reject)", "listeners"),
                    ("sum(pilot_xds_rds_reject)", "routes"),
                ],
            ),
            Panel::graph(
                "Configuration left out by pilot",
                Unit::PerSecond,
                &[(
                    "sum(rate(pilot_total_rejected_configs[1m])) by (type, name)",
                    "{{type}} {{name}}",
                )],
            ),
            Panel::graph(
                "Conflicting listeners",
                Unit::Count,
                &[
                    ("max(pilot_conflict_inbound_listener)", "inbound"),
                    (
                        "max(pilot_conflict_outbound_listener_http_over_current_tcp)",
                        "outbound, HTTP over TCP",
                    ),
                    (
                        "max(pilot_conflict_outbound_listener_http_over_https)",
                        "outbound, HTTP over HTTPS",
                    ),
                    (
                        "max(pilot_conflict_outbound_listener_tcp_over_current_http)",
                        "outbound, TCP over HTTP",
                    ),
                    (
                        "max(pilot_conflict_outbound_listener_tcp_over_current_tcp)",
                        "outbound, TCP over TCP",
                    ),
                ],
            ),
            Panel::graph(
                "Said twice",
                Unit::Count,
                &[
                    (
                        "max(pilot_vservice_dup_domain)",
                        "hosts of virtual services",
                    ),
                    (
                        "max(pilot_destrule_subsets)",
                        "subsets of destination rules",
                    ),
                    ("max(pilot_duplicate_envoy_clusters)", "clusters"),
                ],
            ),
        ],
    )
}
