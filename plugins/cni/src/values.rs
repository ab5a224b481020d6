//! The `values` that the CNI chart of Istio 1.4 reads, with its defaults. Must not know objects.

use meshhost_istio::{Component, Global, Text, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

/// What this piece installs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Components {
    /// The CNI plug-in.
    pub cni: Component,
}

impl Default for Components {
    fn default() -> Self {
        Self {
            cni: Component::on(),
        }
    }
}

/// Values of the Istio 1.4 charts that this piece reads.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Values {
    /// What all charts share.
    pub global: Global,
    /// The CNI plug-in.
    pub cni: Cni,
}

/// The CNI plug-in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Cni {
    /// Read by no chart of 1.4: `cni.enabled` of the IstioControlPlane decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Read by no chart of 1.4: `cni.components.cni.namespace` of the IstioControlPlane decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Registry and folder of the installer's image; `global.hub` if empty.
    pub hub: String,
    /// Tag of the installer's image; `global.tag` if empty.
    pub tag: Text,
    /// The installer's image: a name below the hub, or a whole reference if it has a `/`.
    pub image: String,
    /// When the image is pulled: `Always`, `IfNotPresent` or `Never`; `global.imagePullPolicy` if empty.
    #[schemars(extend("enum" = ["", "Always", "IfNotPresent", "Never"]))]
    pub pull_policy: String,
    /// What the plug-in logs.
    pub log_level: String,
    /// Where the node keeps CNI plug-ins.
    #[schemars(regex(pattern = "^(/.*)?$"))]
    pub cni_bin_dir: String,
    /// Where the node keeps CNI configuration.
    #[schemars(regex(pattern = "^(/.*)?$"))]
    pub cni_conf_dir: String,
    /// The file there that the plug-in is added to; the first one if empty.
    pub cni_conf_file_name: String,
    /// Namespaces whose pods are left alone.
    #[schemars(inner(regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")))]
    pub exclude_namespaces: Vec<String>,
    /// Annotations of the pods.
    pub pod_annotations: TextMap,
    /// A ClusterRole that is bound to the service account in the pods' namespace, for clusters with pod security
    /// policies; none if empty.
    #[serde(rename = "psp_cluster_role")]
    pub psp_cluster_role: String,
}

impl Default for Cni {
    fn default() -> Self {
        Self {
            enabled: None,
            namespace: None,
            hub: String::new(),
            tag: Text::default(),
            image: "install-cni".to_owned(),
            pull_policy: "Always".to_owned(),
            log_level: "info".to_owned(),
            cni_bin_dir: "/opt/cni/bin".to_owned(),
            cni_conf_dir: "/etc/cni/net.d".to_owned(),
            cni_conf_file_name: String::new(),
            exclude_namespaces: vec!["istio-system".to_owned()],
            pod_annotations: TextMap::new(),
            psp_cluster_role: String::new(),
        }
    }
}

impl Cni {
    /// Where the node keeps CNI plug-ins.
    pub(crate) fn bin_dir(&self) -> &str {
        or(&self.cni_bin_dir, "/opt/cni/bin")
    }

    /// Where the node keeps CNI configuration.
    pub(crate) fn conf_dir(&self) -> &str {
        or(&self.cni_conf_dir, "/etc/cni/net.d")
    }
}

/// An empty text means that nothing was said.
fn or<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}
