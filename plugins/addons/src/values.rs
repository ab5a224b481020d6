//! The `values` that the add-on charts of Istio 1.4 read, with their defaults. Must not know objects.

use meshhost_istio::{Component, Global};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

mod grafana;
mod kiali;
mod parts;
mod prometheus;
mod tracing;

pub use grafana::{Grafana, GrafanaImage, GrafanaSecurity, GrafanaService};
pub use kiali::{Kiali, KialiDashboard, KialiSecurity};
pub use parts::{AccessMode, AddonIngress, ServiceType};
pub use prometheus::{NodePort, Prometheus, PrometheusSecurity, PrometheusService};
pub use tracing::{
    Exporters, Jaeger, JaegerMemory, OpenCensus, Provider, Tracing, TracingService, Zipkin,
    ZipkinNode,
};

/// What this piece installs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Components {
    /// Metrics of the mesh.
    pub prometheus: Component,
    /// Dashboards over the metrics.
    pub grafana: Component,
    /// Traces of requests.
    pub tracing: Component,
    /// The mesh as a graph.
    pub kiali: Component,
}

impl Default for Components {
    fn default() -> Self {
        Self {
            prometheus: Component::on(),
            grafana: Component::default(),
            tracing: Component::default(),
            kiali: Component::default(),
        }
    }
}

/// Values of the Istio 1.4 charts that this piece reads.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Values {
    /// What all charts share.
    pub global: Global,
    /// Metrics of the mesh.
    pub prometheus: Prometheus,
    /// Dashboards over the metrics.
    pub grafana: Grafana,
    /// Traces of requests.
    pub tracing: Tracing,
    /// The mesh as a graph.
    pub kiali: Kiali,
}
