//! One service: seen from those that call it, and from the workloads behind it.

use crate::grafana::panel::{Dashboard, Panel, Row, Unit, Variable};

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        file: "istio-service-dashboard",
        title: "Service",
        variables: vec![
            Variable {
                name: "service",
                title: "Service",
                query: "label_values(istio_requests_total, destination_service)",
                many: false,
            },
            Variable {
                name: "source",
                title: "Calling workload",
                query: r#"label_values(istio_requests_total{destination_service="$service"}, source_workload)"#,
                many: true,
            },
        ],
        rows: vec![
            now(),
            side("As callers see it", "source", "source_workload"),
            side(
                "As the workloads behind it see it",
                "destination",
                "destination_workload",
            ),
            sizes(),
            tcp(),
        ],
    }
}

fn now() -> Row {
    Row::new(
        "Now",
        [
            Panel::number(
                "Requests",
                Unit::RequestsPerSecond,
                r#"sum(rate(istio_requests_total{reporter="source",destination_service="$service",source_workload=~"$source"}[1m]))"#,
            ),
            Panel::number(
                "Requests without server error",
                Unit::Ratio,
                r#"sum(rate(istio_requests_total{reporter="source",destination_service="$service",source_workload=~"$source",response_code!~"5.*"}[1m])) / sum(rate(istio_requests_total{reporter="source",destination_service="$service",source_workload=~"$source"}[1m]))"#,
            ),
            Panel::number(
                "Duration, median",
                Unit::Seconds,
                r#"histogram_quantile(0.50, sum(rate(istio_request_duration_seconds_bucket{reporter="source",destination_service="$service",source_workload=~"$source"}[1m])) by (le))"#,
            ),
            Panel::number(
                "Duration, 99th percentile",
                Unit::Seconds,
                r#"histogram_quantile(0.99, sum(rate(istio_request_duration_seconds_bucket{reporter="source",destination_service="$service",source_workload=~"$source"}[1m])) by (le))"#,
            ),
        ],
    )
}

/// The same questions to the proxies of one side, by that side's workloads.
fn side(title: &str, reporter: &str, by: &str) -> Row {
    let of = format!(
        r#"reporter="{reporter}",destination_service="$service",source_workload=~"$source""#
    );
    let legend = format!("{{{{{by}}}}}");
    let duration = |quantile: &str| {
        format!(
            "histogram_quantile({quantile}, sum(rate(istio_request_duration_seconds_bucket{{{of}}}[1m])) by (le, {by}))"
        )
    };
    Row::new(
        title,
        [
            Panel::graph(
                "Requests by response",
                Unit::RequestsPerSecond,
                &[(
                    &format!(
                        "sum(rate(istio_requests_total{{{of}}}[1m])) by ({by}, response_code, response_flags)"
                    ),
                    &format!("{legend} {{{{response_code}}}} {{{{response_flags}}}}"),
                )],
            ),
            Panel::graph(
                "Server errors",
                Unit::Ratio,
                &[(
                    &format!(
                        "sum(rate(istio_requests_total{{{of},response_code=~\"5.*\"}}[1m])) by ({by}) / sum(rate(istio_requests_total{{{of}}}[1m])) by ({by})"
                    ),
                    &legend,
                )],
            ),
            Panel::graph(
                "Duration",
                Unit::Seconds,
                &[
                    (&duration("0.50"), &format!("{legend} median")),
                    (&duration("0.90"), &format!("{legend} 90th percentile")),
                    (&duration("0.99"), &format!("{legend} 99th percentile")),
                ],
            ),
            Panel::graph(
                "Requests by encryption",
                Unit::RequestsPerSecond,
                &[(
                    &format!(
                        "sum(rate(istio_requests_total{{{of}}}[1m])) by ({by}, connection_security_policy)"
                    ),
                    &format!("{legend} {{{{connection_security_policy}}}}"),
                )],
            ),
        ],
    )
}

fn sizes() -> Row {
    Row::new(
        "Sizes",
        [
            Panel::graph(
                "Request size, 90th percentile",
                Unit::Bytes,
                &[(
                    r#"histogram_quantile(0.90, sum(rate(istio_request_bytes_bucket{reporter="destination",destination_service="$service"}[1m])) by (le, source_workload))"#,
                    "{{source_workload}}",
                )],
            ),
            Panel::graph(
                "Response size, 90th percentile",
                Unit::Bytes,
                &[(
                    r#"histogram_quantile(0.90, sum(rate(istio_response_bytes_bucket{reporter="destination",destination_service="$service"}[1m])) by (le, source_workload))"#,
                    "{{source_workload}}",
                )],
            ),
        ],
    )
}

fn tcp() -> Row {
    Row::new(
        "TCP",
        [
            Panel::graph(
                "Bytes sent",
                Unit::BytesPerSecond,
                &[(
                    r#"sum(rate(istio_tcp_sent_bytes_total{reporter="source",destination_service="$service"}[1m])) by (source_workload)"#,
                    "{{source_workload}}",
                )],
            ),
            Panel::graph(
                "Bytes received",
                Unit::BytesPerSecond,
                &[(
                    r#"sum(rate(istio_tcp_received_bytes_total{reporter="source",destination_service="$service"}[1m])) by (source_workload)"#,
                    "{{source_workload}}",
                )],
            ),
            Panel::graph(
                "Connections opened and closed",
                Unit::PerSecond,
                &[
                    (
                        r#"sum(rate(istio_tcp_connections_opened_total{reporter="source",destination_service="$service"}[1m]))"#,
                        "opened",
                    ),
                    (
                        r#"sum(rate(istio_tcp_connections_closed_total{reporter="source",destination_service="$service"}[1m]))"#,
                        "closed",
                    ),
                ],
            ),
        ],
    )
}
