//! The sidecar injector: the webhook, its pods, and what it injects. Must not know injected workloads.

use meshhost_istio::object::{self, rule};
use meshhost_istio::yaml;
use meshhost_piece::{Problem, Value, json};

use crate::context::Context;
use crate::mesh_defaults;

mod template;

mod configuration;
mod pod;

const ACCOUNT: &str = "istio-sidecar-injector-service-account";

/// All objects of the injector.
///
/// # Errors
/// A value that cannot be rendered without new random keys.
pub(crate) fn objects(ctx: &Context<'_>) -> Result<Vec<Value>, Problem> {
    let namespace = &ctx.namespace.injector;
    let global = ctx.global();
    if ctx.values.sidecar_injector_webhook.self_signed {
        return Err(Problem::new(
            "values.sidecarInjectorWebhook.selfSigned",
            "a certificate of the webhook's own cannot be made while rendering, which has no source of chance",
        )
        .hint("leave it false: citadel makes the certificate, or Kubernetes does with values.global.certificates"));
    }
    let labels = json!({ "app": "sidecar-injector", "istio": "sidecar-injector" });
    let pod_labels = json!({ "app": "sidecarInjectorWebhook", "istio": "sidecar-injector" });
    let role = format!("istio-sidecar-injector-{namespace}");
    let mut objects = vec![
        object::cluster_role(&role, labels.clone(), &rules(ctx)),
        object::cluster_role_binding(
            &format!("istio-sidecar-injector-admin-role-binding-{namespace}"),
            labels.clone(),
            &role,
            ACCOUNT,
            namespace,
        ),
        object::service_account(ACCOUNT, namespace, pod_labels.clone(), global),
        object::config_map(
            "injector-mesh",
            namespace,
            json!({}),
            json!({ "mesh": yaml::text(&mesh(ctx)) }),
        ),
        pod::deployment(ctx),
        object::service(
            "istio-sidecar-injector",
            namespace,
            pod_labels,
            json!([{ "port": 443, "targetPort": 9443 }]),
            json!({ "istio": "sidecar-injector" }),
        ),
    ];
    if !global.omit_sidecar_injector_config_map {
        objects.push(configuration::config_map(ctx));
    }
    if !global.operator_manage_webhooks {
        objects.push(webhook(ctx));
    }
    if global.default_pod_disruption_budget.enabled {
        let mut selects = labels.clone();
        selects["release"] = json!(object::RELEASE);
        objects.push(object::disruption_budget(
            "istio-sidecar-injector",
            namespace,
            labels,
            selects,
        ));
    }
    Ok(objects)
}

/// The webhook's name has the namespace at its end, except in `istio-system`.
fn webhook_name(namespace: &str) -> String {
    if namespace == "istio-system" {
        "istio-sidecar-injector".to_owned()
    } else {
        format!("istio-sidecar-injector-{namespace}")
    }
}

fn rules(ctx: &Context<'_>) -> Vec<Value> {
    let mut config_maps = rule(&[""], &["configmaps"], &["get", "list", "watch"]);
    config_maps["resourceNames"] = json!(["istio-sidecar-injector"]);
    let mut rules = vec![config_maps];
    if !ctx.global().operator_manage_webhooks {
        let mut webhooks = rule(
            &["admissionregistration.k8s.io"],
            &["mutatingwebhookconfigurations"],
            &["get", "list", "watch", "patch"],
        );
        webhooks["resourceNames"] = json!([
            "istio-sidecar-injector",
            format!("istio-sidecar-injector-{}", ctx.namespace.injector),
        ]);
        rules.push(webhooks);
    }
    rules
}

/// The part of the mesh configuration that injection reads.
fn mesh(ctx: &Context<'_>) -> Value {
    use meshhost_istio::global::Tracer;
    let global = ctx.global();
    let mut config = mesh_defaults::proxy_config(global);
    if matches!(global.proxy.tracer, Tracer::Zipkin | Tracer::Lightstep) {
        config["tracing"] = mesh_defaults::tracing(global);
    }
    let pilot = format!(
        "istio-pilot{}.{}",
        ctx.values.version, global.config_namespace
    );
    mesh_defaults::set_discovery(&mut config, global, &pilot);
    json!({ "sdsUdsPath": global.sds.uds_path, "defaultConfig": config })
}

fn webhook(ctx: &Context<'_>) -> Value {
    let namespace = &ctx.namespace.injector;
    let injector = &ctx.values.sidecar_injector_webhook;
    let expression = |key: &str, operator: &str, values: &[&str]| {
        let mut expression = json!({ "key": key, "operator": operator });
        if !values.is_empty() {
            expression["values"] = json!(values);
        }
        expression
    };
    let namespaces = if injector.enable_namespaces_by_default {
        json!({ "matchExpressions": [
            expression("name", "NotIn", &[namespace]),
            expression("istio-injection", "NotIn", &["disabled"]),
            expression("istio-env", "DoesNotExist", &[]),
        ] })
    } else if injector.inject_label == "istio-injection" {
        json!({ "matchLabels": { "istio-injection": "enabled" } })
    } else {
        json!({ "matchLabels": { "istio-env": namespace } })
    };
    let mut webhook = json!({
        "name": "sidecar-injector.istio.io",
        "clientConfig": {
            "service": { "name": "istio-sidecar-injector", "namespace": namespace, "path": "/inject" },
            // The injector writes it.
            "caBundle": "",
        },
        "rules": [{
            "operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"],
        }],
        "failurePolicy": "Fail",
        "namespaceSelector": namespaces,
    });
    if injector.object_selector.enabled {
        webhook["objectSelector"] = if injector.object_selector.auto_inject {
            json!({ "matchExpressions": [expression("sidecar.istio.io/inject", "NotIn", &["false"])] })
        } else {
            json!({ "matchLabels": { "sidecar.istio.io/inject": "true" } })
        };
    }
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1beta1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {
            "name": webhook_name(namespace),
            "labels": { "app": "sidecar-injector", "release": object::RELEASE },
        },
        "webhooks": [webhook],
    })
}
