//! `values.global.proxy` and `values.global.proxy_init`.

use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::scalar::{Duration, Resources, Text};

/// The proxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Proxy {
    /// Image: a name below `global.hub`, or a whole reference if it has a `/`.
    pub image: String,
    /// DNS domain of the cluster.
    pub cluster_domain: String,
    /// Resources of the proxy container.
    pub resources: Resources,
    /// Worker threads; 0 is one a core.
    pub concurrency: u32,
    /// Where requests are logged; nowhere if empty.
    pub access_log_file: String,
    /// What is logged of a request; the proxy's own choice if empty.
    pub access_log_format: String,
    /// How access logs are written.
    pub access_log_encoding: LogEncoding,
    /// Access logs to a service.
    pub envoy_access_log_service: EnvoyEndpoint,
    /// Log level of the proxy.
    pub log_level: String,
    /// Log level by part of the proxy.
    pub component_log_level: String,
    /// How often names of STRICT_DNS clusters are looked up, in seconds: `300s`.
    pub dns_refresh_rate: Duration,
    /// How long the proxy waits to find out the protocol of a connection.
    pub protocol_detection_timeout: Duration,
    /// Whether the proxy container is privileged.
    pub privileged: bool,
    /// Whether new proxies write core dumps.
    pub enable_core_dump: bool,
    /// Port of the agent's health checks; 0 is none.
    pub status_port: u16,
    /// Seconds before the first readiness check.
    pub readiness_initial_delay_seconds: u32,
    /// Seconds between readiness checks.
    pub readiness_period_seconds: u32,
    /// Failed checks until a pod is not ready.
    pub readiness_failure_threshold: u32,
    /// Ranges whose outbound traffic goes through the proxy; `*` is all.
    #[serde(rename = "includeIPRanges")]
    pub include_ip_ranges: String,
    /// Ranges whose outbound traffic goes past the proxy.
    #[serde(rename = "excludeIPRanges")]
    pub exclude_ip_ranges: String,
    /// Ports whose outbound traffic goes past the proxy.
    pub exclude_outbound_ports: Text,
    /// Interfaces of virtual machines whose inbound traffic is treated as outbound.
    pub kubevirt_interfaces: String,
    /// Ports whose inbound traffic goes through the proxy; `*` is all.
    pub include_inbound_ports: Text,
    /// Ports whose inbound traffic goes past the proxy.
    pub exclude_inbound_ports: Text,
    /// Whether pods get a proxy when nothing else is said.
    pub auto_inject: AutoInject,
    /// Metrics to a statsd.
    pub envoy_statsd: EnvoyEndpoint,
    /// Metrics to a service.
    pub envoy_metrics_service: MetricsService,
    /// Which tracer is used.
    pub tracer: Tracer,
    /// Whether there is a proxy at all; read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Time for connections to end; read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain_duration: Option<Duration>,
    /// Time for a connection to be made; read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<Duration>,
    /// Time until an old proxy is ended; read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_shutdown_duration: Option<Duration>,
}

impl Default for Proxy {
    fn default() -> Self {
        Self {
            image: "proxyv2".to_owned(),
            cluster_domain: "cluster.local".to_owned(),
            resources: Resources::requests(&[("cpu", "100m"), ("memory", "128Mi")])
                .limits(&[("cpu", "2000m"), ("memory", "1024Mi")]),
            concurrency: 2,
            access_log_file: String::new(),
            access_log_format: String::new(),
            access_log_encoding: LogEncoding::Text,
            envoy_access_log_service: EnvoyEndpoint::default(),
            log_level: "warning".to_owned(),
            component_log_level: "misc:error".to_owned(),
            dns_refresh_rate: "300s".into(),
            protocol_detection_timeout: "100ms".into(),
            privileged: false,
            enable_core_dump: false,
            status_port: 15020,
            readiness_initial_delay_seconds: 1,
            readiness_period_seconds: 2,
            readiness_failure_threshold: 30,
            include_ip_ranges: "*".to_owned(),
            exclude_ip_ranges: String::new(),
            exclude_outbound_ports: Text::default(),
            kubevirt_interfaces: String::new(),
            include_inbound_ports: "*".into(),
            exclude_inbound_ports: Text::default(),
            auto_inject: AutoInject::Enabled,
            envoy_statsd: EnvoyEndpoint::default(),
            envoy_metrics_service: MetricsService::default(),
            tracer: Tracer::Zipkin,
            enabled: None,
            drain_duration: None,
            connect_timeout: None,
            parent_shutdown_duration: None,
        }
    }
}

/// Whether pods get a proxy when nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AutoInject {
    /// They do.
    Enabled,
    /// Only when they ask.
    Disabled,
}

/// How access logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogEncoding {
    /// Lines of text.
    Text,
    /// A JSON object a line.
    Json,
}

/// Tracers of Istio 1.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tracer {
    /// Zipkin, and Jaeger by the same protocol.
    Zipkin,
    /// LightStep.
    Lightstep,
    /// Datadog.
    Datadog,
    /// Stackdriver.
    Stackdriver,
}

/// A service that proxies send something to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EnvoyEndpoint {
    /// Whether they do.
    pub enabled: bool,
    /// Its host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Its port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<Text>,
}

/// Envoy's metrics service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct MetricsService {
    /// Whether proxies send metrics there.
    pub enabled: bool,
    /// Its host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Its port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<Text>,
    /// How the connection is encrypted.
    pub tls_settings: MetricsTls,
    /// How a dead connection is noticed.
    pub tcp_keepalive: TcpKeepalive,
}

/// Encryption towards a metrics service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct MetricsTls {
    /// Whether, and with whose certificates.
    pub mode: TlsMode,
    /// Path of the proxy's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<String>,
    /// Path of its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
    /// Path of the authorities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_certificates: Option<String>,
    /// Server name to ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sni: Option<String>,
    /// Names that the server may have.
    pub subject_alt_names: Vec<String>,
}

impl Default for MetricsTls {
    fn default() -> Self {
        Self {
            mode: TlsMode::Disable,
            client_certificate: None,
            private_key: None,
            ca_certificates: None,
            sni: None,
            subject_alt_names: Vec::new(),
        }
    }
}

/// Whether a connection is encrypted, and with whose certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TlsMode {
    /// It is not.
    Disable,
    /// The server has a certificate.
    Simple,
    /// Both have, the client's being named here.
    Mutual,
    /// Both have, the client's being its own of the mesh.
    IstioMutual,
}

/// TCP keep-alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TcpKeepalive {
    /// Probes without answer until the connection is dead.
    pub probes: u32,
    /// Idle time before the first probe.
    pub time: Duration,
    /// Time between probes.
    pub interval: Duration,
}

impl Default for TcpKeepalive {
    fn default() -> Self {
        Self {
            probes: 3,
            time: "10s".into(),
            interval: "10s".into(),
        }
    }
}

/// The container that redirects traffic to the proxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProxyInit {
    /// Its image, as `global.proxy.image`.
    pub image: String,
    /// Its resources.
    pub resources: Resources,
}

impl Default for ProxyInit {
    fn default() -> Self {
        Self {
            image: "proxyv2".to_owned(),
            resources: Resources::requests(&[("cpu", "10m"), ("memory", "10Mi")])
                .limits(&[("cpu", "100m"), ("memory", "50Mi")]),
        }
    }
}
