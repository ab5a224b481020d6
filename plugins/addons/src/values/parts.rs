//! Parts that the values of several add-ons have.

use meshhost_istio::{Object, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

/// A Kubernetes Ingress for an add-on. Of the charts of 1.4 only prometheus' reads it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AddonIngress {
    /// Whether it is there.
    pub enabled: bool,
    /// Its hosts; all if empty.
    pub hosts: Vec<String>,
    /// Its annotations.
    pub annotations: TextMap,
    /// Secrets with certificates, as in an Ingress.
    pub tls: Vec<Object>,
}

impl AddonIngress {
    pub(crate) fn of(host: &str) -> Self {
        Self {
            hosts: vec![host.to_owned()],
            ..Self::default()
        }
    }
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

/// How a claim's volume may be mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AccessMode {
    /// By one node.
    ReadWriteOnce,
    /// By many nodes, none of which writes.
    ReadOnlyMany,
    /// By many nodes.
    ReadWriteMany,
    /// By one pod.
    ReadWriteOncePod,
}
