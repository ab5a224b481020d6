//! cert-manager, with issuers for Let's Encrypt. Must not know who uses the certificates.

use meshhost_istio::object::{self, rule};
use meshhost_istio::pod::{self, Scheduling};
use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::deployment::Deployment;

/// All objects of cert-manager but its custom resource definitions.
pub(crate) fn objects(ctx: &Context<'_>) -> Vec<Value> {
    let namespace = &ctx.namespace.cert_manager;
    let (global, manager) = (ctx.global(), &ctx.values.certmanager);
    let labels = json!({ "app": "certmanager" });
    let mut objects = vec![
        object::cluster_role(
            "certmanager",
            labels.clone(),
            &[
                rule(
                    &["certmanager.k8s.io"],
                    &[
                        "certificates",
                        "certificates/finalizers",
                        "issuers",
                        "clusterissuers",
                        "orders",
                        "orders/finalizers",
                        "challenges",
                    ],
                    &["*"],
                ),
                rule(
                    &[""],
                    &["configmaps", "secrets", "events", "services", "pods"],
                    &["*"],
                ),
                rule(&["extensions"], &["ingresses"], &["*"]),
            ],
        ),
        object::cluster_role_binding(
            "certmanager",
            labels.clone(),
            "certmanager",
            "certmanager",
            namespace,
        ),
        object::service_account("certmanager", namespace, labels.clone(), global),
        deployment(ctx),
    ];
    objects.extend(
        [
            ("letsencrypt-staging", "acme-staging-v02"),
            ("letsencrypt", "acme-v02"),
        ]
        .map(|(name, server)| issuer(ctx, name, server)),
    );
    if global.default_pod_disruption_budget.enabled {
        let mut budget_labels = labels;
        for (key, value) in &manager.pod_labels {
            budget_labels[key] = json!(value);
        }
        objects.push(object::disruption_budget(
            "certmanager",
            namespace,
            budget_labels,
            json!({ "app": "certmanager", "release": object::RELEASE }),
        ));
    }
    objects
}

fn issuer(ctx: &Context<'_>, name: &str, server: &str) -> Value {
    let mut acme = json!({
        "server": format!("https://{server}.api.letsencrypt.org/directory"),
        "privateKeySecretRef": { "name": name },
        "http01": {},
    });
    let email = &ctx.values.certmanager.email;
    if !email.is_empty() {
        acme["email"] = json!(email);
    }
    json!({
        "apiVersion": "certmanager.k8s.io/v1alpha1",
        "kind": "ClusterIssuer",
        "metadata": { "name": name, "labels": { "app": "certmanager", "release": object::RELEASE } },
        "spec": { "acme": acme },
    })
}

fn deployment(ctx: &Context<'_>) -> Value {
    let (global, manager) = (ctx.global(), &ctx.values.certmanager);
    let mut args = vec![
        "--cluster-resource-namespace=$(POD_NAMESPACE)".to_owned(),
        "--leader-election-namespace=$(POD_NAMESPACE)".to_owned(),
    ];
    args.extend(manager.extra_args.iter().cloned());
    let mut pod = json!({
        "serviceAccountName": "certmanager",
        "containers": [{
            "name": "certmanager",
            "image": format!("{}/{}:{}", manager.hub, manager.image, manager.tag),
            "imagePullPolicy": global.image_pull_policy,
            "args": args,
            "env": [{ "name": "POD_NAMESPACE", "valueFrom": { "fieldRef": { "fieldPath": "metadata.namespace" } } }],
            "resources": manager.resources,
        }],
    });
    if !manager.pod_dns_policy.is_empty() {
        pod["dnsPolicy"] = json!(manager.pod_dns_policy);
    }
    if !manager.pod_dns_config.is_empty() {
        pod["dnsConfig"] = json!(manager.pod_dns_config);
    }
    let scheduling = Scheduling {
        node_selector: &manager.node_selector,
        required: &manager.pod_anti_affinity_label_selector,
        preferred: &manager.pod_anti_affinity_term_label_selector,
    };
    pod::schedule(&mut pod, global, scheduling, &manager.tolerations);
    let mut pod_labels = json!({ "app": "certmanager", "release": object::RELEASE });
    for (key, value) in &manager.pod_labels {
        pod_labels[key] = json!(value);
    }
    Deployment {
        name: "certmanager",
        namespace: &ctx.namespace.cert_manager,
        labels: json!({ "app": "certmanager" }),
        replicas: Some(manager.replica_count),
        rolling: None,
        selector: json!({ "app": "certmanager" }),
        pod_labels,
        pod_annotations: pod::annotations(&manager.pod_annotations),
        pod,
    }
    .into()
}
