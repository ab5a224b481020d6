//! `values.gateways.istio-ingressgateway`.

use std::collections::BTreeMap;

use meshhost_istio::pod::AntiAffinityRule;
use meshhost_istio::scalar::{CountOrPercent, Duration, text_map};
use meshhost_istio::{Object, Resources, Text, TextMap};
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::parts::{
    ConfigVolume, Cpu, GatewaySds, Labels, Port, SecretVolume, ServiceType, TrafficPolicy, Zvpn,
    proxy_resources,
};

/// The gateway for traffic into the mesh.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Ingress {
    /// Read by no chart of 1.4: the component of the IstioControlPlane decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Read by no chart of 1.4: the component of the IstioControlPlane decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,

    /// How the Service is reached.
    #[serde(rename = "type")]
    pub service_type: ServiceType,
    /// Ports of Service and proxy.
    pub ports: Vec<Port>,
    /// Further ports of the proxy, and of the Service with `global.meshExpansion.enabled`.
    pub mesh_expansion_ports: Vec<Port>,
    /// Further ports of the Service, each for one workload.
    pub ingress_ports: Vec<IngressPort>,
    /// Annotations of the Service.
    pub service_annotations: TextMap,
    /// The address that the load balancer should take; any if empty.
    #[serde(rename = "loadBalancerIP")]
    pub load_balancer_ip: String,
    /// Client ranges that the load balancer lets in; all if empty.
    #[schemars(inner(regex(pattern = r"^[0-9a-fA-F.:]+/[0-9]{1,3}$")))]
    pub load_balancer_source_ranges: Vec<String>,
    /// Where the Service sends traffic from outside.
    pub external_traffic_policy: TrafficPolicy,
    /// Read by no chart of 1.4.
    #[serde(rename = "externalIPs")]
    pub external_ips: Vec<String>,
    /// Whether there is no Service: one of your own takes its place.
    pub custom_service: bool,

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
    /// Ports that the proxy must listen on to be ready, separated by commas.
    pub application_ports: Text,
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
    /// Certificates from Secrets while the gateway runs.
    pub sds: GatewaySds,

    /// Whether the default Gateway also has port 443, with the certificate from `secretVolumes`.
    pub tls: bool,
    /// Domain of `hosts`.
    pub domain: String,
    /// Hosts below `domain`, each for one workload.
    pub hosts: Vec<Host>,
    /// DNS names for a certificate from cert-manager.
    pub certificates: Vec<String>,
    /// Common name of that certificate.
    pub common_name: String,
    /// Address for the certificate authority.
    pub email: String,
    /// Gateways for the add-ons, by any key.
    #[serde(rename = "telemetry_addon_gateways")]
    pub telemetry_addon_gateways: BTreeMap<String, AddonGateway>,
    /// Read by no chart of 1.4.
    #[serde(rename = "telemetry_domain_name")]
    pub telemetry_domain_name: String,
    /// Read by no chart of 1.4 for this gateway.
    pub zvpn: Zvpn,

    /// Read by no chart of 1.4.
    pub debug: String,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<Duration>,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain_duration: Option<Duration>,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
    /// Read by no chart of 1.4: see `global.k8sIngress.enabled`.
    #[serde(rename = "k8sIngress", skip_serializing_if = "Option::is_none")]
    pub k8s_ingress: Option<bool>,
    /// Read by no chart of 1.4: see `global.k8sIngress.enableHttps`.
    #[serde(rename = "k8sIngressHttps", skip_serializing_if = "Option::is_none")]
    pub k8s_ingress_https: Option<bool>,
}

/// A host below `domain`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Host {
    /// First label of the host, and name of its VirtualService.
    pub name: String,
    /// Host of the service behind it.
    pub dest: String,
    /// Port of that service.
    pub dest_port: u16,
}

/// A port for one workload.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct IngressPort {
    /// Number of the port.
    pub port: u16,
    /// Its name, and name of its VirtualService.
    pub name: String,
    /// Host of the service behind it.
    pub dest: String,
    /// Port of that service.
    pub dest_port: u16,
}

/// A port for an add-on.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct AddonGateway {
    /// Whether it is there.
    pub enabled: bool,
    /// Name of the add-on's Service.
    pub name: String,
    /// Port of the gateway.
    pub port: u16,
    /// Port of the Service.
    pub des_port: u16,
    /// Read by no chart of 1.4: the port is always HTTPS.
    pub tls: bool,
}

impl Default for Ingress {
    fn default() -> Self {
        let addon = |name: &str, port, des_port| {
            let gateway = AddonGateway {
                name: name.to_owned(),
                port,
                des_port,
                ..AddonGateway::default()
            };
            (format!("{name}_gateway"), gateway)
        };
        Self {
            enabled: None,
            namespace: None,
            service_type: ServiceType::LoadBalancer,
            ports: vec![
                // First, as load balancers check the health of the first port.
                Port::same_target(15020, "status-port"),
                Port::same_target(80, "http2"),
                Port::new(443, "https"),
                Port::same_target(15029, "kiali"),
                Port::same_target(15030, "prometheus"),
                Port::same_target(15031, "grafana"),
                Port::same_target(15032, "tracing"),
                Port::same_target(15443, "tls"),
            ],
            mesh_expansion_ports: vec![
                Port::same_target(15011, "tcp-pilot-grpc-tls"),
                Port::same_target(8060, "tcp-citadel-grpc-tls"),
                Port::same_target(853, "tcp-dns-tls"),
            ],
            ingress_ports: Vec::new(),
            service_annotations: TextMap::new(),
            load_balancer_ip: String::new(),
            load_balancer_source_ranges: Vec::new(),
            external_traffic_policy: TrafficPolicy::Unset,
            external_ips: Vec::new(),
            custom_service: false,
            autoscale_enabled: true,
            autoscale_min: 1,
            autoscale_max: 5,
            cpu: Cpu::default(),
            replica_count: None,
            rolling_max_surge: CountOrPercent::from("100%"),
            rolling_max_unavailable: CountOrPercent::from("25%"),
            resources: proxy_resources(),
            env: text_map(&[("ISTIO_META_ROUTER_MODE", "sni-dnat")]),
            application_ports: Text::default(),
            pod_annotations: TextMap::new(),
            node_selector: TextMap::new(),
            tolerations: Vec::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
            secret_volumes: vec![
                SecretVolume::of("ingressgateway", "certs"),
                SecretVolume::of("ingressgateway", "ca-certs"),
            ],
            config_volumes: Vec::new(),
            additional_containers: Vec::new(),
            sds: GatewaySds::default(),
            tls: false,
            domain: String::new(),
            hosts: Vec::new(),
            certificates: Vec::new(),
            common_name: String::new(),
            email: String::new(),
            telemetry_addon_gateways: BTreeMap::from([
                addon("tracing", 15032, 80),
                addon("kiali", 15029, 20001),
                addon("grafana", 15031, 3000),
                addon("prometheus", 15030, 9090),
            ]),
            telemetry_domain_name: String::new(),
            zvpn: Zvpn::default(),
            debug: "info".to_owned(),
            connect_timeout: None,
            drain_duration: None,
            labels: None,
            k8s_ingress: None,
            k8s_ingress_https: None,
        }
    }
}
