//! Pilot's Deployment.

use meshhost_istio::pod::{self, ControlPlaneProxy, Scheduling};
use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::deployment::{Deployment, add_helm_labels, push};

/// A name with `values.version` at its end.
pub(super) fn versioned(ctx: &Context<'_>, name: &str) -> String {
    format!("{name}{}", ctx.values.version)
}

/// Labels that pilot's pods are found by.
pub(super) fn selector(ctx: &Context<'_>) -> Value {
    if ctx.values.version.is_empty() {
        json!({ "istio": "pilot" })
    } else {
        json!({ "app": "pilot", "version": ctx.values.version })
    }
}

/// The Deployment.
pub(super) fn deployment(ctx: &Context<'_>) -> Value {
    let namespace = &ctx.namespace.pilot;
    let (global, pilot) = (ctx.global(), &ctx.values.pilot);
    let mut labels = json!({ "app": "pilot" });
    if !ctx.values.version.is_empty() {
        labels["version"] = json!(ctx.values.version);
    }
    for (key, value) in &pilot.deployment_labels {
        labels[key] = json!(value);
    }
    labels["istio"] = json!("pilot");
    let mut pod_labels = selector(ctx);
    pod_labels["app"] = json!("pilot");
    add_helm_labels(&mut pod_labels, namespace, "pilot");
    let mut pod = json!({
        "serviceAccountName": super::ACCOUNT,
        "containers": [container(ctx)],
        "volumes": volumes(ctx),
    });
    if global.control_plane_security_enabled {
        push(&mut pod["containers"], [proxy(ctx)]);
    }
    let scheduling = Scheduling {
        node_selector: &pilot.node_selector,
        required: &pilot.pod_anti_affinity_label_selector,
        preferred: &pilot.pod_anti_affinity_term_label_selector,
    };
    pod::schedule(&mut pod, global, scheduling, &pilot.tolerations);
    Deployment {
        name: &versioned(ctx, "istio-pilot"),
        namespace,
        labels,
        replicas: Some(pilot.replica_count).filter(|count| !pilot.autoscale_enabled && *count > 0),
        rolling: Some((&pilot.rolling_max_surge, &pilot.rolling_max_unavailable)),
        selector: selector(ctx),
        pod_labels,
        pod_annotations: pod::annotations(&pilot.pod_annotations),
        pod,
    }
    .into()
}

fn container(ctx: &Context<'_>) -> Value {
    let (global, pilot) = (ctx.global(), &ctx.values.pilot);
    let image = if pilot.image.is_empty() {
        "pilot"
    } else {
        &pilot.image
    };
    json!({
        "name": "discovery",
        "image": pod::image(global, image),
        "imagePullPolicy": global.image_pull_policy,
        "args": args(ctx),
        "ports": [{ "containerPort": 8080 }, { "containerPort": 15010 }],
        "readinessProbe": {
            "httpGet": { "path": "/ready", "port": 8080 },
            "initialDelaySeconds": 5,
            "periodSeconds": 5,
            "timeoutSeconds": 5,
        },
        "env": env(ctx),
        "resources": pod::resources(global, &pilot.resources),
        "volumeMounts": [{ "name": "config-volume", "mountPath": "/etc/istio/config" }],
    })
}

fn args(ctx: &Context<'_>) -> Vec<String> {
    let (global, pilot) = (ctx.global(), &ctx.values.pilot);
    let mut args = vec!["discovery".to_owned(), "--monitoringAddr=:15014".to_owned()];
    if !global.logging.level.is_empty() {
        args.push(format!("--log_output_level={}", global.logging.level));
    }
    if global.log_as_json {
        args.push("--log_as_json".to_owned());
    }
    args.push("--domain".to_owned());
    args.push(global.proxy.cluster_domain.clone());
    if global.one_namespace {
        args.push("-a".to_owned());
        args.push(ctx.namespace.pilot.clone());
    }
    // The proxy next to pilot takes encrypted connections.
    args.push("--secureGrpcAddr".to_owned());
    args.push(String::new());
    if !global.trust_domain.is_empty() {
        args.push(format!("--trust-domain={}", global.trust_domain));
    }
    if !pilot.plugins.is_empty() {
        args.push(format!("--plugins={}", pilot.plugins.join(",")));
    }
    args.push("--keepaliveMaxServerConnectionAge".to_owned());
    args.push(pilot.keepalive_max_server_connection_age.to_string());
    args
}

fn env(ctx: &Context<'_>) -> Vec<Value> {
    let pilot = &ctx.values.pilot;
    let mut env = vec![
        pod::field_env("POD_NAME", "metadata.name"),
        pod::field_env("POD_NAMESPACE", "metadata.namespace"),
    ];
    env.extend(pilot.env.iter().map(|(name, value)| pod::env(name, value)));
    if pilot.trace_sampling > 0.0 {
        env.push(pod::env("PILOT_TRACE_SAMPLING", pilot.trace_sampling));
    }
    env.push(pod::env("CONFIG_NAMESPACE", &pilot.config_namespace));
    if !pilot.app_namespaces.is_empty() {
        env.push(pod::env("APP_NAMESPACE", pilot.app_namespaces.join(",")));
    }
    env.push(pod::env(
        "PILOT_ENABLE_PROTOCOL_SNIFFING_FOR_OUTBOUND",
        pilot.enable_protocol_sniffing_for_outbound,
    ));
    env.push(pod::env(
        "PILOT_ENABLE_PROTOCOL_SNIFFING_FOR_INBOUND",
        pilot.enable_protocol_sniffing_for_inbound,
    ));
    env
}

fn proxy(ctx: &Context<'_>) -> Value {
    let global = ctx.global();
    let mut mounts = vec![json!({ "name": "pilot-envoy-config", "mountPath": "/var/lib/envoy" })];
    if global.sds.enabled {
        mounts.extend(pod::sds_mounts());
    }
    let domain = format!("$(POD_NAMESPACE).svc.{}", global.proxy.cluster_domain);
    let args = [
        "proxy",
        "--domain",
        &domain,
        "--serviceCluster",
        "istio-pilot",
        "--templateFile",
        "/var/lib/envoy/envoy.yaml.tmpl",
        "--controlPlaneAuthPolicy",
        "MUTUAL_TLS",
    ];
    pod::control_plane_proxy(
        global,
        ControlPlaneProxy {
            args: args.map(str::to_owned).to_vec(),
            ports: vec![json!({ "containerPort": 15011 })],
            mounts,
        },
    )
}

fn volumes(ctx: &Context<'_>) -> Vec<Value> {
    let global = ctx.global();
    let mut volumes = Vec::new();
    if global.sds.enabled {
        volumes.extend(pod::sds_volumes(global));
    }
    for (volume, map) in [
        ("config-volume", "istio"),
        ("pilot-envoy-config", "pilot-envoy-config"),
    ] {
        volumes.push(json!({ "name": volume, "configMap": { "name": versioned(ctx, map) } }));
    }
    if global.control_plane_security_enabled {
        volumes.push(json!({ "name": "istio-certs", "secret": {
            "secretName": "istio.istio-pilot-service-account", "optional": true,
        } }));
    }
    volumes
}
