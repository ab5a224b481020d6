//! Mixer, as policy and as telemetry: what proxies ask of it, and what it hands to adapters.

use super::process;
use crate::grafana::panel::{Dashboard, Panel, Row, Unit};

pub(super) fn dashboard() -> Dashboard {
    let mut telemetry = process::row("istio-telemetry");
    "Resources of telemetry".clone_into(&mut telemetry.title);
    let mut policy = process::row("istio-policy");
    "Resources of policy".clone_into(&mut policy.title);
    Dashboard {
        file: "mixer-dashboard",
        title: "Mixer",
        variables: Vec::new(),
        rows: vec![calls(), adapters(), configuration(), telemetry, policy],
    }
}

fn calls() -> Row {
    Row::new(
        "Calls from proxies",
        [
            Panel::graph(
                "Calls",
                Unit::RequestsPerSecond,
                &[(
                    "sum(rate(grpc_io_server_completed_rpcs[1m])) by (job, grpc_server_method)",
                    "{{job}} {{grpc_server_method}}",
                )],
            ),
            Panel::graph(
                "Calls that failed",
                Unit::RequestsPerSecond,
                &[(
                    r#"sum(rate(grpc_io_server_completed_rpcs{grpc_server_status!="OK"}[1m])) by (job, grpc_server_method, grpc_server_status)"#,
                    "{{job}} {{grpc_server_method}} {{grpc_server_status}}",
                )],
            ),
            Panel::graph(
                "Duration of a call",
                Unit::Milliseconds,
                &[
                    (
                        "histogram_quantile(0.50, sum(rate(grpc_io_server_server_latency_bucket[1m])) by (le, job, grpc_server_method))",
                        "{{job}} {{grpc_server_method}} median",
                    ),
                    (
                        "histogram_quantile(0.99, sum(rate(grpc_io_server_server_latency_bucket[1m])) by (le, job, grpc_server_method))",
                        "{{job}} {{grpc_server_method}} 99th percentile",
                    ),
                ],
            ),
            Panel::graph(
                "Answers of policy from its cache",
                Unit::PerSecond,
                &[
                    ("sum(rate(mixer_checkcache_cache_hits_total[1m]))", "found"),
                    (
                        "sum(rate(mixer_checkcache_cache_misses_total[1m]))",
                        "not found",
                    ),
                ],
            ),
            Panel::graph(
                "Calls turned away under load",
                Unit::PerSecond,
                &[(
                    "sum(rate(mixer_loadshedding_requests_throttled[1m]))",
                    "turned away",
                )],
            ),
        ],
    )
}

fn adapters() -> Row {
    Row::new(
        "Adapters",
        [
            Panel::graph(
                "Calls",
                Unit::PerSecond,
                &[(
                    "sum(rate(mixer_runtime_dispatches_total[1m])) by (adapter, meshFunction)",
                    "{{adapter}} {{meshFunction}}",
                )],
            ),
            Panel::graph(
                "Calls that failed",
                Unit::PerSecond,
                &[(
                    r#"sum(rate(mixer_runtime_dispatches_total{error="true"}[1m])) by (adapter, handler)"#,
                    "{{adapter}} {{handler}}",
                )],
            ),
            Panel::graph(
                "Duration of a call, 90th percentile",
                Unit::Seconds,
                &[(
                    "histogram_quantile(0.90, sum(rate(mixer_runtime_dispatch_duration_seconds_bucket[1m])) by (le, adapter))",
                    "{{adapter}}",
                )],
            ),
            Panel::graph(
                "Adapters asked for one request, mean",
                Unit::Count,
                &[(
                    "sum(rate(mixer_dispatcher_destinations_per_request_sum[1m])) by (job) / sum(rate(mixer_dispatcher_destinations_per_request_count[1m])) by (job)",
                    "{{job}}",
                )],
            ),
        ],
    )
}

fn configuration() -> Row {
    Row::new(
        "Configuration",
        [
            Panel::graph(
                "Known",
                Unit::Count,
                &[
                    (
                        "max(mixer_config_rule_configs_total) by (job)",
                        "rules {{job}}",
                    ),
                    (
                        "max(mixer_config_instance_configs_total) by (job)",
                        "instances {{job}}",
                    ),
                    (
                        "max(mixer_config_handler_configs_total) by (job)",
                        "handlers {{job}}",
                    ),
                    (
                        "max(mixer_config_attributes_total) by (job)",
                        "attributes {{job}}",
                    ),
                ],
            ),
            Panel::graph(
                "In error",
                Unit::Count,
                &[
                    (
                        "max(mixer_config_rule_config_errors_total) by (job)",
                        "rules {{job}}",
                    ),
                    (
                        "max(mixer_config_rule_config_match_error_total) by (job)",
                        "matches {{job}}",
                    ),
                    (
                        "max(mixer_config_instance_config_errors_total) by (job)",
                        "instances {{job}}",
                    ),
                    (
                        "max(mixer_config_handler_validation_error_total) by (job)",
                        "handlers {{job}}",
                    ),
                    (
                        "max(mixer_config_unsatisfied_action_handler_total) by (job)",
                        "actions without a handler {{job}}",
                    ),
                ],
            ),
            Panel::graph(
                "Handlers built",
                Unit::Count,
                &[
                    (
                        "max(mixer_handler_new_handlers_total) by (job)",
                        "new {{job}}",
                    ),
                    (
                        "max(mixer_handler_reused_handlers_total) by (job)",
                        "kept {{job}}",
                    ),
                    (
                        "max(mixer_handler_handler_build_failures_total) by (job)",
                        "failed {{job}}",
                    ),
                ],
            ),
        ],
    )
}
