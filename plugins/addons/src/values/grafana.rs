//! `values.grafana`.

use std::collections::BTreeMap;

use meshhost_istio::pod::AntiAffinityRule;
use meshhost_istio::{Object, Resources, Text, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use meshhost_piece::{Value, json};
use serde::{Deserialize, Serialize};

use super::parts::{AccessMode, AddonIngress, ServiceType};

/// Grafana.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Grafana {
    /// Whether it is installed.
    pub enabled: bool,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The image.
    pub image: GrafanaImage,
    /// Number of pods.
    pub replica_count: u32,
    /// Whether what is changed in Grafana outlives its pod.
    pub persist: bool,
    /// Storage class of the claim; the cluster's default if empty.
    pub storage_class_name: String,
    /// Access mode of the claim.
    pub access_mode: AccessMode,
    /// Login.
    pub security: GrafanaSecurity,
    /// Read by no chart of 1.4.
    pub context_path: String,
    /// The Service.
    pub service: GrafanaService,
    /// Read by no chart of 1.4.
    pub ingress: AddonIngress,
    /// Files with data sources, by name. Grafana reads `datasources.yaml`.
    pub datasources: BTreeMap<String, Value>,
    /// Files with providers of dashboards, by name. Grafana reads `dashboardproviders.yaml`.
    pub dashboard_providers: BTreeMap<String, Value>,
    /// Environment of Grafana.
    pub env: TextMap,
    /// Environment from Secrets: the variable, which is also the Secret's key, and the Secret.
    pub env_secrets: TextMap,
    /// Resources; `global.defaultResources` if empty.
    pub resources: Resources,
    /// Annotations of the pods.
    pub pod_annotations: TextMap,
    /// Node labels; `global.defaultNodeSelector` if empty.
    pub node_selector: TextMap,
    /// Taints that the pods put up with.
    pub tolerations: Vec<Object>,
    /// Pods that must not be near.
    pub pod_anti_affinity_label_selector: Vec<AntiAffinityRule>,
    /// Pods that should not be near.
    pub pod_anti_affinity_term_label_selector: Vec<AntiAffinityRule>,
    /// Read by no chart of 1.4: see `datasources`.
    pub prometheus_namespace: String,
}

/// The image of Grafana.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GrafanaImage {
    /// Everything before the tag.
    pub repository: String,
    /// The tag.
    pub tag: Text,
}

impl Default for GrafanaImage {
    fn default() -> Self {
        Self {
            repository: "grafana/grafana".to_owned(),
            tag: Text::from("6.4.3"),
        }
    }
}

/// Login to Grafana.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct GrafanaSecurity {
    /// Whether one must log in; everybody is administrator otherwise.
    pub enabled: bool,
    /// The Secret with name and password.
    pub secret_name: String,
    /// Key of the name.
    pub username_key: String,
    /// Key of the password.
    pub passphrase_key: String,
}

impl Default for GrafanaSecurity {
    fn default() -> Self {
        Self {
            enabled: false,
            secret_name: "grafana".to_owned(),
            username_key: "username".to_owned(),
            passphrase_key: "passphrase".to_owned(),
        }
    }
}

/// The Service of Grafana.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct GrafanaService {
    /// Its annotations.
    pub annotations: TextMap,
    /// Name of its port.
    pub name: String,
    /// How it is reached.
    #[serde(rename = "type")]
    pub service_type: ServiceType,
    /// Its port.
    pub external_port: u16,
    /// The address that the load balancer should take; any if empty.
    #[serde(rename = "loadBalancerIP")]
    pub load_balancer_ip: String,
    /// Client ranges that the load balancer lets in; all if empty.
    pub load_balancer_source_ranges: Vec<String>,
}

impl Default for GrafanaService {
    fn default() -> Self {
        Self {
            annotations: TextMap::new(),
            name: "http".to_owned(),
            service_type: ServiceType::ClusterIP,
            external_port: 3000,
            load_balancer_ip: String::new(),
            load_balancer_source_ranges: Vec::new(),
        }
    }
}

impl Default for Grafana {
    fn default() -> Self {
        let datasources = json!({
            "apiVersion": 1,
            "datasources": [{
                "name": "Prometheus",
                "type": "prometheus",
                "orgId": 1,
                "url": "http://prometheus:9090",
                "access": "proxy",
                "isDefault": true,
                "jsonData": { "timeInterval": "5s" },
                "editable": true,
            }],
        });
        let providers = json!({
            "apiVersion": 1,
            "providers": [{
                "name": "istio",
                "orgId": 1,
                "folder": "istio",
                "type": "file",
                "disableDeletion": false,
                "options": { "path": "/var/lib/grafana/dashboards/istio" },
            }],
        });
        Self {
            enabled: false,
            namespace: None,
            image: GrafanaImage::default(),
            replica_count: 1,
            persist: false,
            storage_class_name: String::new(),
            access_mode: AccessMode::ReadWriteMany,
            security: GrafanaSecurity::default(),
            context_path: "/grafana".to_owned(),
            service: GrafanaService::default(),
            ingress: AddonIngress::of("grafana.local"),
            datasources: BTreeMap::from([("datasources.yaml".to_owned(), datasources)]),
            dashboard_providers: BTreeMap::from([(
                "dashboardproviders.yaml".to_owned(),
                providers,
            )]),
            env: TextMap::new(),
            env_secrets: TextMap::new(),
            resources: Resources::default(),
            pod_annotations: TextMap::new(),
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
            prometheus_namespace: String::new(),
        }
    }
}
