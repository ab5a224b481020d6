//! What the mesh costs: CPU and memory of proxies and control plane, against the traffic they carry.

use crate::grafana::panel::{Dashboard, Panel, Row, Unit};

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        file: "istio-performance-dashboard",
        title: "Performance",
        variables: Vec::new(),
        rows: vec![load(), programs(), proxies()],
    }
}

fn load() -> Row {
    Row::new(
        "Load",
        [
            Panel::number(
                "Requests",
                Unit::RequestsPerSecond,
                r#"sum(rate(istio_requests_total{reporter="source"}[1m]))"#,
            ),
            Panel::number("Proxies", Unit::Count, "sum(pilot_xds)"),
            Panel::number(
                "Time that the proxies on both sides add, mean",
                Unit::Seconds,
                r#"sum(rate(istio_request_duration_seconds_sum{reporter="source"}[5m])) / sum(rate(istio_request_duration_seconds_count{reporter="source"}[5m])) - sum(rate(istio_request_duration_seconds_sum{reporter="destination"}[5m])) / sum(rate(istio_request_duration_seconds_count{reporter="destination"}[5m]))"#,
            ),
        ],
    )
}

/// Of each control plane program, by scrape job.
fn programs() -> Row {
    let jobs = r#"job=~"pilot|galley|citadel|istio-policy|istio-telemetry""#;
    Row::new(
        "Control plane",
        [
            Panel::graph(
                "CPU (cores)",
                Unit::Count,
                &[(
                    &format!("sum(rate(process_cpu_seconds_total{{{jobs}}}[5m])) by (job)"),
                    "{{job}}",
                )],
            ),
            Panel::graph(
                "Memory",
                Unit::Bytes,
                &[(
                    &format!("sum(process_resident_memory_bytes{{{jobs}}}) by (job)"),
                    "{{job}}",
                )],
            ),
            Panel::graph(
                "Telemetry's CPU for 1000 requests a second (cores)",
                Unit::Count,
                &[(
                    r#"sum(rate(process_cpu_seconds_total{job="istio-telemetry"}[5m])) / (sum(rate(istio_requests_total{reporter="source"}[5m])) / 1000)"#,
                    "istio-telemetry",
                )],
            ),
        ],
    )
}

/// Of the proxies, from Envoy itself (job `envoy-stats`).
fn proxies() -> Row {
    Row::new(
        "Proxies",
        [
            Panel::graph(
                "Memory, mean",
                Unit::Bytes,
                &[("avg(envoy_server_memory_allocated)", "allocated")],
            ),
            Panel::graph(
                "Memory, largest",
                Unit::Bytes,
                &[(
                    "topk(5, envoy_server_memory_allocated)",
                    "{{pod_name}}.{{namespace}}",
                )],
            ),
            Panel::graph(
                "Open connections",
                Unit::Count,
                &[("sum(envoy_server_total_connections)", "connections")],
            ),
            Panel::graph(
                "Live proxies",
                Unit::Count,
                &[("sum(envoy_server_live)", "alive")],
            ),
        ],
    )
}
