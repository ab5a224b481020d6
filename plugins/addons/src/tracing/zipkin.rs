//! Zipkin, with traces in memory.

use meshhost_istio::{object, pod};
use meshhost_piece::{Value, json};

use super::place::{self, NAME};
use crate::values::Values;
use crate::workload::{self, Deployment};

/// Name of the container.
pub(super) const CONTAINER: &str = "zipkin";
/// The label `app`.
pub(super) const APP: &str = "zipkin";

/// The Deployment.
pub(super) fn deployment(values: &Values, namespace: &str) -> Value {
    let global = &values.global;
    let own = &values.tracing.zipkin;
    let cpus = own.node.cpus;
    let heap = own.java_opts_heap;
    let java = format!(
        "-XX:ConcGCThreads={cpus} -XX:ParallelGCThreads={cpus} \
         -Djava.util.concurrent.ForkJoinPool.common.parallelism={cpus} \
         -Xms{heap}M -Xmx{heap}M -XX:+UseG1GC -server"
    );
    let mut spec = json!({
        "containers": [{
            "name": CONTAINER,
            "image": format!("{}/{}:{}", own.hub, own.image, own.tag),
            "imagePullPolicy": global.image_pull_policy,
            "ports": [{ "containerPort": own.query_port }],
            "livenessProbe": {
                "initialDelaySeconds": own.probe_startup_delay,
                "tcpSocket": { "port": own.query_port },
            },
            "readinessProbe": {
                "initialDelaySeconds": own.probe_startup_delay,
                "httpGet": { "path": "/health", "port": own.query_port },
            },
            "resources": pod::resources(global, &own.resources),
            "env": [
                pod::field_env("POD_NAMESPACE", "metadata.namespace"),
                pod::env("QUERY_PORT", own.query_port),
                pod::env("JAVA_OPTS", java),
                pod::env("STORAGE_METHOD", "mem"),
                pod::env("ZIPKIN_STORAGE_MEM_MAXSPANS", own.max_spans),
            ],
        }],
    });
    if !global.image_pull_secrets.is_empty() {
        spec["imagePullSecrets"] = object::pull_secrets(global);
    }
    pod::schedule(&mut spec, global, place::scheduling(values), &[]);
    Deployment {
        name: NAME,
        namespace,
        app: APP,
        replicas: None,
        pod_metadata: workload::pod_metadata(
            json!({ "app": APP, "release": object::RELEASE }),
            &[("scheduler.alpha.kubernetes.io/critical-pod", "")],
            &own.pod_annotations,
        ),
        pod_spec: spec,
    }
    .object()
}
