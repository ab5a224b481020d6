//! The ConfigMap that the injector, and injection by hand, read: policy, template and values.
//! Owns its frame; what is injected is in the template.

use meshhost_istio::object;
use meshhost_istio::yaml;
use meshhost_piece::{Value, json};

use super::template;
use crate::context::Context;

/// The ConfigMap.
pub(super) fn config_map(ctx: &Context<'_>) -> Value {
    let injector = &ctx.values.sidecar_injector_webhook;
    let configuration = json!({
        "policy": ctx.global().proxy.auto_inject,
        "alwaysInjectSelector": injector.always_inject_selector,
        "neverInjectSelector": injector.never_inject_selector,
        "injectedAnnotations": injector.injected_annotations,
        "template": template::TEXT,
    });
    object::config_map(
        "istio-sidecar-injector",
        &ctx.namespace.injector,
        json!({ "app": "sidecar-injector", "istio": "sidecar-injector" }),
        json!({
            "config": yaml::text(&configuration),
            "values": json!(ctx.values).to_string(),
        }),
    )
}
