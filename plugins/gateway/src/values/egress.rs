//! `values.gateways.istio-egressgateway`.

use meshhost_istio::pod::AntiAffinityRule;
use meshhost_istio::scalar::{CountOrPercent, Duration, text_map};
use meshhost_istio::{Object, Resources, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::parts::{
    ConfigVolume, Cpu, GatewaySds, Labels, Port, SecretVolume, ServiceType, Zvpn, proxy_resources,
};

/// The gateway for traffic out of the mesh.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Egress {
    /// Read by no chart of 1.4: the component of the IstioControlPlane decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Read by no chart of 1.4: the component of the IstioControlPlane decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,

    /// Read by no chart of 1.4: the Service is always a ClusterIP.
    #[serde(rename = "type")]
    pub service_type: ServiceType,
    /// Ports of Service and proxy.
    pub ports: Vec<Port>,
    /// Annotations of the Service.
    pub service_annotations: TextMap,
    /// Names with a suffix that lead to other clusters.
    pub zvpn: Zvpn,

    /// Whether there is an autoscaler.
    pub autoscale_enabled: bool,
    /// Fewest pods.
    pub autoscale_min: u32,
    /// Most pods.
    pub autoscale_max: u32,
    /// What the autoscaler aims at.
    pub cpu: Cpu,
    /// Number of pods without an autoscaler; Kubernetes' own default if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_count: Option<u32>,
    /// Pods beyond the wanted number while a new version comes.
    pub rolling_max_surge: CountOrPercent,
    /// Pods that may be away while a new version comes.
    pub rolling_max_unavailable: CountOrPercent,

    /// Resources of the proxy; `global.defaultResources` if empty.
    pub resources: Resources,
    /// Environment of the proxy.
    pub env: TextMap,
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
    /// Secrets in the proxy's file system.
    pub secret_volumes: Vec<SecretVolume>,
    /// ConfigMaps as volumes.
    pub config_volumes: Vec<ConfigVolume>,
    /// Containers next to the proxy, as in a pod.
    pub additional_containers: Vec<Object>,
    /// With `enabled`, a service account that may read Secrets; no agent runs in this gateway's pod.
    pub sds: GatewaySds,

    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<Duration>,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain_duration: Option<Duration>,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
}

impl Default for Egress {
    fn default() -> Self {
        Self {
            enabled: None,
            namespace: None,
            service_type: ServiceType::ClusterIP,
            ports: vec![
                Port::new(80, "http2"),
                Port::new(443, "https"),
                Port::same_target(15443, "tls"),
            ],
            service_annotations: TextMap::new(),
            zvpn: Zvpn::default(),
            autoscale_enabled: true,
            autoscale_min: 1,
            autoscale_max: 5,
            cpu: Cpu::default(),
            replica_count: None,
            rolling_max_surge: CountOrPercent::from("100%"),
            rolling_max_unavailable: CountOrPercent::from("25%"),
            resources: proxy_resources(),
            env: text_map(&[("ISTIO_META_ROUTER_MODE", "sni-dnat")]),
            pod_annotations: TextMap::new(),
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
            secret_volumes: vec![
                SecretVolume::of("egressgateway", "certs"),
                SecretVolume::of("egressgateway", "ca-certs"),
            ],
            config_volumes: Vec::new(),
            additional_containers: Vec::new(),
            sds: GatewaySds::default(),
            connect_timeout: None,
            drain_duration: None,
            labels: None,
        }
    }
}
