//! Galley: checks Istio resources when they are written, and hands them to pilot and mixer. Must not know those.

use meshhost_istio::object::{self, rule};
use meshhost_istio::yaml;
use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::envoy;

mod pod;
mod webhook;

const ACCOUNT: &str = "istio-galley-service-account";

/// All objects of galley.
pub(crate) fn objects(ctx: &Context<'_>) -> Vec<Value> {
    let namespace = &ctx.namespace.galley;
    let (global, galley) = (ctx.global(), &ctx.values.galley);
    let labels = json!({ "app": "galley", "istio": "galley" });
    let role = format!("istio-galley-{namespace}");
    let mut objects = vec![
        object::cluster_role(&role, json!({}), &rules(ctx)),
        object::cluster_role_binding(
            &format!("istio-galley-admin-role-binding-{namespace}"),
            json!({}),
            &role,
            ACCOUNT,
            namespace,
        ),
        object::service_account(ACCOUNT, namespace, json!({ "app": "galley" }), global),
        object::config_map(
            "istio-mesh-galley",
            namespace,
            json!({}),
            json!({ "mesh": yaml::text(&json!(galley.mesh)).trim_end() }),
        ),
        object::config_map(
            "istio-galley-configuration",
            namespace,
            json!({}),
            if global.config_validation {
                json!({ "validatingwebhookconfiguration.yaml": yaml::text(&webhook::configuration(namespace)) })
            } else {
                Value::Null
            },
        ),
        pod::deployment(ctx),
        object::service(
            "istio-galley",
            namespace,
            labels.clone(),
            json!([
                { "port": 443, "name": "https-validation", "targetPort": 9443 },
                { "port": 15014, "name": "http-monitoring" },
                { "port": 9901, "name": "grpc-mcp" },
                { "port": 15019, "name": "grpc-tls-mcp" },
            ]),
            json!({ "istio": "galley" }),
        ),
    ];
    if global.control_plane_security_enabled {
        objects.push(object::config_map(
            "galley-envoy-config",
            namespace,
            labels.clone(),
            json!({ "envoy.yaml.tmpl": proxy_configuration() }),
        ));
    }
    if global.default_pod_disruption_budget.enabled {
        objects.push(object::disruption_budget(
            "istio-galley",
            namespace,
            labels,
            json!({ "app": "galley", "release": object::RELEASE, "istio": "galley" }),
        ));
    }
    objects
}

/// The proxy takes encrypted streams on 15019 and hands them to galley on 9901.
fn proxy_configuration() -> String {
    let routes = json!([envoy::route("in.9901", None)]);
    envoy::bootstrap(
        &[envoy::cluster(
            "in.9901",
            &envoy::address("127.0.0.1", 9901),
        )],
        &[envoy::listener(
            "15019",
            envoy::address("0.0.0.0", 15019),
            envoy::http2("15019", "istio-galley", &routes, true),
            Some(envoy::mutual_tls()),
        )],
        None,
    )
}

fn rules(ctx: &Context<'_>) -> Vec<Value> {
    let istio = [
        "authentication.istio.io",
        "config.istio.io",
        "networking.istio.io",
        "rbac.istio.io",
        "security.istio.io",
    ];
    let read = ["get", "list", "watch"];
    let own = |groups: &[&str], resource: &str, verb: &str| {
        let mut rule = rule(groups, &[resource], &[verb]);
        rule["resourceNames"] = json!(["istio-galley"]);
        rule
    };
    let mut rules = vec![
        rule(&istio, &["*"], &read),
        rule(&istio, &["*/status"], &["update"]),
    ];
    if !ctx.global().operator_manage_webhooks {
        rules.push(rule(
            &["admissionregistration.k8s.io"],
            &["validatingwebhookconfigurations"],
            &["*"],
        ));
    }
    rules.extend([
        own(&["extensions", "apps"], "deployments", "get"),
        rule(
            &[""],
            &["pods", "nodes", "services", "endpoints", "namespaces"],
            &read,
        ),
        rule(&["extensions"], &["ingresses"], &read),
        own(&["extensions"], "deployments/finalizers", "update"),
        rule(
            &["apiextensions.k8s.io"],
            &["customresourcedefinitions"],
            &read,
        ),
    ]);
    rules
}
