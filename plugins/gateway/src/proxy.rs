//! The proxy container of a gateway: its arguments, environment and files. Must not know the rest of the pod.

use meshhost_istio::{Global, Text, TextMap, pod};
use meshhost_piece::{Value, json};

use crate::agent;
use crate::gateway::{Direction, Gateway};

/// Name of the container.
pub(crate) const CONTAINER: &str = "istio-proxy";

/// The proxy's image, before hub and tag.
pub(crate) fn image_name<'a>(gateway: &Gateway<'a>) -> &'a str {
    match gateway.global.proxy.image.as_str() {
        "" => "proxyv2",
        image => image,
    }
}

/// The container.
pub(crate) fn container(gateway: &Gateway<'_>) -> Value {
    let ports: Vec<Value> = gateway
        .ports
        .iter()
        .chain(gateway.further_ports)
        .map(|port| json!({ "containerPort": port.port }))
        .chain([json!({ "containerPort": 15090, "name": "http-envoy-prom", "protocol": "TCP" })])
        .collect();
    json!({
        "name": CONTAINER,
        "image": pod::image(gateway.global, image_name(gateway)),
        "imagePullPolicy": gateway.global.image_pull_policy,
        "ports": ports,
        "args": arguments(gateway),
        "readinessProbe": {
            "httpGet": { "path": "/healthz/ready", "port": 15020, "scheme": "HTTP" },
            "initialDelaySeconds": 1,
            "periodSeconds": 2,
            "timeoutSeconds": 1,
            "successThreshold": 1,
            "failureThreshold": 30,
        },
        "resources": pod::resources(gateway.global, gateway.resources),
        "env": environment(gateway),
        "volumeMounts": mounts(gateway),
    })
}

fn arguments(gateway: &Gateway<'_>) -> Vec<String> {
    let global = gateway.global;
    let proxy = &global.proxy;
    let mut args = vec![
        "proxy".to_owned(),
        "router".to_owned(),
        "--domain".to_owned(),
        format!("$(POD_NAMESPACE).svc.{}", proxy.cluster_domain),
    ];
    for (flag, level) in [
        ("--proxyLogLevel", &proxy.log_level),
        ("--proxyComponentLogLevel", &proxy.component_log_level),
        ("--log_output_level", &global.logging.level),
    ] {
        if !level.is_empty() {
            args.push(format!("{flag}={level}"));
        }
    }
    if global.log_as_json {
        args.push("--log_as_json".to_owned());
    }
    let mut pair = |flag: &str, value: String| args.extend([flag.to_owned(), value]);
    pair("--drainDuration", "45s".to_owned());
    pair("--parentShutdownDuration", "1m0s".to_owned());
    pair("--connectTimeout", "10s".to_owned());
    pair("--serviceCluster", gateway.direction.name().to_owned());
    pair("--zipkinAddress", zipkin(global));
    if gateway.direction == Direction::Ingress {
        let metrics = &proxy.envoy_metrics_service;
        if metrics.enabled {
            pair(
                "--envoyMetricsServiceAddress",
                address(metrics.host.as_deref(), metrics.port.as_ref()),
            );
        }
        let logs = &proxy.envoy_access_log_service;
        if logs.enabled {
            pair(
                "--envoyAccessLogServiceAddress",
                address(logs.host.as_deref(), logs.port.as_ref()),
            );
        }
        if !gateway.application_ports.is_empty() {
            pair("--applicationPorts", gateway.application_ports.to_owned());
        }
    }
    pair("--proxyAdminPort", "15000".to_owned());
    pair("--statusPort", "15020".to_owned());
    let (policy, port) = if global.control_plane_security_enabled {
        ("MUTUAL_TLS", 15011)
    } else {
        ("NONE", 15010)
    };
    pair("--controlPlaneAuthPolicy", policy.to_owned());
    pair(
        "--discoveryAddress",
        format!("istio-pilot.{}:{port}", global.config_namespace),
    );
    if !global.trust_domain.is_empty() {
        args.push(format!("--trust-domain={}", global.trust_domain));
    }
    args
}

fn zipkin(global: &Global) -> String {
    if global.tracer.zipkin.address.is_empty() {
        format!("zipkin.{}:9411", global.telemetry_namespace)
    } else {
        global.tracer.zipkin.address.clone()
    }
}

fn address(host: Option<&str>, port: Option<&Text>) -> String {
    let port = port.map_or("", Text::as_str);
    format!("{}:{port}", host.unwrap_or_default())
}

fn environment(gateway: &Gateway<'_>) -> Vec<Value> {
    let global = gateway.global;
    let name = gateway.direction.name();
    // Without `apiVersion`, as the charts have it for these two.
    let field = |name: &str, path: &str| json!({ "name": name, "valueFrom": { "fieldRef": { "fieldPath": path } } });
    let mut env = vec![
        pod::field_env("NODE_NAME", "spec.nodeName"),
        pod::field_env("POD_NAME", "metadata.name"),
        pod::field_env("POD_NAMESPACE", "metadata.namespace"),
        pod::field_env("INSTANCE_IP", "status.podIP"),
        pod::field_env("HOST_IP", "status.hostIP"),
        field("SERVICE_ACCOUNT", "spec.serviceAccountName"),
        pod::env("ISTIO_META_WORKLOAD_NAME", name),
        pod::env(
            "ISTIO_META_OWNER",
            format!(
                "kubernetes://api/apps/v1/namespaces/{}/deployments/{name}",
                gateway.namespace
            ),
        ),
    ];
    let mesh = [&global.mesh_id, &global.trust_domain]
        .into_iter()
        .find(|name| !name.is_empty());
    if let Some(mesh) = mesh {
        env.push(pod::env("ISTIO_META_MESH_ID", mesh));
    }
    env.push(pod::field_env("ISTIO_META_POD_NAME", "metadata.name"));
    env.push(field("ISTIO_META_CONFIG_NAMESPACE", "metadata.namespace"));
    if gateway.sds.enabled {
        env.push(pod::env("ISTIO_META_USER_SDS", true));
    }
    env.extend(
        gateway
            .env
            .iter()
            .map(|(name, value)| pod::env(name, value)),
    );
    let says_network = gateway
        .env
        .get("ISTIO_META_NETWORK")
        .is_some_and(|network| !network.as_str().is_empty());
    if gateway.direction == Direction::Ingress && !says_network && !global.network.is_empty() {
        env.push(pod::env("ISTIO_META_NETWORK", &global.network));
    }
    if !gateway.pod_annotations.is_empty() {
        env.push(pod::env(
            "ISTIO_METAJSON_ANNOTATIONS",
            go_json(gateway.pod_annotations),
        ));
    }
    env.push(pod::env(
        "ISTIO_METAJSON_LABELS",
        format!("{}\n", gateway.direction.labels()),
    ));
    let cluster = match global.multi_cluster.cluster_name.as_str() {
        "" => "Kubernetes",
        name => name,
    };
    env.push(pod::env("ISTIO_META_CLUSTER_ID", cluster));
    env.push(pod::env("SDS_ENABLED", global.sds.enabled));
    env
}

/// A map as Go writes it, which is what Istio compares: signs that mean something in HTML are escaped.
fn go_json(map: &TextMap) -> String {
    let mut text = json!(map).to_string();
    for (sign, escape) in [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ] {
        text = text.replace(sign, escape);
    }
    text.push('\n');
    text
}

fn mounts(gateway: &Gateway<'_>) -> Vec<Value> {
    let mut mounts = Vec::new();
    if gateway.global.sds.enabled {
        mounts.push(json!({ "name": "sdsudspath", "mountPath": "/var/run/sds", "readOnly": true }));
        mounts.push(json!({ "name": "istio-token", "mountPath": "/var/run/secrets/tokens" }));
    }
    if gateway.has_agent() {
        mounts.push(agent::mount());
    }
    mounts.push(json!({ "name": "istio-certs", "mountPath": "/etc/certs", "readOnly": true }));
    for volume in gateway.secret_volumes {
        mounts
            .push(json!({ "name": volume.name, "mountPath": volume.mount_path, "readOnly": true }));
    }
    mounts
}
