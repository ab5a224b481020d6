//! Mesh-wide mutual TLS: what services accept, and what clients do. Owns the rule for `global.mtls`.

use meshhost_istio::object;
use meshhost_piece::{Value, json};

use crate::context::Context;

/// The mesh policy, and the destination rules that strict mutual TLS needs.
pub(super) fn objects(ctx: &Context<'_>) -> Vec<Value> {
    let global = ctx.global();
    let mtls = if global.mtls.enabled {
        json!({})
    } else {
        json!({ "mode": "PERMISSIVE" })
    };
    let mut objects = vec![json!({
        "apiVersion": "authentication.istio.io/v1alpha1",
        "kind": "MeshPolicy",
        "metadata": { "name": "default", "labels": { "release": object::RELEASE } },
        "spec": { "peers": [{ "mtls": mtls }] },
    })];
    if global.mtls.enabled && !global.mtls.auto {
        let namespace = &ctx.namespace.pilot;
        let destination = |name: &str, host: String, mode: &str| {
            json!({
                "apiVersion": "networking.istio.io/v1alpha3",
                "kind": "DestinationRule",
                "metadata": object::metadata(name, namespace, json!({})),
                "spec": { "host": host, "trafficPolicy": { "tls": { "mode": mode } } },
            })
        };
        objects.push(destination("default", "*.local".to_owned(), "ISTIO_MUTUAL"));
        // The API server has no proxy.
        objects.push(destination(
            "api-server",
            format!("kubernetes.default.svc.{}", global.proxy.cluster_domain),
            "DISABLE",
        ));
    }
    objects
}
