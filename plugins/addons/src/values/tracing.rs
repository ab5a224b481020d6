//! `values.tracing`.

use meshhost_istio::pod::AntiAffinityRule;
use meshhost_istio::{Object, Resources, Text, TextMap};
use meshhost_piece::json;
use meshhost_piece::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::parts::{AccessMode, AddonIngress, ServiceType};

/// Traces of requests.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Tracing {
    /// Whether it is installed.
    pub enabled: bool,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The program that keeps the traces.
    pub provider: Provider,
    /// Path of Jaeger's pages; `/jaeger` if empty.
    pub context_path: String,
    /// Node labels; `global.defaultNodeSelector` if empty.
    pub node_selector: TextMap,
    /// Pods that must not be near.
    pub pod_anti_affinity_label_selector: Vec<AntiAffinityRule>,
    /// Pods that should not be near.
    pub pod_anti_affinity_term_label_selector: Vec<AntiAffinityRule>,
    /// Jaeger.
    pub jaeger: Jaeger,
    /// Zipkin.
    pub zipkin: Zipkin,
    /// The OpenCensus collector.
    pub opencensus: OpenCensus,
    /// The Services.
    pub service: TracingService,
    /// Read by no chart of 1.4.
    pub ingress: AddonIngress,
}

/// Programs that keep traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Jaeger, all in one pod.
    Jaeger,
    /// Zipkin.
    Zipkin,
    /// A collector that passes traces on.
    OpenCensus,
}

/// Jaeger.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Jaeger {
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Read by no chart of 1.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Registry and folder of the image.
    pub hub: String,
    /// Name of the image.
    pub image: String,
    /// Tag of the image.
    pub tag: Text,
    /// Bounds of storage in memory.
    pub memory: JaegerMemory,
    /// `badger`, or `memory`.
    pub span_storage_type: String,
    /// Whether traces outlive the pod.
    pub persist: bool,
    /// Storage class of the claim; the cluster's default if empty.
    pub storage_class_name: String,
    /// Access mode of the claim.
    pub access_mode: AccessMode,
    /// Resources; `global.defaultResources` if empty.
    pub resources: Resources,
    /// Annotations of the pods.
    pub pod_annotations: TextMap,
}

/// Bounds of storage in memory.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JaegerMemory {
    /// Most traces kept.
    pub max_traces: u64,
}

impl Default for JaegerMemory {
    fn default() -> Self {
        Self { max_traces: 50000 }
    }
}

impl Default for Jaeger {
    fn default() -> Self {
        Self {
            enabled: None,
            namespace: None,
            hub: "docker.io/jaegertracing".to_owned(),
            image: "all-in-one".to_owned(),
            tag: Text::from("1.14"),
            memory: JaegerMemory::default(),
            span_storage_type: "badger".to_owned(),
            persist: false,
            storage_class_name: String::new(),
            access_mode: AccessMode::ReadWriteMany,
            resources: Resources::default(),
            pod_annotations: TextMap::new(),
        }
    }
}

/// Zipkin.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Zipkin {
    /// Registry and folder of the image.
    pub hub: String,
    /// Name of the image.
    pub image: String,
    /// Tag of the image.
    pub tag: Text,
    /// Seconds before the first probe.
    pub probe_startup_delay: u32,
    /// Its port.
    pub query_port: u16,
    /// Resources.
    pub resources: Resources,
    /// Heap of its Java machine, in MiB.
    pub java_opts_heap: u32,
    /// Most spans kept.
    pub max_spans: u64,
    /// What it may expect of the node.
    pub node: ZipkinNode,
    /// Annotations of the pods.
    pub pod_annotations: TextMap,
}

/// What Zipkin may expect of the node.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ZipkinNode {
    /// Threads of the Java machine's collector and pool.
    pub cpus: u32,
}

impl Default for ZipkinNode {
    fn default() -> Self {
        Self { cpus: 2 }
    }
}

impl Default for Zipkin {
    fn default() -> Self {
        Self {
            hub: "docker.io/openzipkin".to_owned(),
            image: "zipkin".to_owned(),
            tag: Text::from("2.14.2"),
            probe_startup_delay: 200,
            query_port: 9411,
            resources: Resources::requests(&[("cpu", "150m"), ("memory", "900Mi")])
                .limits(&[("cpu", "300m"), ("memory", "900Mi")]),
            java_opts_heap: 700,
            max_spans: 500_000,
            node: ZipkinNode::default(),
            pod_annotations: TextMap::new(),
        }
    }
}

/// The OpenCensus collector.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct OpenCensus {
    /// Registry and folder of the image.
    pub hub: String,
    /// Tag of the image.
    pub tag: Text,
    /// Resources; `global.defaultResources` if empty.
    pub resources: Resources,
    /// Where it passes traces on to, as the collector's own configuration has it.
    pub exporters: Exporters,
    /// Annotations of the pods.
    pub pod_annotations: TextMap,
}

/// Where traces are passed on to: settings by exporter, as the collector's own configuration has them.
pub type Exporters = Object;

impl Default for OpenCensus {
    fn default() -> Self {
        let mut exporters = Exporters::new();
        exporters.insert("stackdriver".to_owned(), json!({ "enable_tracing": true }));
        Self {
            hub: "docker.io/omnition".to_owned(),
            tag: Text::from("0.1.9"),
            resources: Resources::requests(&[("cpu", "200m"), ("memory", "400Mi")])
                .limits(&[("cpu", "1"), ("memory", "2Gi")]),
            exporters,
            pod_annotations: TextMap::new(),
        }
    }
}

/// The Services of tracing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct TracingService {
    /// Annotations of the Services with pages.
    pub annotations: TextMap,
    /// Name of their ports.
    pub name: String,
    /// How the Service `tracing` is reached.
    #[serde(rename = "type")]
    pub service_type: ServiceType,
    /// Read by no chart of 1.4.
    pub external_port: u16,
}

impl Default for TracingService {
    fn default() -> Self {
        Self {
            annotations: TextMap::new(),
            name: "http-query".to_owned(),
            service_type: ServiceType::ClusterIP,
            external_port: 9411,
        }
    }
}

impl Default for Tracing {
    fn default() -> Self {
        Self {
            enabled: false,
            namespace: None,
            provider: Provider::Jaeger,
            context_path: String::new(),
            node_selector: TextMap::new(),
            pod_anti_affinity_label_selector: Vec::new(),
            pod_anti_affinity_term_label_selector: Vec::new(),
            jaeger: Jaeger::default(),
            zipkin: Zipkin::default(),
            opencensus: OpenCensus::default(),
            service: TracingService::default(),
            ingress: AddonIngress::default(),
        }
    }
}
