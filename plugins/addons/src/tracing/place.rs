//! Where the pods of tracing run, and under which name: the same for all three programs.

use meshhost_istio::pod::Scheduling;

use crate::values::Values;
use crate::workload;

/// Name of the Deployment, whatever program it runs.
pub(crate) const NAME: &str = "istio-tracing";

/// Wishes for where the pods run.
pub(super) fn scheduling(values: &Values) -> Scheduling<'_> {
    let own = &values.tracing;
    workload::scheduling(
        &own.node_selector,
        &own.pod_anti_affinity_label_selector,
        &own.pod_anti_affinity_term_label_selector,
    )
}
