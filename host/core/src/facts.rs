//! What is known of the cluster before any piece is called. Owns the data; who gathers it is not known here.

use serde::{Deserialize, Serialize};

/// Facts about the cluster. The same facts and settings give the same bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The API server's version.
    pub kubernetes: KubernetesVersion,
    /// Every kind in every version that is served, sorted.
    pub served: Vec<ServedKind>,
    /// `kubernetes`, or a flavour such as `openshift`.
    pub platform: String,
}

/// The version of a Kubernetes API server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KubernetesVersion {
    /// For example 1.
    pub major: u32,
    /// For example 37.
    pub minor: u32,
    /// The whole text, for example `v1.37.2`.
    pub git_version: String,
}

/// One kind in one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServedKind {
    /// `group/version`, or `v1`.
    pub api_version: String,
    /// For example `Deployment`.
    pub kind: String,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
}

impl Facts {
    /// Whether objects of the kind live in a namespace; `None` when the kind is not served in that version.
    #[must_use]
    pub fn namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        self.served
            .iter()
            .find(|served| served.api_version == api_version && served.kind == kind)
            .map(|served| served.namespaced)
    }
}
