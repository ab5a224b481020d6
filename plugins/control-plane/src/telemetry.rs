//! Mixer's telemetry service. Must not know policy, nor what is done with telemetry.

use meshhost_istio::object;
use meshhost_istio::pod::Scheduling;
use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::mixer::Service;
use crate::mixer_config;

mod proxy;

const PROXY_CONFIG: &str = "telemetry-envoy-config";

/// All objects of the telemetry service.
pub(crate) fn objects(ctx: &Context<'_>) -> Vec<Value> {
    let namespace = &ctx.namespace.telemetry;
    let telemetry = &ctx.values.mixer.telemetry;
    let service = service(ctx);
    let role = format!("istio-mixer-{namespace}");
    let mut objects = service.rights(ctx, &role, "istio-mixer-admin-role-binding");
    objects.push(object::config_map(
        PROXY_CONFIG,
        namespace,
        json!({}),
        json!({ "envoy.yaml.tmpl": proxy::configuration(ctx) }),
    ));
    objects.push(service.deployment(ctx));
    objects.extend(service.reachability(ctx));
    if telemetry.autoscale_min > 0 {
        objects.push(object::autoscaler(
            "istio-telemetry",
            namespace,
            json!({ "app": "mixer" }),
            "istio-telemetry",
            telemetry.autoscale_min..=telemetry.autoscale_max,
            telemetry.cpu.target_average_utilization,
        ));
    }
    objects.extend(mixer_config::objects(ctx, namespace));
    objects
}

fn service<'a>(ctx: &'a Context<'_>) -> Service<'a> {
    let (global, telemetry) = (ctx.global(), &ctx.values.mixer.telemetry);
    let config_store = if !telemetry.use_mcp {
        "k8s://".to_owned()
    } else if global.control_plane_security_enabled {
        "mcp://localhost:15019".to_owned()
    } else {
        format!("mcp://istio-galley.{}.svc:9901", global.config_namespace)
    };
    Service {
        kind: "telemetry",
        namespace: &ctx.namespace.telemetry,
        account: "istio-mixer-service-account",
        app: "istio-mixer",
        image: &telemetry.image,
        replicas: Some(telemetry.replica_count),
        rolling: (
            &telemetry.rolling_max_surge,
            &telemetry.rolling_max_unavailable,
        ),
        use_mcp: telemetry.use_mcp,
        config_store,
        config_namespace: &global.telemetry_namespace,
        use_adapter_crds: ctx.values.mixer.adapters.use_adapter_crds,
        env: &telemetry.env,
        resources: &telemetry.resources,
        pod_annotations: &telemetry.pod_annotations,
        scheduling: Scheduling {
            node_selector: &telemetry.node_selector,
            required: &telemetry.pod_anti_affinity_label_selector,
            preferred: &telemetry.pod_anti_affinity_term_label_selector,
        },
        tolerations: &telemetry.tolerations,
        proxy_template: ("/var/lib/envoy/envoy.yaml.tmpl", Some(PROXY_CONFIG)),
        monitoring_port: "http-monitoring",
        more_ports: vec![json!({ "name": "prometheus", "port": 42422 })],
        session_affinity: telemetry.session_affinity_enabled,
    }
}
