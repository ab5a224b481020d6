//! What the piece says about settings that install, and then do not work or do nothing.

use meshhost_piece::{Severity, Value, json};

use crate::call::contribute;
use crate::{egress, ingress};

fn paths(settings: &Value) -> Vec<String> {
    contribute(settings)
        .diagnostics
        .iter()
        .inspect(|diagnostic| assert_eq!(diagnostic.severity, Severity::Warning))
        .filter_map(|diagnostic| diagnostic.path.clone())
        .collect()
}

fn overlay(patches: &[(&str, Value)]) -> Value {
    let patches: Vec<Value> = patches
        .iter()
        .map(|(path, value)| json!({ "path": path, "value": value }))
        .collect();
    json!({ "components": { "ingressGateway": { "enabled": true, "k8s": { "overlays": [
        { "kind": "Deployment", "name": "istio-ingressgateway", "patches": patches },
    ] } } } })
}

#[test]
fn the_hosts_network_needs_the_clusters_names() {
    let network = ("spec.template.spec.hostNetwork", json!(true));
    let names = |policy: &str| ("spec.template.spec.dnsPolicy", json!(policy));
    let told = ["components.ingressGateway.k8s.overlays".to_owned()];
    assert_eq!(paths(&overlay(std::slice::from_ref(&network))), told);
    assert_eq!(paths(&overlay(&[network.clone(), names("Default")])), told);
    assert!(paths(&overlay(&[network, names("ClusterFirstWithHostNet")])).is_empty());
    assert!(paths(&overlay(&[names("Default")])).is_empty());
}

#[test]
fn keys_without_effect_are_told_where_they_were_set() {
    assert!(paths(&json!({})).is_empty());
    assert!(paths(&egress(json!({}))).is_empty());
    for (settings, path) in [
        (
            egress(json!({ "type": "LoadBalancer" })),
            "istio-egressgateway.type",
        ),
        (
            egress(json!({ "drainDuration": "1s" })),
            "istio-egressgateway.drainDuration",
        ),
        (
            ingress(json!({ "externalIPs": ["192.0.2.1"] })),
            "istio-ingressgateway.externalIPs",
        ),
        (
            ingress(json!({ "k8sIngress": true })),
            "istio-ingressgateway.k8sIngress",
        ),
        (
            ingress(json!({ "labels": { "app": "x" } })),
            "istio-ingressgateway.labels",
        ),
    ] {
        assert_eq!(
            paths(&settings),
            [format!("values.gateways.{path}")],
            "{settings}"
        );
    }
}

#[test]
fn services_that_a_server_refuses_are_told() {
    let node_port = json!([{ "port": 80, "name": "http2", "nodePort": 31380 }]);
    let of = |key: &str| vec![format!("values.gateways.istio-ingressgateway.{key}")];
    for (settings, told) in [
        (
            ingress(json!({ "type": "ClusterIP", "externalTrafficPolicy": "Local" })),
            of("externalTrafficPolicy"),
        ),
        (
            ingress(json!({ "type": "NodePort", "externalTrafficPolicy": "Local" })),
            vec![],
        ),
        (
            ingress(json!({ "type": "ClusterIP", "ports": node_port })),
            of("ports"),
        ),
        (ingress(json!({ "ports": node_port })), vec![]),
        (
            ingress(json!({ "type": "NodePort", "loadBalancerSourceRanges": ["10.0.0.0/8"] })),
            of("loadBalancerSourceRanges"),
        ),
        (ingress(json!({ "ports": [] })), of("ports")),
        (ingress(json!({ "ports": [{ "port": 80 }] })), vec![]),
        (
            ingress(json!({ "ports": [{ "port": 80 }, { "port": 81, "name": "x" }] })),
            of("ports"),
        ),
        (
            ingress(json!({ "ports": [{ "port": 80, "name": "x" }, { "port": 81, "name": "x" }] })),
            of("ports"),
        ),
        (
            ingress(json!({ "ports": [{ "port": 80, "name": "x" }, { "port": 80, "name": "y" }] })),
            of("ports"),
        ),
        (
            ingress(
                json!({ "ports": [{ "port": 53, "name": "x" }, { "port": 53, "name": "y", "protocol": "UDP" }] }),
            ),
            vec![],
        ),
    ] {
        assert_eq!(paths(&settings), told, "{settings}");
    }
}
