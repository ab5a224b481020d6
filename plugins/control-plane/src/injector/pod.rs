//! The injector's Deployment.

use meshhost_istio::pod::{self, Scheduling};
use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::deployment::{Deployment, add_helm_labels};

/// The Deployment.
pub(super) fn deployment(ctx: &Context<'_>) -> Value {
    let namespace = &ctx.namespace.injector;
    let (global, injector) = (ctx.global(), &ctx.values.sidecar_injector_webhook);
    let mut pod_labels = json!({ "app": "sidecarInjectorWebhook", "istio": "sidecar-injector" });
    add_helm_labels(&mut pod_labels, namespace, "sidecarInjectorWebhook");
    let image = if injector.image.is_empty() {
        "sidecar_injector"
    } else {
        &injector.image
    };
    let mount =
        |name: &str, path: &str| json!({ "name": name, "mountPath": path, "readOnly": true });
    let certificates = if global.certificates.is_empty() {
        "istio.istio-sidecar-injector-service-account"
    } else {
        "dns.istio-sidecar-injector-service-account"
    };
    let item = |key: &str| json!({ "key": key, "path": key });
    let mut pod = json!({
        "serviceAccountName": super::ACCOUNT,
        "containers": [{
            "name": "sidecar-injector-webhook",
            "image": pod::image(global, image),
            "imagePullPolicy": global.image_pull_policy,
            "args": args(ctx),
            "volumeMounts": [
                mount("config-volume", "/etc/istio/config"),
                mount("certs", "/etc/istio/certs"),
                mount("inject-config", "/etc/istio/inject"),
            ],
            "livenessProbe": probe(),
            "readinessProbe": probe(),
            "resources": pod::resources(global, &injector.resources),
        }],
        "volumes": [
            { "name": "config-volume", "configMap": { "name": "injector-mesh" } },
            { "name": "certs", "secret": { "secretName": certificates } },
            { "name": "inject-config", "configMap": {
                "name": "istio-sidecar-injector", "items": [item("config"), item("values")],
            } },
        ],
    });
    let scheduling = Scheduling {
        node_selector: &injector.node_selector,
        required: &injector.pod_anti_affinity_label_selector,
        preferred: &injector.pod_anti_affinity_term_label_selector,
    };
    pod::schedule(&mut pod, global, scheduling, &injector.tolerations);
    Deployment {
        name: "istio-sidecar-injector",
        namespace,
        labels: json!({ "app": "sidecarInjectorWebhook", "istio": "sidecar-injector" }),
        replicas: Some(injector.replica_count).filter(|count| *count > 0),
        rolling: Some((
            &injector.rolling_max_surge,
            &injector.rolling_max_unavailable,
        )),
        selector: json!({ "istio": "sidecar-injector" }),
        pod_labels,
        pod_annotations: pod::annotations(&injector.pod_annotations),
        pod,
    }
    .into()
}

fn args(ctx: &Context<'_>) -> Vec<String> {
    let global = ctx.global();
    let mut args: Vec<String> = [
        "--caCertFile=/etc/istio/certs/root-cert.pem",
        "--tlsCertFile=/etc/istio/certs/cert-chain.pem",
        "--tlsKeyFile=/etc/istio/certs/key.pem",
        "--injectConfig=/etc/istio/inject/config",
        "--meshConfig=/etc/istio/config/mesh",
        "--port=9443",
        "--healthCheckInterval=2s",
        "--healthCheckFile=/tmp/health",
    ]
    .map(str::to_owned)
    .to_vec();
    args.push(format!(
        "--reconcileWebhookConfig={}",
        !global.operator_manage_webhooks
    ));
    args.push(format!(
        "--webhookConfigName={}",
        super::webhook_name(&ctx.namespace.injector)
    ));
    args.push("--log_output_level=debug".to_owned());
    if global.log_as_json {
        args.push("--log_as_json".to_owned());
    }
    args
}

fn probe() -> Value {
    json!({
        "exec": { "command": [
            "/usr/local/bin/sidecar-injector", "probe", "--probe-path=/tmp/health", "--interval=4s",
        ] },
        "initialDelaySeconds": 4,
        "periodSeconds": 4,
    })
}
