//! The mesh as a whole: how much traffic, how much of it fails, and where.

use crate::grafana::panel::{Dashboard, Panel, Row, Unit};

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        file: "istio-mesh-dashboard",
        title: "Mesh",
        variables: Vec::new(),
        rows: vec![
            Row::new(
                "Now",
                [
                    Panel::number(
                        "Requests",
                        Unit::RequestsPerSecond,
                        r#"sum(rate(istio_requests_total{reporter="destination"}[1m]))"#,
                    ),
                    Panel::number(
                        "Requests without server error",
                        Unit::Ratio,
                        r#"sum(rate(istio_requests_total{reporter="destination",response_code!~"5.*"}[1m])) / sum(rate(istio_requests_total{reporter="destination"}[1m]))"#,
                    ),
                    Panel::number(
                        "Client errors (4xx)",
                        Unit::RequestsPerSecond,
                        r#"sum(rate(istio_requests_total{reporter="destination",response_code=~"4.*"}[1m]))"#,
                    ),
                    Panel::number(
                        "Server errors (5xx)",
                        Unit::RequestsPerSecond,
                        r#"sum(rate(istio_requests_total{reporter="destination",response_code=~"5.*"}[1m]))"#,
                    ),
                ],
            ),
            Row::new(
                "HTTP and gRPC, by workload",
                [
                    Panel::graph(
                        "Requests",
                        Unit::RequestsPerSecond,
                        &[(
                            r#"sum(rate(istio_requests_total{reporter="destination"}[1m])) by (destination_workload, destination_workload_namespace)"#,
                            "{{destination_workload}}.{{destination_workload_namespace}}",
                        )],
                    ),
                    Panel::graph(
                        "Server errors",
                        Unit::Ratio,
                        &[(
                            r#"sum(rate(istio_requests_total{reporter="destination",response_code=~"5.*"}[1m])) by (destination_workload, destination_workload_namespace) / sum(rate(istio_requests_total{reporter="destination"}[1m])) by (destination_workload, destination_workload_namespace)"#,
                            "{{destination_workload}}.{{destination_workload_namespace}}",
                        )],
                    ),
                    Panel::graph(
                        "Duration, 90th percentile",
                        Unit::Seconds,
                        &[(
                            r#"histogram_quantile(0.90, sum(rate(istio_request_duration_seconds_bucket{reporter="destination"}[1m])) by (le, destination_workload, destination_workload_namespace))"#,
                            "{{destination_workload}}.{{destination_workload_namespace}}",
                        )],
                    ),
                    Panel::graph(
                        "Requests by encryption",
                        Unit::RequestsPerSecond,
                        &[(
                            r#"sum(rate(istio_requests_total{reporter="destination"}[1m])) by (connection_security_policy)"#,
                            "{{connection_security_policy}}",
                        )],
                    ),
                ],
            ),
            Row::new(
                "TCP, by service",
                [
                    Panel::graph(
                        "Bytes sent",
                        Unit::BytesPerSecond,
                        &[(
                            r#"sum(rate(istio_tcp_sent_bytes_total{reporter="destination"}[1m])) by (destination_service)"#,
                            "{{destination_service}}",
                        )],
                    ),
                    Panel::graph(
                        "Bytes received",
                        Unit::BytesPerSecond,
                        &[(
                            r#"sum(rate(istio_tcp_received_bytes_total{reporter="destination"}[1m])) by (destination_service)"#,
                            "{{destination_service}}",
                        )],
                    ),
                    Panel::graph(
                        "Open connections",
                        Unit::Count,
                        &[(
                            r#"sum(istio_tcp_connections_opened_total{reporter="destination"}) by (destination_service) - sum(istio_tcp_connections_closed_total{reporter="destination"}) by (destination_service)"#,
                            "{{destination_service}}",
                        )],
                    ),
                ],
            ),
        ],
    }
}
