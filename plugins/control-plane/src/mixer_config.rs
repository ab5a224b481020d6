//! Mixer's own configuration: attributes, instances, handlers and rules (`config.istio.io/v1alpha2`), by the keys
//! `mixer.adapters.*` for telemetry and `mixer.policy.adapters.*` for policy.
//!
//! Attribute expressions are facts of the Istio 1.4 attribute vocabulary. Must not know Mixer's Deployments and Services.

mod resource;

mod access_log;
mod attributes;
mod kubernetes_env;
mod prometheus;
mod stackdriver;

use meshhost_piece::Value;

use crate::context::Context;
use resource::Owner;

/// The one namespace in which policy relies on what telemetry installs.
const SHARED_NAMESPACE: &str = "istio-system";

/// What telemetry is configured with.
///
/// Where policy has the same in the same namespace, it is policy's and not here: an object exists once.
pub(crate) fn objects(ctx: &Context<'_>, namespace: &str) -> Vec<Value> {
    let owner = Owner {
        app: "istio-telemetry",
        namespace,
    };
    let adapters = &ctx.values.mixer.adapters;
    let policys = if ctx.enabled.policy && ctx.namespace.policy == namespace {
        policy_objects(ctx, namespace)
    } else {
        Vec::new()
    };
    let mut objects = attributes::manifests(owner);
    if adapters.stdio.enabled {
        objects.extend(access_log::objects(owner, adapters.stdio.output_as_json));
    }
    if adapters.prometheus.enabled {
        let expiry = adapters.prometheus.metrics_expiry_duration.as_str();
        objects.extend(prometheus::objects(owner, expiry));
    }
    if adapters.kubernetesenv.enabled {
        objects.extend(kubernetes_env::objects(owner));
    }
    if adapters.stackdriver.enabled {
        let mesh_id = &ctx.global().mesh_id;
        objects.extend(stackdriver::objects(owner, adapters, mesh_id));
    }
    objects.retain(|object| !policys.iter().any(|other| resource::same(object, other)));
    objects
}

/// What policy is configured with outside of the namespace `istio-system`; within, telemetry's serves both.
pub(crate) fn policy_objects(ctx: &Context<'_>, namespace: &str) -> Vec<Value> {
    if namespace == SHARED_NAMESPACE {
        return Vec::new();
    }
    let owner = Owner {
        app: "istio-policy",
        namespace,
    };
    let mut objects = attributes::manifests(owner);
    if ctx.values.mixer.policy.adapters.kubernetesenv.enabled {
        objects.extend(kubernetes_env::objects(owner));
    }
    objects
}

#[cfg(test)]
mod tests;
