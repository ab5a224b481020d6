//! Parts of `values.global` that are about the mesh as a whole: encryption, tracers, several clusters.

use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

/// Encryption between workloads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mtls {
    /// Whether it is required for all services.
    pub enabled: bool,
    /// Whether clients find out by themselves if a service wants it.
    pub auto: bool,
}

/// Settings of each tracer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tracers {
    /// LightStep.
    pub lightstep: LightstepTracer,
    /// Zipkin.
    pub zipkin: ZipkinTracer,
    /// Datadog.
    pub datadog: DatadogTracer,
}

/// LightStep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct LightstepTracer {
    /// `HOST:PORT` of the satellites.
    pub address: String,
    /// What the satellites ask for.
    pub access_token: String,
    /// Whether the connection is encrypted.
    pub secure: bool,
    /// Path of the authority; it comes from the secret `lightstep.cacert`.
    pub cacert_path: String,
}

impl Default for LightstepTracer {
    fn default() -> Self {
        Self {
            address: String::new(),
            access_token: String::new(),
            secure: true,
            cacert_path: String::new(),
        }
    }
}

/// Zipkin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ZipkinTracer {
    /// `HOST:PORT`; the service `zipkin` of the telemetry namespace if empty.
    pub address: String,
}

/// Datadog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DatadogTracer {
    /// `HOST:PORT` of the agent.
    pub address: String,
}

impl Default for DatadogTracer {
    fn default() -> Self {
        Self {
            address: "$(HOST_IP):8126".to_owned(),
        }
    }
}

/// Control plane for machines outside of the cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MeshExpansion {
    /// Whether pilot and citadel are reachable through the ingress gateway.
    pub enabled: bool,
    /// Whether that is an internal load balancer.
    #[serde(rename = "useILB")]
    pub use_ilb: bool,
}

/// A mesh of several clusters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct MultiCluster {
    /// Whether clusters reach each other through their ingress gateways.
    pub enabled: bool,
    /// Name of this cluster.
    pub cluster_name: String,
}

/// Traffic to places that the mesh does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundTrafficPolicy {
    /// What happens to it.
    pub mode: OutboundMode,
}

/// What happens to traffic to places that the mesh does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OutboundMode {
    /// It passes.
    #[default]
    #[serde(rename = "ALLOW_ANY")]
    AllowAny,
    /// It does not.
    #[serde(rename = "REGISTRY_ONLY")]
    RegistryOnly,
}

/// Certificates through the secret discovery service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Sds {
    /// Whether they come that way instead of from mounted secrets.
    pub enabled: bool,
    /// The node agent's socket.
    pub uds_path: String,
    /// The token that proves who a workload is.
    pub token: SdsToken,
    /// Where injected proxies find a token of another issuer, from the secret `sdstokensecret`; none if empty.
    pub custom_token_directory: String,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_normal_jwt: Option<bool>,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_trustworthy_jwt: Option<bool>,
}

/// The token that proves who a workload is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SdsToken {
    /// Whom the token is for (RFC 7519, 4.1.3).
    pub aud: String,
}

impl Default for SdsToken {
    fn default() -> Self {
        Self {
            aud: "istio-ca".to_owned(),
        }
    }
}
