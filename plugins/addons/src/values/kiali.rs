//! `values.kiali`.

use meshhost_istio::pod::AntiAffinityRule;
use meshhost_istio::{Resources, Text, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::parts::AddonIngress;

/// Kiali.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Kiali {
    /// Whether it is installed.
    pub enabled: bool,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Registry and folder of the image.
    pub hub: String,
    /// Name of the image.
    pub image: String,
    /// Tag of the image.
    pub tag: Text,
    /// Number of pods.
    pub replica_count: u32,
    /// Path of its pages.
    pub context_path: String,
    /// Login, rights and links.
    pub dashboard: KialiDashboard,
    /// Whether there is a Secret with name and password `admin`.
    pub create_demo_secret: bool,
    /// Encryption of its own port.
    pub security: KialiSecurity,
    /// Resources; `global.defaultResources` if empty.
    pub resources: Resources,
    /// Annotations of the pods.
    pub pod_annotations: TextMap,
    /// Node labels; `global.defaultNodeSelector` if empty.
    pub node_selector: TextMap,
    /// Pods that must not be near.
    pub pod_anti_affinity_label_selector: Vec<AntiAffinityRule>,
    /// Pods that should not be near.
    pub pod_anti_affinity_term_label_selector: Vec<AntiAffinityRule>,
    /// Read by no chart of 1.4.
    pub ingress: AddonIngress,
    /// Read by no chart of 1.4: see `global.prometheusNamespace`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prometheus_namespace: Option<String>,
}

/// Login, rights and links.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct KialiDashboard {
    /// The Secret with name and password.
    pub secret_name: String,
    /// Read by no chart of 1.4: Kiali looks for `username`.
    pub username_key: String,
    /// Read by no chart of 1.4: Kiali looks for `passphrase`.
    pub passphrase_key: String,
    /// Whether it may only look.
    pub view_only_mode: bool,
    /// Where a browser finds Grafana.
    #[serde(rename = "grafanaURL", skip_serializing_if = "Option::is_none")]
    pub grafana_url: Option<String>,
    /// Where a browser finds Jaeger.
    #[serde(rename = "jaegerURL", skip_serializing_if = "Option::is_none")]
    pub jaeger_url: Option<String>,
}

impl Default for KialiDashboard {
    fn default() -> Self {
        Self {
            secret_name: "kiali".to_owned(),
            username_key: "username".to_owned(),
            passphrase_key: "passphrase".to_owned(),
            view_only_mode: false,
            grafana_url: None,
            jaeger_url: None,
        }
    }
}

/// Encryption of Kiali's own port.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KialiSecurity {
    /// Whether it is encrypted.
    pub enabled: bool,
    /// Path of the certificate.
    pub cert_file: String,
    /// Path of its key.
    pub private_key_file: String,
}

impl Default for KialiSecurity {
    fn default() -> Self {
        Self {
            enabled: false,
            cert_file: "/kiali-cert/cert-chain.pem".to_owned(),
            private_key_file: "/kiali-cert/key.pem".to_owned(),
        }
    }
}

impl Default for Kiali {
    fn default() -> Self {
        Self {
            enabled: false,
            namespace: None,
            hub: "quay.io/kiali".to_owned(),
            image: "kiali".to_owned(),
            tag: Text::from("v1.9"),
            replica_count: 1,
            context_path: "/kiali".to_owned(),
            dashboard: KialiDashboard::default(),
            create_demo_secret: false,
            security: KialiSecurity::default(),
            resources: Resources::default(),
            pod_annotations: TextMap::new(),
            node_selector: TextMap::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
            ingress: AddonIngress::of("kiali.local"),
            prometheus_namespace: None,
        }
    }
}
