//! The Services of the gateways. Must not know pods beyond their labels.

use meshhost_istio::{TextMap, object};
use meshhost_piece::{Value, json};

use crate::gateway::{Direction, Gateway};
use crate::values::{Ingress, Port, TrafficPolicy};

/// Of the egress gateway.
pub(crate) fn egress(gateway: &Gateway<'_>) -> Value {
    service(gateway, json!("ClusterIP"), ports(gateway.ports))
}

/// Of the ingress gateway; none when one of your own takes its place.
pub(crate) fn ingress(gateway: &Gateway<'_>, own: &Ingress) -> Option<Value> {
    if own.custom_service {
        return None;
    }
    let mut open = ports(&own.ports);
    if gateway.global.mesh_expansion.enabled {
        open.extend(ports(&own.mesh_expansion_ports));
    }
    for port in &own.ingress_ports {
        open.push(json!({ "name": port.name, "port": port.port }));
    }
    let mut service = service(gateway, json!(own.service_type), open);
    let spec = &mut service["spec"];
    if !own.load_balancer_ip.is_empty() {
        spec["loadBalancerIP"] = json!(own.load_balancer_ip);
    }
    if !own.load_balancer_source_ranges.is_empty() {
        spec["loadBalancerSourceRanges"] = json!(own.load_balancer_source_ranges);
    }
    if own.external_traffic_policy != TrafficPolicy::Unset {
        spec["externalTrafficPolicy"] = json!(own.external_traffic_policy);
    }
    Some(service)
}

fn ports(ports: &[Port]) -> Vec<Value> {
    ports.iter().map(|port| json!(port)).collect()
}

fn service(gateway: &Gateway<'_>, service_type: Value, ports: Vec<Value>) -> Value {
    let direction: Direction = gateway.direction;
    let mut metadata = object::metadata(direction.name(), gateway.namespace, direction.labels());
    let annotations: &TextMap = gateway.service_annotations;
    if !annotations.is_empty() {
        metadata["annotations"] = json!(annotations);
    }
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            "type": service_type,
            "selector": { "app": direction.name() },
            "ports": ports,
        },
    })
}
