//! Citadel: the authority that makes certificates. Must not know who uses them.

use meshhost_istio::object::{self, rule};
use meshhost_istio::pod::{self, Scheduling};
use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::deployment::Deployment;
use crate::values::Security;

/// All objects of citadel.
pub(crate) fn objects(ctx: &Context<'_>) -> Vec<Value> {
    let namespace = &ctx.namespace.citadel;
    let global = ctx.global();
    let labels = json!({ "app": "security", "istio": "citadel" });
    let mut objects = Vec::new();
    if ctx.values.cluster_resources {
        let role = format!("istio-citadel-{namespace}");
        objects.push(object::cluster_role(
            &role,
            json!({ "app": "citadel" }),
            &[
                rule(&[""], &["configmaps"], &["create", "get", "update"]),
                rule(
                    &[""],
                    &["secrets"],
                    &["create", "get", "watch", "list", "update", "delete"],
                ),
                rule(
                    &[""],
                    &["serviceaccounts", "services", "namespaces"],
                    &["get", "watch", "list"],
                ),
                rule(&["authentication.k8s.io"], &["tokenreviews"], &["create"]),
            ],
        ));
        objects.push(object::cluster_role_binding(
            &role,
            json!({}),
            &role,
            "istio-citadel-service-account",
            namespace,
        ));
    }
    objects.push(object::service_account(
        "istio-citadel-service-account",
        namespace,
        json!({ "app": "security" }),
        global,
    ));
    objects.push(deployment(ctx));
    objects.push(object::service(
        "istio-citadel",
        namespace,
        labels.clone(),
        json!([
            { "name": "grpc-citadel", "port": 8060, "targetPort": 8060, "protocol": "TCP" },
            { "name": "http-monitoring", "port": 15014 },
        ]),
        json!({ "app": "citadel" }),
    ));
    if global.default_pod_disruption_budget.enabled {
        objects.push(object::disruption_budget(
            "istio-citadel",
            namespace,
            labels,
            json!({ "app": "citadel", "istio": "citadel" }),
        ));
    }
    objects
}

fn deployment(ctx: &Context<'_>) -> Value {
    let (global, security) = (ctx.global(), &ctx.values.security);
    let mut env = vec![pod::env(
        "CITADEL_ENABLE_NAMESPACES_BY_DEFAULT",
        security.enable_namespaces_by_default,
    )];
    env.extend(
        security
            .env
            .iter()
            .map(|(name, value)| pod::env(name, value)),
    );
    let mut pod = json!({
        "serviceAccountName": "istio-citadel-service-account",
        "containers": [{
            "name": "citadel",
            "image": format!("{}/{}:{}", global.hub, security.image, global.tag),
            "imagePullPolicy": global.image_pull_policy,
            "args": args(ctx),
            "env": env,
            "livenessProbe": {
                "httpGet": { "path": "/version", "port": 15014 },
                "initialDelaySeconds": 5,
                "periodSeconds": 5,
            },
            "resources": pod::resources(global, &security.resources),
        }],
    });
    if !security.self_signed {
        pod["containers"][0]["volumeMounts"] =
            json!([{ "name": "cacerts", "mountPath": "/etc/cacerts", "readOnly": true }]);
        pod["volumes"] =
            json!([{ "name": "cacerts", "secret": { "secretName": "cacerts", "optional": true } }]);
    }
    pod::schedule(
        &mut pod,
        global,
        scheduling(security),
        &security.tolerations,
    );
    Deployment {
        name: "istio-citadel",
        namespace: &ctx.namespace.citadel,
        labels: json!({ "app": "security", "istio": "citadel" }),
        replicas: Some(security.replica_count),
        rolling: Some((
            &security.rolling_max_surge,
            &security.rolling_max_unavailable,
        )),
        selector: json!({ "istio": "citadel" }),
        pod_labels: json!({ "app": "citadel", "istio": "citadel" }),
        pod_annotations: pod::annotations(&security.pod_annotations),
        pod,
    }
    .into()
}

fn args(ctx: &Context<'_>) -> Vec<String> {
    let (global, security) = (ctx.global(), &ctx.values.security);
    let mut args = Vec::new();
    if global.sds.enabled {
        args.push("--sds-enabled=true".to_owned());
    }
    args.push("--append-dns-names=true".to_owned());
    args.push("--grpc-port=8060".to_owned());
    args.push(format!(
        "--citadel-storage-namespace={}",
        ctx.namespace.citadel
    ));
    args.push(if ctx.values.kustomize {
        "--custom-dns-names=$(CITADEL_DNS)".to_owned()
    } else {
        let names: String = security
            .dns_certs
            .iter()
            .map(|(account, name)| format!("{account}:{name},"))
            .collect();
        format!("--custom-dns-names={names}")
    });
    if security.self_signed {
        args.push("--self-signed-ca=true".to_owned());
    } else {
        args.extend(
            [
                "--self-signed-ca=false",
                "--signing-cert=/etc/cacerts/ca-cert.pem",
                "--signing-key=/etc/cacerts/ca-key.pem",
                "--root-cert=/etc/cacerts/root-cert.pem",
                "--cert-chain=/etc/cacerts/cert-chain.pem",
            ]
            .map(str::to_owned),
        );
    }
    if !global.trust_domain.is_empty() {
        args.push(format!("--trust-domain={}", global.trust_domain));
    }
    if !security.workload_cert_ttl.as_str().is_empty() {
        args.push(format!(
            "--workload-cert-ttl={}",
            security.workload_cert_ttl
        ));
    }
    if global.log_as_json {
        args.push("--log_as_json".to_owned());
    }
    args
}

fn scheduling(security: &Security) -> Scheduling<'_> {
    Scheduling {
        node_selector: &security.node_selector,
        required: &security.pod_anti_affinity_label_selector,
        preferred: &security.pod_anti_affinity_term_label_selector,
    }
}
