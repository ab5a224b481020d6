//! The ConfigMap `istio`: mesh configuration (`istio.mesh.v1alpha1.MeshConfig`), networks, and pilot's own values.
//! Owns which value goes to which key of the mesh configuration.

use meshhost_istio::{Text, object, yaml};
use meshhost_piece::serde_json::Map;
use meshhost_piece::{Value, json};

use crate::context::Context;
use crate::mesh_defaults;
use crate::values::{IngressMode, Pilot};

/// The ConfigMap.
pub(super) fn config_map(ctx: &Context<'_>) -> Value {
    let networks = yaml::text(&json!(ctx.values.pilot.mesh_networks));
    object::config_map(
        &super::pod::versioned(ctx, "istio"),
        &ctx.namespace.pilot,
        json!({}),
        json!({
            "mesh": yaml::text(&mesh(ctx)),
            "meshNetworks": format!("# Networks of the mesh, by name.\n{networks}"),
            "values.yaml": yaml::text(&values(ctx)),
        }),
    )
}

/// Pilot's values, with what the component says of itself.
fn values(ctx: &Context<'_>) -> Value {
    let pilot = Pilot {
        enabled: Some(ctx.values.pilot.enabled.unwrap_or(ctx.enabled.pilot)),
        namespace: ctx
            .values
            .pilot
            .namespace
            .clone()
            .or_else(|| Some(ctx.namespace.pilot.clone())),
        ..ctx.values.pilot.clone()
    };
    json!(pilot)
}

fn mesh(ctx: &Context<'_>) -> Value {
    let (global, values) = (ctx.global(), ctx.values);
    let mut mesh = Map::new();
    let mut set = |key: &str, value: Value| mesh.insert(key.to_owned(), value);
    if global.enable_tracing {
        set("enableTracing", json!(true));
    }
    set("accessLogFile", json!(global.proxy.access_log_file));
    set(
        "enableEnvoyAccessLogService",
        json!(global.proxy.envoy_access_log_service.enabled),
    );
    for (key, address) in mixer_addresses(ctx) {
        set(key, json!(address));
    }
    let policy = values.mixer.policy.enabled.unwrap_or(ctx.enabled.policy);
    let remote_policy = global.istio_remote && !global.remote_policy_address.is_empty();
    if policy || remote_policy || values.pilot.policy.enabled {
        set("policyCheckFailOpen", json!(global.policy_check_fail_open));
    }
    let telemetry = &values.mixer.telemetry;
    if telemetry.report_batch_max_entries > 0 {
        set(
            "reportBatchMaxEntries",
            json!(telemetry.report_batch_max_entries),
        );
    }
    if !telemetry.report_batch_max_time.as_str().is_empty() {
        set("reportBatchMaxTime", json!(telemetry.report_batch_max_time));
    }
    if telemetry.session_affinity_enabled {
        set("sidecarToTelemetrySessionAffinity", json!(true));
    }
    set(
        "disableMixerHttpReports",
        json!(values.telemetry.v2.enabled),
    );
    set("disablePolicyChecks", json!(!values.pilot.policy.enabled));
    let ingress = &values.pilot.ingress;
    if !ingress.ingress_service.is_empty() {
        set("ingressService", json!(ingress.ingress_service));
        set(
            "ingressControllerMode",
            controller_mode(ingress.ingress_controller_mode),
        );
        set("ingressClass", json!(ingress.ingress_class));
    }
    set("trustDomain", json!(global.trust_domain));
    if !global.trust_domain_aliases.is_empty() {
        set("trustDomainAliases", json!(global.trust_domain_aliases));
    }
    if global.sds.enabled {
        set("sdsUdsPath", json!(global.sds.uds_path));
    } else {
        set("sdsUdsPath", json!(""));
        set("enableSdsTokenMount", json!(false));
        set("sdsUseK8sSaJwt", json!(false));
    }
    set("enableAutoMtls", json!(global.mtls.auto));
    if values.pilot.use_mcp {
        let galley = if global.control_plane_security_enabled {
            "localhost:15019".to_owned()
        } else {
            format!("istio-galley.{}:9901", global.config_namespace)
        };
        set("config_sources", json!([{ "address": galley }]));
    }
    set(
        "outboundTrafficPolicy",
        json!(global.outbound_traffic_policy),
    );
    if global.locality_lb_setting.get("enabled") == Some(&Value::Bool(true)) {
        set("localityLbSetting", json!(global.locality_lb_setting));
    }
    set("certificates", json!(global.certificates));
    set("defaultConfig", default_config(ctx));
    Value::Object(mesh)
}

fn controller_mode(mode: IngressMode) -> Value {
    json!(mode)
}

/// Where proxies ask for policy and send telemetry.
fn mixer_addresses(ctx: &Context<'_>) -> Vec<(&'static str, String)> {
    let global = ctx.global();
    if global.istio_remote {
        return [
            (
                "mixerCheckServer",
                "istio-policy",
                &global.remote_policy_address,
            ),
            (
                "mixerReportServer",
                "istio-telemetry",
                &global.remote_telemetry_address,
            ),
        ]
        .into_iter()
        .filter(|(.., address)| !address.is_empty())
        .map(|(key, service, address)| {
            let host = if global.create_remote_svc_endpoints {
                format!("{service}.{}", ctx.namespace.pilot)
            } else {
                address.clone()
            };
            (key, format!("{host}:15004"))
        })
        .collect();
    }
    let port = if global.control_plane_security_enabled {
        15004
    } else {
        9091
    };
    let address = |service: &str, namespace: &str| {
        format!(
            "{service}.{namespace}.svc.{}:{port}",
            global.proxy.cluster_domain
        )
    };
    let mut addresses = vec![(
        "mixerCheckServer",
        address("istio-policy", &global.policy_namespace),
    )];
    if ctx.values.telemetry.enabled {
        addresses.push((
            "mixerReportServer",
            address("istio-telemetry", &global.telemetry_namespace),
        ));
    }
    addresses
}

fn default_config(ctx: &Context<'_>) -> Value {
    let global = ctx.global();
    let mut config = mesh_defaults::proxy_config(global);
    config["tracing"] = mesh_defaults::tracing(global);
    let own = format!("istio-pilot.{}", ctx.namespace.pilot);
    let by_service = global.remote_pilot_create_svc_endpoint || global.create_remote_svc_endpoints;
    let pilot = if by_service || global.remote_pilot_address.is_empty() {
        &own
    } else {
        &global.remote_pilot_address
    };
    mesh_defaults::set_discovery(&mut config, global, pilot);
    let (metrics, logs) = (
        &global.proxy.envoy_metrics_service,
        &global.proxy.envoy_access_log_service,
    );
    for (key, enabled, host, port) in [
        (
            "envoyMetricsService",
            metrics.enabled,
            &metrics.host,
            &metrics.port,
        ),
        (
            "envoyAccessLogService",
            logs.enabled,
            &logs.host,
            &logs.port,
        ),
    ] {
        if enabled {
            let host = host.as_deref().unwrap_or_default();
            let port = port.as_ref().map_or("", Text::as_str);
            config[key] = json!({ "address": format!("{host}:{port}") });
        }
    }
    config
}
