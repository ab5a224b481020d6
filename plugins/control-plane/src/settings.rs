//! Settings of this piece. Owns which components there are; must not know what they consist of.

use meshhost_istio::Component;
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::values::Values;

/// Settings of the control plane.
pub(crate) type Settings = meshhost_istio::Settings<Components, Values>;

/// Components of the control plane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Components {
    /// Namespaces, custom resource definitions, and the account that other clusters read with.
    pub(crate) base: Component,
    /// Pilot: configures the proxies; and the mesh configuration.
    pub(crate) pilot: Component,
    /// Galley: checks and hands out configuration.
    pub(crate) galley: Component,
    /// Citadel: the authority that makes certificates.
    pub(crate) citadel: Component,
    /// The node agent: hands certificates to the proxies of its node.
    pub(crate) node_agent: Component,
    /// cert-manager.
    pub(crate) cert_manager: Component,
    /// Mixer's policy service.
    pub(crate) policy: Component,
    /// Mixer's telemetry service.
    pub(crate) telemetry: Component,
    /// The sidecar injector.
    pub(crate) injector: Component,
    /// CoreDNS for names of other clusters.
    #[serde(rename = "coreDNS")]
    pub(crate) core_dns: Component,
}

impl Default for Components {
    fn default() -> Self {
        Self {
            base: Component::on(),
            pilot: Component::on(),
            galley: Component::on(),
            citadel: Component::on(),
            node_agent: Component::default(),
            cert_manager: Component::default(),
            policy: Component::on(),
            telemetry: Component::on(),
            injector: Component::on(),
            core_dns: Component::default(),
        }
    }
}
