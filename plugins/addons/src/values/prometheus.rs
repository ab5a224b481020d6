//! `values.prometheus`.

use meshhost_istio::pod::AntiAffinityRule;
use meshhost_istio::{Object, Resources, Text, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::parts::AddonIngress;

/// Prometheus.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Prometheus {
    /// Whether it is installed.
    pub enabled: bool,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Read by no chart of 1.4 but that of the Prometheus operator, which is not part of this piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_prometheus_resource: Option<bool>,
    /// Registry and folder of the image.
    pub hub: String,
    /// Name of the image.
    pub image: String,
    /// Tag of the image.
    pub tag: Text,
    /// Number of pods.
    pub replica_count: u32,
    /// How long metrics are kept, for example `6h` or `15d`.
    #[schemars(regex(pattern = r"^[0-9]+(ms|[smhdwy])$"))]
    pub retention: String,
    /// Time between two scrapes, for example `15s`.
    #[schemars(regex(pattern = r"^[0-9]+(ms|[smhdwy])$"))]
    pub scrape_interval: String,
    /// Path of the Ingress.
    pub context_path: String,
    /// A Kubernetes Ingress.
    pub ingress: AddonIngress,
    /// Its Services.
    pub service: PrometheusService,
    /// Scraping through the mesh's encryption.
    pub security: PrometheusSecurity,
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
    /// Read by no chart of 1.4.
    pub datasources: Vec<Object>,
}

/// The Services of Prometheus.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct PrometheusService {
    /// Annotations of the Service in the cluster.
    pub annotations: TextMap,
    /// A second Service on a port of every node; none if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_port: Option<NodePort>,
}

/// A port of every node.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodePort {
    /// Read by no chart of 1.4: the Service is there when `nodePort` is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The port.
    #[schemars(range(min = 1))]
    pub port: u16,
}

/// Scraping through the mesh's encryption.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PrometheusSecurity {
    /// Whether citadel's certificates are there to scrape with.
    pub enabled: bool,
}

impl Default for PrometheusSecurity {
    fn default() -> Self {
        Self { enabled: true }
    }
}

impl Default for Prometheus {
    fn default() -> Self {
        Self {
            enabled: true,
            namespace: None,
            create_prometheus_resource: None,
            hub: "docker.io/prom".to_owned(),
            image: "prometheus".to_owned(),
            tag: Text::from("v2.12.0"),
            replica_count: 1,
            retention: "6h".to_owned(),
            scrape_interval: "15s".to_owned(),
            context_path: "/prometheus".to_owned(),
            ingress: AddonIngress::of("prometheus.local"),
            service: PrometheusService::default(),
            security: PrometheusSecurity::default(),
            resources: Resources::default(),
            pod_annotations: TextMap::new(),
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
            datasources: Vec::new(),
        }
    }
}
