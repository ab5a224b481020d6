//! Pilot: configures the proxies; with it the mesh configuration and the mesh-wide rules for mutual TLS. Must not know
//! other components, only their addresses.

use meshhost_istio::object::{self, rule};
use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::envoy;

mod mesh_config;
mod mutual_tls;
mod pod;
mod telemetry_v2;

const ACCOUNT: &str = "istio-pilot-service-account";

/// All objects of pilot.
pub(crate) fn objects(ctx: &Context<'_>) -> Vec<Value> {
    let namespace = &ctx.namespace.pilot;
    let (global, pilot) = (ctx.global(), &ctx.values.pilot);
    let name = pod::versioned(ctx, "istio-pilot");
    let labels = json!({ "app": "pilot" });
    let mut objects = Vec::new();
    if ctx.values.cluster_resources {
        let role = format!("istio-pilot-{namespace}");
        objects.push(object::cluster_role(&role, labels.clone(), &rules()));
        objects.push(object::cluster_role_binding(
            &role,
            labels.clone(),
            &role,
            ACCOUNT,
            namespace,
        ));
        objects.push(object::service_account(
            ACCOUNT,
            namespace,
            labels.clone(),
            global,
        ));
        objects.extend(mutual_tls::objects(ctx));
    }
    objects.push(object::config_map(
        &pod::versioned(ctx, "pilot-envoy-config"),
        namespace,
        json!({}),
        json!({ "envoy.yaml.tmpl": proxy_configuration(ctx) }),
    ));
    if pilot.config_map {
        objects.push(mesh_config::config_map(ctx));
    }
    objects.push(pod::deployment(ctx));
    let service_labels = json!({ "app": "pilot", "istio": "pilot" });
    objects.push(object::service(
        &name,
        namespace,
        service_labels.clone(),
        json!([
            { "port": 15010, "name": "grpc-xds" },
            { "port": 15011, "name": "https-xds" },
            { "port": 8080, "name": "http-legacy-discovery" },
            { "port": 15014, "name": "http-monitoring" },
        ]),
        pod::selector(ctx),
    ));
    if pilot.autoscale_enabled && pilot.autoscale_min > 0 && pilot.autoscale_max > 0 {
        objects.push(object::autoscaler(
            &name,
            namespace,
            labels,
            &name,
            pilot.autoscale_min..=pilot.autoscale_max,
            pilot.cpu.target_average_utilization,
        ));
    }
    if ctx.values.telemetry.enabled && ctx.values.telemetry.v2.enabled {
        objects.extend(telemetry_v2::objects(namespace));
    }
    if global.default_pod_disruption_budget.enabled {
        let mut selects = json!({ "app": "pilot", "release": object::RELEASE, "istio": "pilot" });
        if !ctx.values.version.is_empty() {
            selects["version"] = json!(ctx.values.version);
        }
        objects.push(object::disruption_budget(
            &name,
            namespace,
            service_labels,
            selects,
        ));
    }
    objects
}

fn rules() -> Vec<Value> {
    let read = ["get", "watch", "list"];
    vec![
        rule(&["config.istio.io"], &["*"], &["*"]),
        rule(&["rbac.istio.io"], &["*"], &read),
        rule(&["security.istio.io"], &["*"], &read),
        rule(&["networking.istio.io"], &["*"], &["*"]),
        rule(&["authentication.istio.io"], &["*"], &["*"]),
        rule(
            &["apiextensions.k8s.io"],
            &["customresourcedefinitions"],
            &["*"],
        ),
        rule(&["extensions"], &["ingresses", "ingresses/status"], &["*"]),
        rule(
            &[""],
            &["configmaps"],
            &["create", "get", "list", "watch", "update"],
        ),
        rule(
            &[""],
            &[
                "endpoints",
                "pods",
                "services",
                "namespaces",
                "nodes",
                "secrets",
            ],
            &["get", "list", "watch"],
        ),
        rule(
            &[""],
            &["secrets"],
            &["create", "get", "watch", "list", "update", "delete"],
        ),
        rule(
            &["certificates.k8s.io"],
            &[
                "certificatesigningrequests",
                "certificatesigningrequests/approval",
                "certificatesigningrequests/status",
            ],
            &["update", "create", "get", "delete"],
        ),
    ]
}

/// The proxy takes encrypted discovery on 15011 for pilot on 15010, and carries galley's stream the other way.
fn proxy_configuration(ctx: &Context<'_>) -> String {
    let global = ctx.global();
    let routes = json!([envoy::route("in.15010", Some("xDS"))]);
    envoy::bootstrap(
        &[
            envoy::cluster("in.15010", &envoy::address("127.0.0.1", 15010)),
            envoy::galley_cluster(&global.trust_domain, &global.config_namespace),
        ],
        &[
            envoy::listener(
                "in.15011",
                envoy::address("0.0.0.0", 15011),
                envoy::http2("15011", "istio-pilot", &routes, true),
                Some(envoy::mutual_tls()),
            ),
            envoy::galley_listener(),
        ],
        None,
    )
}
