//! One workload: what comes in, and what it asks of others.

use crate::grafana::panel::{Dashboard, Panel, Row, Unit, Variable};

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        file: "istio-workload-dashboard",
        title: "Workload",
        variables: vec![
            Variable {
                name: "namespace",
                title: "Namespace",
                query: "label_values(istio_requests_total, destination_workload_namespace)",
                many: false,
            },
            Variable {
                name: "workload",
                title: "Workload",
                query: r#"label_values(istio_requests_total{destination_workload_namespace="$namespace"}, destination_workload)"#,
                many: false,
            },
        ],
        rows: vec![
            direction(
                "Comes in",
                r#"reporter="destination",destination_workload="$workload",destination_workload_namespace="$namespace""#,
                "source_workload",
            ),
            direction(
                "Goes out",
                r#"reporter="source",source_workload="$workload",source_workload_namespace="$namespace""#,
                "destination_service",
            ),
        ],
    }
}

/// One direction of traffic, by the other end.
fn direction(title: &str, of: &str, by: &str) -> Row {
    let legend = format!("{{{{{by}}}}}");
    let quantile = |quantile: &str, metric: &str| {
        format!(
            "histogram_quantile({quantile}, sum(rate({metric}_bucket{{{of}}}[1m])) by (le, {by}))"
        )
    };
    let rate = |metric: &str| format!("sum(rate({metric}{{{of}}}[1m])) by ({by})");
    Row::new(
        title,
        [
            Panel::graph(
                "Requests by response",
                Unit::RequestsPerSecond,
                &[(
                    &format!(
                        "sum(rate(istio_requests_total{{{of}}}[1m])) by ({by}, response_code)"
                    ),
                    &format!("{legend} {{{{response_code}}}}"),
                )],
            ),
            Panel::graph(
                "Server errors",
                Unit::Ratio,
                &[(
                    &format!(
                        "sum(rate(istio_requests_total{{{of},response_code=~\"5.*\"}}[1m])) by ({by}) / {}",
                        rate("istio_requests_total")
                    ),
                    &legend,
                )],
            ),
            Panel::graph(
                "Duration, median",
                Unit::Seconds,
                &[(&quantile("0.50", "istio_request_duration_seconds"), &legend)],
            ),
            Panel::graph(
                "Duration, 99th percentile",
                Unit::Seconds,
                &[(&quantile("0.99", "istio_request_duration_seconds"), &legend)],
            ),
            Panel::graph(
                "Request size, 90th percentile",
                Unit::Bytes,
                &[(&quantile("0.90", "istio_request_bytes"), &legend)],
            ),
            Panel::graph(
                "Response size, 90th percentile",
                Unit::Bytes,
                &[(&quantile("0.90", "istio_response_bytes"), &legend)],
            ),
            Panel::graph(
                "TCP bytes sent",
                Unit::BytesPerSecond,
                &[(&rate("istio_tcp_sent_bytes_total"), &legend)],
            ),
            Panel::graph(
                "TCP bytes received",
                Unit::BytesPerSecond,
                &[(&rate("istio_tcp_received_bytes_total"), &legend)],
            ),
        ],
    )
}
