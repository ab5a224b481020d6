//! Mixer's policy service. Must not know telemetry.

use meshhost_istio::object;
use meshhost_istio::pod::Scheduling;
use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::mixer::Service;
use crate::mixer_config;

/// All objects of the policy service.
pub(crate) fn objects(ctx: &Context<'_>) -> Vec<Value> {
    let namespace = &ctx.namespace.policy;
    let policy = &ctx.values.mixer.policy;
    let service = service(ctx);
    let mut objects = service.rights(ctx, "istio-policy", "istio-policy-admin-role-binding");
    objects.push(service.deployment(ctx));
    objects.extend(service.reachability(ctx));
    if policy.autoscale_enabled && policy.autoscale_min > 0 && policy.autoscale_max > 0 {
        objects.push(object::autoscaler(
            "istio-policy",
            namespace,
            json!({ "app": "mixer" }),
            "istio-policy",
            policy.autoscale_min..=policy.autoscale_max,
            policy.cpu.target_average_utilization,
        ));
    }
    objects.extend(mixer_config::policy_objects(ctx, namespace));
    objects
}

fn service<'a>(ctx: &'a Context<'_>) -> Service<'a> {
    let (global, policy) = (ctx.global(), &ctx.values.mixer.policy);
    let config_store = if !global.use_mcp {
        "k8s://".to_owned()
    } else if global.control_plane_security_enabled {
        format!("mcps://istio-galley.{}.svc:15019", global.config_namespace)
    } else {
        format!("mcp://istio-galley.{}.svc:9901", global.config_namespace)
    };
    Service {
        kind: "policy",
        namespace: &ctx.namespace.policy,
        account: "istio-policy-service-account",
        app: "istio-policy",
        image: &policy.image,
        replicas: Some(policy.replica_count)
            .filter(|count| !policy.autoscale_enabled && *count > 0),
        rolling: (&policy.rolling_max_surge, &policy.rolling_max_unavailable),
        use_mcp: global.use_mcp,
        config_store,
        config_namespace: &global.config_namespace,
        use_adapter_crds: policy.adapters.use_adapter_crds,
        env: &policy.env,
        resources: &policy.resources,
        pod_annotations: &policy.pod_annotations,
        scheduling: Scheduling {
            node_selector: &policy.node_selector,
            required: &policy.pod_anti_affinity_label_selector,
            preferred: &policy.pod_anti_affinity_term_label_selector,
        },
        tolerations: &policy.tolerations,
        proxy_template: ("/etc/istio/proxy/envoy_policy.yaml.tmpl", None),
        monitoring_port: "http-policy-monitoring",
        more_ports: Vec::new(),
        session_affinity: policy.session_affinity_enabled,
    }
}
