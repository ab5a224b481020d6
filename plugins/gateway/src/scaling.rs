//! Bounds of autoscaling that contradict each other, which a server would only refuse when half is applied.

use meshhost_piece::Problem;

use crate::gateway::Gateway;

/// The contradiction, if there is one. 0 says that there is no autoscaler.
pub(crate) fn problem(gateway: &Gateway<'_>) -> Option<Problem> {
    let (min, max) = (gateway.autoscale_min, gateway.autoscale_max);
    (gateway.autoscale_enabled && max > 0 && min > max).then(|| {
        Problem::new(
            format!("{}.autoscaleMax", gateway.direction.root()),
            format!("the most pods, {max}, are fewer than the fewest, {min} (autoscaleMin)"),
        )
        .hint("set autoscaleMax to autoscaleMin or more")
    })
}
