//! Galley's Deployment.

use meshhost_istio::pod::{self, ControlPlaneProxy, Scheduling};
use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::deployment::{Deployment, add_helm_labels, push};

/// The Deployment.
pub(super) fn deployment(ctx: &Context<'_>) -> Value {
    let namespace = &ctx.namespace.galley;
    let (global, galley) = (ctx.global(), &ctx.values.galley);
    let labels = json!({ "app": "galley", "istio": "galley" });
    let mut pod_labels = labels.clone();
    add_helm_labels(&mut pod_labels, namespace, "galley");
    let mut pod = json!({
        "serviceAccountName": super::ACCOUNT,
        "containers": [container(ctx)],
        "volumes": volumes(ctx),
    });
    if global.control_plane_security_enabled {
        let proxy = ControlPlaneProxy {
            args: [
                "proxy",
                "--serviceCluster",
                "istio-galley",
                "--templateFile",
                "/var/lib/istio/galley/envoy/envoy.yaml.tmpl",
                "--controlPlaneAuthPolicy",
                "MUTUAL_TLS",
            ]
            .map(str::to_owned)
            .to_vec(),
            ports: vec![json!({ "containerPort": 9902 })],
            mounts: vec![
                json!({ "name": "envoy-config", "mountPath": "/var/lib/istio/galley/envoy" }),
            ],
        };
        push(
            &mut pod["containers"],
            [pod::control_plane_proxy(global, proxy)],
        );
    }
    let scheduling = Scheduling {
        node_selector: &galley.node_selector,
        required: &galley.pod_anti_affinity_label_selector,
        preferred: &galley.pod_anti_affinity_term_label_selector,
    };
    pod::schedule(&mut pod, global, scheduling, &galley.tolerations);
    Deployment {
        name: "istio-galley",
        namespace,
        labels,
        replicas: Some(galley.replica_count),
        rolling: Some((&galley.rolling_max_surge, &galley.rolling_max_unavailable)),
        selector: json!({ "istio": "galley" }),
        pod_labels,
        pod_annotations: pod::annotations(&galley.pod_annotations),
        pod,
    }
    .into()
}

fn container(ctx: &Context<'_>) -> Value {
    let (global, galley) = (ctx.global(), &ctx.values.galley);
    let mut mounts = vec![
        json!({ "name": "config", "mountPath": "/etc/config", "readOnly": true }),
        json!({ "name": "mesh-config", "mountPath": "/etc/mesh-config", "readOnly": true }),
    ];
    if global.config_validation {
        mounts.push(json!({ "name": "istio-certs", "mountPath": "/etc/certs", "readOnly": true }));
    }
    if !global.certificates.is_empty() {
        mounts.push(json!({ "name": "dnscerts", "mountPath": "/etc/dnscerts", "readOnly": true }));
    }
    json!({
        "name": "galley",
        "image": pod::image(global, &galley.image),
        "imagePullPolicy": global.image_pull_policy,
        "ports": [
            { "containerPort": 9443 },
            { "containerPort": 15014 },
            { "containerPort": 15019 },
            { "containerPort": 9901 },
        ],
        "command": command(ctx),
        "volumeMounts": mounts,
        "livenessProbe": probe("/tmp/healthliveness"),
        "readinessProbe": probe("/tmp/healthready"),
        "resources": pod::resources(global, &galley.resources),
    })
}

fn probe(path: &str) -> Value {
    json!({
        "exec": { "command": [
            "/usr/local/bin/galley", "probe", format!("--probe-path={path}"), "--interval=10s",
        ] },
        "initialDelaySeconds": 5,
        "periodSeconds": 5,
    })
}

fn command(ctx: &Context<'_>) -> Vec<String> {
    let (global, galley) = (ctx.global(), &ctx.values.galley);
    let mut command: Vec<String> = [
        "/usr/local/bin/galley",
        "server",
        "--meshConfigFile=/etc/mesh-config/mesh",
        "--livenessProbeInterval=1s",
        "--livenessProbePath=/tmp/healthliveness",
        "--readinessProbePath=/tmp/healthready",
        "--readinessProbeInterval=1s",
        "--insecure=true",
    ]
    .map(str::to_owned)
    .to_vec();
    command.push(format!("--enable-validation={}", global.config_validation));
    command.push(format!(
        "--enable-reconcileWebhookConfiguration={}",
        !global.operator_manage_webhooks
    ));
    command.push("--enable-server=true".to_owned());
    if galley.enable_analysis {
        command.push("--enableAnalysis=true".to_owned());
    }
    command.push(format!("--deployment-namespace={}", ctx.namespace.galley));
    command.extend(
        [
            "--validation-webhook-config-file",
            "/etc/config/validatingwebhookconfiguration.yaml",
            "--monitoringPort=15014",
            "--validation-port=9443",
        ]
        .map(str::to_owned),
    );
    if !global.logging.level.is_empty() {
        command.push(format!("--log_output_level={}", global.logging.level));
    }
    if !global.certificates.is_empty() {
        command.extend(
            [
                "--validation.tls.clientCertificate=/etc/dnscerts/cert-chain.pem",
                "--validation.tls.privateKey=/etc/dnscerts/key.pem",
                "--validation.tls.caCertificates=/etc/dnscerts/root-cert.pem",
            ]
            .map(str::to_owned),
        );
    }
    command
}

fn volumes(ctx: &Context<'_>) -> Vec<Value> {
    let global = ctx.global();
    let config_map = |name: &str, map: &str| json!({ "name": name, "configMap": { "name": map } });
    let secret =
        |name: &str, secret: &str| json!({ "name": name, "secret": { "secretName": secret } });
    let mut volumes = Vec::new();
    if global.control_plane_security_enabled || global.config_validation {
        volumes.push(secret("istio-certs", "istio.istio-galley-service-account"));
    }
    if !global.certificates.is_empty() {
        volumes.push(secret("dnscerts", "dns.istio-galley-service-account"));
    }
    if global.control_plane_security_enabled {
        volumes.push(config_map("envoy-config", "galley-envoy-config"));
    }
    volumes.push(config_map("config", "istio-galley-configuration"));
    volumes.push(config_map("mesh-config", "istio-mesh-galley"));
    volumes
}
