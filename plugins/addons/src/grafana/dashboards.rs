//! The dashboards: what each asks Prometheus. Metrics are those that Istio 1.4 has: from the proxies' reports through
//! telemetry (`istio_…`), and of each control plane program itself.

mod citadel;
mod galley;
mod mesh;
mod mixer;
mod performance;
mod pilot;
mod process;
mod service;
mod workload;

use super::panel::Dashboard;

/// All of them, sorted by file.
pub(crate) fn all() -> Vec<Dashboard> {
    vec![
        citadel::dashboard(),
        galley::dashboard(),
        mesh::dashboard(),
        performance::dashboard(),
        service::dashboard(),
        workload::dashboard(),
        mixer::dashboard(),
        pilot::dashboard(),
    ]
}

#[cfg(test)]
mod tests;
