//! The Deployment of a gateway, and what scales and keeps it. Owns the pod around the proxy; must not know routing.

use meshhost_istio::{object, pod};
use meshhost_piece::{Value, json};

use crate::gateway::{Direction, Gateway};
use crate::{agent, proxy};

/// The charts put some labels on pods in this namespace only.
const ISTIO_NAMESPACE: &str = "istio-system";

/// Deployment, autoscaler and disruption budget.
pub(crate) fn objects(gateway: &Gateway<'_>) -> Vec<Value> {
    let direction = gateway.direction;
    let mut objects = vec![deployment(gateway)];
    if gateway.autoscale_enabled && gateway.autoscale_min > 0 && gateway.autoscale_max > 0 {
        objects.push(object::autoscaler(
            direction.name(),
            gateway.namespace,
            direction.labels(),
            direction.name(),
            gateway.autoscale_min..=gateway.autoscale_max,
            gateway.cpu.target_average_utilization,
        ));
    }
    if gateway.global.default_pod_disruption_budget.enabled {
        let mut selects = direction.labels();
        selects["release"] = json!(object::RELEASE);
        objects.push(object::disruption_budget(
            direction.budget(),
            gateway.namespace,
            direction.labels(),
            selects,
        ));
    }
    objects
}

fn deployment(gateway: &Gateway<'_>) -> Value {
    let direction = gateway.direction;
    let mut labels = direction.labels();
    if gateway.namespace == ISTIO_NAMESPACE {
        labels["chart"] = json!("gateways");
        labels["heritage"] = json!("Tiller");
        labels["release"] = json!(object::RELEASE);
    }
    let mut spec = json!({
        "selector": { "matchLabels": direction.labels() },
        "strategy": { "rollingUpdate": {
            "maxSurge": gateway.rolling_max_surge,
            "maxUnavailable": gateway.rolling_max_unavailable,
        } },
        "template": {
            "metadata": { "labels": labels, "annotations": pod::annotations(gateway.pod_annotations) },
            "spec": pod_spec(gateway),
        },
    });
    if let Some(count) = gateway.replica_count.filter(|count| *count > 0)
        && !gateway.autoscale_enabled
    {
        spec["replicas"] = json!(count);
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": object::metadata(direction.name(), gateway.namespace, direction.labels()),
        "spec": spec,
    })
}

fn pod_spec(gateway: &Gateway<'_>) -> Value {
    let mut containers = Vec::new();
    if gateway.has_agent() {
        containers.push(agent::container(gateway));
    }
    containers.push(proxy::container(gateway));
    containers.extend(gateway.additional_containers.iter().map(|own| json!(own)));
    let mut spec = json!({ "containers": containers, "volumes": volumes(gateway) });
    if gateway.direction == Direction::Ingress {
        spec["serviceAccountName"] = json!(gateway.direction.account());
    }
    if gateway.global.proxy.enable_core_dump {
        spec["initContainers"] = json!([core_dump(gateway)]);
    }
    pod::schedule(
        &mut spec,
        gateway.global,
        gateway.scheduling,
        gateway.tolerations,
    );
    spec
}

/// Lets the kernel write core dumps where the proxy may write.
fn core_dump(gateway: &Gateway<'_>) -> Value {
    let image = match gateway.direction {
        Direction::Ingress => proxy::image_name(gateway),
        Direction::Egress => match gateway.global.proxy_init.image.as_str() {
            "" => "proxy_init",
            image => image,
        },
    };
    json!({
        "name": "enable-core-dump",
        "image": pod::image(gateway.global, image),
        "imagePullPolicy": gateway.global.image_pull_policy,
        "command": ["/bin/sh"],
        "args": [
            "-c",
            "sysctl -w kernel.core_pattern=/var/lib/istio/core.proxy && ulimit -c unlimited",
        ],
        "securityContext": { "privileged": true },
    })
}

fn volumes(gateway: &Gateway<'_>) -> Vec<Value> {
    let mut volumes = Vec::new();
    if gateway.has_agent() {
        volumes.push(agent::volume());
    }
    if gateway.global.sds.enabled {
        volumes.push(json!({ "name": "sdsudspath", "hostPath": { "path": "/var/run/sds" } }));
        volumes.push(
            json!({ "name": "istio-token", "projected": { "sources": [{ "serviceAccountToken": {
                "audience": gateway.global.sds.token.aud,
                "expirationSeconds": 43200,
                "path": "istio-token",
            } }] } }),
        );
    }
    let secret = |name: &str, secret: &str| json!({ "name": name, "secret": { "secretName": secret, "optional": true } });
    volumes.push(secret("istio-certs", gateway.direction.certificate()));
    for volume in gateway.secret_volumes {
        volumes.push(secret(&volume.name, &volume.secret_name));
    }
    for volume in gateway.config_volumes {
        volumes.push(json!({
            "name": volume.name,
            "configMap": { "name": volume.config_map_name, "optional": true },
        }));
    }
    volumes
}
