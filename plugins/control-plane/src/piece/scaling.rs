//! Bounds of autoscaling that contradict each other, which a server would only refuse when half is applied.

use meshhost_piece::Problem;

use crate::context::Context;

/// All contradictions.
pub(super) fn problems(ctx: &Context<'_>) -> Vec<Problem> {
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
