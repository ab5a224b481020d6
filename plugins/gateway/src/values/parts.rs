//! Parts that the values of both gateways have. Owns shapes; which gateway reads what is said there.

use meshhost_istio::{IntOrString, Resources, Text};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

/// A port of the gateway's Service and container.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Port {
    /// Its name; Istio reads the protocol from its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// Its number.
    #[schemars(range(min = 1))]
    pub port: u16,
    /// The port of the pod; the same number if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_port: Option<IntOrString>,
    /// The port of each node, for the types NodePort and LoadBalancer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub node_port: Option<u16>,
    /// `TCP`, `UDP` or `SCTP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["TCP", "UDP", "SCTP", null]))]
    pub protocol: Option<String>,
}

impl Port {
    pub(crate) fn new(port: u16, name: &str) -> Self {
        Self {
            name: Some(Text::from(name)),
            port,
            target_port: None,
            node_port: None,
            protocol: None,
        }
    }

    /// The same, to the same port of the pod, said in full.
    pub(crate) fn same_target(port: u16, name: &str) -> Self {
        Self {
            target_port: Some(IntOrString::Int(port.into())),
            ..Self::new(port, name)
        }
    }
}

/// A Secret in the proxy's file system; the pod starts without it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SecretVolume {
    /// Name of the volume.
    pub name: String,
    /// Name of the Secret.
    pub secret_name: String,
    /// Where the proxy sees it.
    pub mount_path: String,
}

impl SecretVolume {
    /// Certificates where the proxy of `gateway` looks for them.
    pub(crate) fn of(gateway: &str, what: &str) -> Self {
        Self {
            name: format!("{gateway}-{what}"),
            secret_name: format!("istio-{gateway}-{what}"),
            mount_path: format!("/etc/istio/{gateway}-{what}"),
        }
    }
}

/// A ConfigMap as a volume of the pod, for additional containers; the pod starts without it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ConfigVolume {
    /// Name of the volume.
    pub name: String,
    /// Name of the ConfigMap.
    pub config_map_name: String,
    /// Read by no chart of 1.4: the additional container says where it mounts the volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mount_path: Option<String>,
}

/// Names with a suffix that lead to other clusters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Zvpn {
    /// Whether there are such names.
    pub enabled: bool,
    /// The suffix, without the leading dot.
    pub suffix: String,
}

impl Default for Zvpn {
    fn default() -> Self {
        Self {
            enabled: true,
            suffix: "global".to_owned(),
        }
    }
}

/// Certificates from Secrets while the gateway runs, by an agent in its pod.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GatewaySds {
    /// Whether the agent is there.
    pub enabled: bool,
    /// Its image: a name below `global.hub`, or a whole reference if it has a `/`.
    pub image: String,
    /// Its resources.
    pub resources: Resources,
}

impl Default for GatewaySds {
    fn default() -> Self {
        Self {
            enabled: false,
            image: "node-agent-k8s".to_owned(),
            resources: proxy_resources(),
        }
    }
}

/// What the autoscaler aims at.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Cpu {
    /// Percent of the requested CPU.
    pub target_average_utilization: u32,
}

impl Default for Cpu {
    fn default() -> Self {
        Self {
            target_average_utilization: 80,
        }
    }
}

/// Labels that the API of 1.4 has and its charts do not read.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Labels {
    /// `app`.
    pub app: Option<String>,
    /// `istio`.
    pub istio: Option<String>,
}

/// How a Service is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ServiceType {
    /// From the cluster.
    ClusterIP,
    /// Also on a port of every node.
    NodePort,
    /// Also by an address from outside.
    LoadBalancer,
}

/// Where a Service sends traffic from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TrafficPolicy {
    /// What Kubernetes does when nothing is said.
    #[serde(rename = "")]
    Unset,
    /// To any pod.
    Cluster,
    /// To pods of the node it came to; keeps the client's address.
    Local,
}

/// What both gateways ask for and may use.
pub(crate) fn proxy_resources() -> Resources {
    Resources::requests(&[("cpu", "100m"), ("memory", "128Mi")])
        .limits(&[("cpu", "2000m"), ("memory", "1024Mi")])
}
