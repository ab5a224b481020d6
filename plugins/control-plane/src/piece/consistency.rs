//! Values that contradict or need each other, which a server or a proxy would only refuse when half is applied.

use meshhost_piece::Problem;

use crate::context::Context;

/// All that does not fit together.
pub(super) fn problems(ctx: &Context<'_>) -> Vec<Problem> {
    let mut problems = bounds(ctx);
    problems.extend(missing_addresses(ctx));
    problems.extend(own_and_remote(ctx));
    problems
}

/// What is switched on without saying where it is.
fn missing_addresses(ctx: &Context<'_>) -> Vec<Problem> {
    let global = ctx.global();
    let (metrics, logs) = (
        &global.proxy.envoy_metrics_service,
        &global.proxy.envoy_access_log_service,
    );
    let is_set = |host: &Option<String>| host.as_ref().is_some_and(|host| !host.is_empty());
    [
        (
            ctx.enabled.pilot
                && metrics.enabled
                && !(is_set(&metrics.host) && metrics.port.is_some()),
            "proxy.envoyMetricsService",
            "the metrics service is enabled, but nobody says where it is",
            "set its host and port",
        ),
        (
            ctx.enabled.pilot && logs.enabled && !(is_set(&logs.host) && logs.port.is_some()),
            "proxy.envoyAccessLogService",
            "the access log service is enabled, but nobody says where it is",
            "set its host and port",
        ),
        (
            (global.create_remote_svc_endpoints || global.remote_pilot_create_svc_endpoint)
                && global.remote_pilot_address.is_empty(),
            "remotePilotAddress",
            "endpoints of another cluster's pilot are wanted, but nobody says where it is",
            "set the address, or neither createRemoteSvcEndpoints nor remotePilotCreateSvcEndpoint",
        ),
    ]
    .into_iter()
    .filter(|(missing, ..)| *missing)
    .map(|(_, path, message, hint)| {
        Problem::new(format!("values.global.{path}"), message).hint(hint)
    })
    .collect()
}

/// Services of another cluster's control plane where this cluster has its own of the same name.
fn own_and_remote(ctx: &Context<'_>) -> Vec<Problem> {
    let global = ctx.global();
    let all = global.create_remote_svc_endpoints;
    let base = &ctx.namespace.base;
    [
        (
            "istio-pilot",
            all || global.remote_pilot_create_svc_endpoint,
            ctx.enabled.pilot && ctx.namespace.pilot == *base,
        ),
        (
            "istio-policy",
            all && !global.remote_policy_address.is_empty(),
            ctx.enabled.policy && ctx.namespace.policy == *base,
        ),
        (
            "istio-telemetry",
            all && !global.remote_telemetry_address.is_empty(),
            ctx.enabled.telemetry && ctx.namespace.telemetry == *base,
        ),
    ]
    .into_iter()
    .filter(|(_, remote, own)| *remote && *own)
    .map(|(name, ..)| {
        let key = if all {
            "createRemoteSvcEndpoints"
        } else {
            "remotePilotCreateSvcEndpoint"
        };
        Problem::new(
            format!("values.global.{key}"),
            format!("{name} of another cluster and {name} of this one are both wanted in {base}"),
        )
        .hint("use the profile `remote`, or switch the component off")
    })
    .collect()
}

/// Bounds of autoscaling that contradict each other.
fn bounds(ctx: &Context<'_>) -> Vec<Problem> {
    let (pilot, mixer) = (&ctx.values.pilot, &ctx.values.mixer);
    [
        (
            "pilot",
            ctx.enabled.pilot && pilot.autoscale_enabled,
            pilot.autoscale_min,
            pilot.autoscale_max,
        ),
        (
            "mixer.policy",
            ctx.enabled.policy && mixer.policy.autoscale_enabled,
            mixer.policy.autoscale_min,
            mixer.policy.autoscale_max,
        ),
        (
            "mixer.telemetry",
            ctx.enabled.telemetry,
            mixer.telemetry.autoscale_min,
            mixer.telemetry.autoscale_max,
        ),
    ]
    .into_iter()
    // 0 says that there is no autoscaler; telemetry has one by its minimum alone.
    .filter(|(root, scales, min, max)| {
        *scales && *min > *max && (*max > 0 || *root == "mixer.telemetry")
    })
    .map(|(root, _, min, max)| {
        Problem::new(
            format!("values.{root}.autoscaleMax"),
            format!("the most pods, {max}, are fewer than the fewest, {min} (autoscaleMin)"),
        )
        .hint("set autoscaleMax to autoscaleMin or more")
    })
    .collect()
}
