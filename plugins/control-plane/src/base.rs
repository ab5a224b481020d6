//! What stands before all components: namespaces, the account that other clusters read with, and the services of
//! another cluster's control plane. Must not know the custom resource definitions.

use meshhost_istio::object::{self, rule};
use meshhost_piece::{Value, json};

use crate::context::Context;

/// All objects but the custom resource definitions.
pub(crate) fn objects(ctx: &Context<'_>) -> Vec<Value> {
    let namespace = &ctx.namespace.base;
    let mut objects = namespaces(ctx);
    if ctx.values.cluster_resources {
        let role = format!("istio-reader-{namespace}");
        let labels = json!({ "app": "istio-reader" });
        objects.push(object::cluster_role(
            &role,
            labels.clone(),
            &[
                rule(
                    &[
                        "config.istio.io",
                        "rbac.istio.io",
                        "security.istio.io",
                        "networking.istio.io",
                        "authentication.istio.io",
                    ],
                    &["*"],
                    &["get", "list", "watch"],
                ),
                rule(
                    &[""],
                    &[
                        "endpoints",
                        "pods",
                        "services",
                        "nodes",
                        "replicationcontrollers",
                    ],
                    &["get", "list", "watch"],
                ),
                rule(&["apps"], &["replicasets"], &["get", "list", "watch"]),
            ],
        ));
        objects.push(object::cluster_role_binding(
            &role,
            labels.clone(),
            &role,
            "istio-reader-service-account",
            namespace,
        ));
        objects.push(object::service_account(
            "istio-reader-service-account",
            namespace,
            labels,
            ctx.global(),
        ));
    }
    objects.extend(remote_control_plane(ctx));
    objects
}

/// One Namespace a namespace that components are in; none of them is injected.
fn namespaces(ctx: &Context<'_>) -> Vec<Value> {
    let global = ctx.global();
    let mut names: Vec<&str> = Vec::new();
    for name in [
        &ctx.namespace.base,
        &global.istio_namespace,
        &global.config_namespace,
        &global.telemetry_namespace,
        &global.prometheus_namespace,
        &global.policy_namespace,
    ] {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|name| {
            json!({
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": { "name": name, "labels": {
                    "istio-operator-managed": "Reconcile",
                    "istio-injection": "disabled",
                } },
            })
        })
        .collect()
}

/// Ports of pilot, as another cluster sees them.
const PILOT_PORTS: &[(&str, u16)] = &[
    ("http-old-discovery", 15003),
    ("https-discovery", 15005),
    ("http-discovery", 15007),
    ("grpc-xds", 15010),
    ("https-xds", 15011),
    ("http-legacy-discovery", 8080),
    ("http-monitoring", 15014),
];
const POLICY_PORTS: &[(&str, u16)] = &[
    ("grpc-mixer", 9091),
    ("grpc-mixer-mtls", 15004),
    ("http-monitoring", 15014),
];
const TELEMETRY_PORTS: &[(&str, u16)] = &[
    ("grpc-mixer", 9091),
    ("grpc-mixer-mtls", 15004),
    ("http-monitoring", 15014),
    ("prometheus", 42422),
];

/// Services without pods, and the addresses behind them, for a control plane in another cluster.
fn remote_control_plane(ctx: &Context<'_>) -> Vec<Value> {
    let global = ctx.global();
    let all = global.create_remote_svc_endpoints;
    [
        (
            "istio-pilot",
            &global.remote_pilot_address,
            PILOT_PORTS,
            all || global.remote_pilot_create_svc_endpoint,
        ),
        (
            "istio-policy",
            &global.remote_policy_address,
            POLICY_PORTS,
            all && !global.remote_policy_address.is_empty(),
        ),
        (
            "istio-telemetry",
            &global.remote_telemetry_address,
            TELEMETRY_PORTS,
            all && !global.remote_telemetry_address.is_empty(),
        ),
    ]
    .into_iter()
    .filter(|(.., wanted)| *wanted)
    .flat_map(|(name, address, ports, _)| {
        let metadata = json!({ "name": name, "namespace": ctx.namespace.base });
        let ports: Vec<_> = ports
            .iter()
            .map(|(name, port)| json!({ "name": name, "port": port }))
            .collect();
        [
            json!({
                "apiVersion": "v1", "kind": "Endpoints", "metadata": metadata,
                "subsets": [{ "addresses": [{ "ip": address }], "ports": ports }],
            }),
            json!({
                "apiVersion": "v1", "kind": "Service", "metadata": metadata,
                "spec": { "ports": ports, "clusterIP": "None" },
            }),
        ]
    })
    .collect()
}
