//! The `values` that the gateway charts of Istio 1.4 read, with their defaults. Must not know objects.

use meshhost_istio::{Component, Global};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

mod egress;
mod ingress;
mod parts;

pub use egress::Egress;
pub use ingress::{AddonGateway, Host, Ingress, IngressPort};
pub use parts::{
    ConfigVolume, Cpu, GatewaySds, Labels, Port, SecretVolume, ServiceType, TrafficPolicy, Zvpn,
};

/// What this piece installs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Components {
    /// The gateway for traffic into the mesh.
    pub ingress_gateway: Component,
    /// The gateway for traffic out of the mesh.
    pub egress_gateway: Component,
}

impl Default for Components {
    fn default() -> Self {
        Self {
            ingress_gateway: Component::on(),
            egress_gateway: Component::default(),
        }
    }
}

/// Values of the Istio 1.4 charts that this piece reads.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Values {
    /// What all charts share.
    pub global: Global,
    /// The gateways.
    pub gateways: Gateways,
}

/// The gateways.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gateways {
    /// Read by no chart of 1.4: `gateways.enabled` of the IstioControlPlane decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The gateway for traffic into the mesh.
    #[serde(rename = "istio-ingressgateway")]
    pub ingress: Ingress,
    /// The gateway for traffic out of the mesh.
    #[serde(rename = "istio-egressgateway")]
    pub egress: Egress,
}
