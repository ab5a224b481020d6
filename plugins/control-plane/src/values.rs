//! The Helm values of Istio 1.4 that the charts of the control plane read: every key, with the charts' and the default
//! profile's default. Owns keys and defaults; must not know what they change.

use meshhost_istio::Global;
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

mod citadel;
mod extras;
mod galley;
mod injector;
mod mixer;
mod pilot;

pub(crate) use citadel::{NodeAgent, Security};
pub(crate) use extras::{CertManager, CoreDns};
pub(crate) use galley::Galley;
pub(crate) use injector::Injector;
pub(crate) use mixer::{Adapters, Mixer};
pub(crate) use pilot::{IngressMode, Pilot};

/// Values of the control plane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Values {
    /// What all charts share.
    pub(crate) global: Global,
    /// Pilot and the mesh configuration.
    pub(crate) pilot: Pilot,
    /// Galley.
    pub(crate) galley: Galley,
    /// Policy and telemetry.
    pub(crate) mixer: Mixer,
    /// Telemetry without mixer.
    pub(crate) telemetry: Telemetry,
    /// Citadel.
    pub(crate) security: Security,
    /// The node agent.
    pub(crate) nodeagent: NodeAgent,
    /// The sidecar injector.
    pub(crate) sidecar_injector_webhook: Injector,
    /// CoreDNS for names of other clusters.
    pub(crate) istiocoredns: CoreDns,
    /// cert-manager.
    pub(crate) certmanager: CertManager,
    /// Whether the CNI plug-in is installed: injected pods then need no init container.
    #[serde(rename = "istio_cni")]
    pub(crate) istio_cni: Cni,
    /// Put at the end of the names of pilot's objects, for a second pilot in the same namespace.
    pub(crate) version: String,
    /// Whether objects without namespace are installed.
    pub(crate) cluster_resources: bool,
    /// Whether citadel takes its further DNS names from the variable `CITADEL_DNS`.
    pub(crate) kustomize: bool,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            global: Global::default(),
            pilot: Pilot::default(),
            galley: Galley::default(),
            mixer: Mixer::default(),
            telemetry: Telemetry::default(),
            security: Security::default(),
            nodeagent: NodeAgent::default(),
            sidecar_injector_webhook: Injector::default(),
            istiocoredns: CoreDns::default(),
            certmanager: CertManager::default(),
            istio_cni: Cni::default(),
            version: String::new(),
            cluster_resources: true,
            kustomize: false,
        }
    }
}

/// Whether the mesh sends telemetry, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Telemetry {
    /// Whether proxies report.
    pub(crate) enabled: bool,
    /// Telemetry made in the proxies themselves.
    pub(crate) v2: TelemetryV2,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            enabled: true,
            v2: TelemetryV2::default(),
        }
    }
}

/// Telemetry made in the proxies themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TelemetryV2 {
    /// Whether it takes the place of mixer's.
    pub(crate) enabled: bool,
}

/// The CNI plug-in, as far as the control plane needs to know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Cni {
    /// Whether it is installed.
    pub(crate) enabled: bool,
}

/// Target of autoscaling by CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct CpuTarget {
    /// Percent of the requested CPU.
    pub(crate) target_average_utilization: u32,
}

impl Default for CpuTarget {
    fn default() -> Self {
        Self {
            target_average_utilization: 80,
        }
    }
}
