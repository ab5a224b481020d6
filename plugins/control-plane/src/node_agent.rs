//! The node agent: hands certificates to the proxies of its node over a Unix socket. Must not know the proxies.

use meshhost_istio::object::{self, rule};
use meshhost_istio::pod::{self, Scheduling};
use meshhost_piece::{Value, json};

use crate::context::Context;

/// All objects of the node agent.
pub(crate) fn objects(ctx: &Context<'_>) -> Vec<Value> {
    let namespace = &ctx.namespace.node_agent;
    let labels = json!({ "app": "istio-nodeagent" });
    let role = format!("istio-nodeagent-{namespace}");
    let account = "istio-nodeagent-service-account";
    vec![
        object::cluster_role(
            &role,
            labels.clone(),
            &[rule(&[""], &["configmaps"], &["get"])],
        ),
        object::cluster_role_binding(&role, labels.clone(), &role, account, namespace),
        object::service_account(account, namespace, labels, ctx.global()),
        daemon_set(ctx),
    ]
}

fn daemon_set(ctx: &Context<'_>) -> Value {
    let (global, agent) = (ctx.global(), &ctx.values.nodeagent);
    let mut env: Vec<_> = agent
        .env
        .iter()
        .map(|(name, value)| pod::env(name, value))
        .collect();
    env.push(pod::env("TRUST_DOMAIN", &global.trust_domain));
    env.push(json!({ "name": "NAMESPACE", "valueFrom": { "fieldRef": { "fieldPath": "metadata.namespace" } } }));
    let mut pod = json!({
        "serviceAccountName": "istio-nodeagent-service-account",
        "containers": [{
            "name": "nodeagent",
            "image": pod::image(global, &agent.image),
            "imagePullPolicy": global.image_pull_policy,
            "env": env,
            "volumeMounts": [{ "name": "sdsudspath", "mountPath": "/var/run/sds" }],
        }],
        "volumes": [{ "name": "sdsudspath", "hostPath": { "path": "/var/run/sds" } }],
    });
    if global.log_as_json {
        pod["containers"][0]["args"] = json!(["--log_as_json"]);
    }
    let scheduling = Scheduling {
        node_selector: &agent.node_selector,
        required: &agent.pod_anti_affinity_label_selector,
        preferred: &agent.pod_anti_affinity_term_label_selector,
    };
    pod::schedule(&mut pod, global, scheduling, &agent.tolerations);
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": object::metadata(
            "istio-nodeagent",
            &ctx.namespace.node_agent,
            json!({ "app": "istio-nodeagent", "istio": "nodeagent" }),
        ),
        "spec": {
            "selector": { "matchLabels": { "istio": "nodeagent" } },
            "template": {
                "metadata": {
                    "labels": { "app": "istio-nodeagent", "istio": "nodeagent", "release": object::RELEASE },
                    "annotations": pod::annotations(&agent.pod_annotations),
                },
                "spec": pod,
            },
            "updateStrategy": { "type": "RollingUpdate" },
        },
    })
}
