//! Settings that install, and then do not work or do nothing. Owns what to say about them; changes nothing.

use meshhost_piece::{Diagnostic, Value};

use crate::gateway::Direction;
use crate::values::{ServiceType, Values};

/// A pod on the host's network with the default DNS policy asks the node's resolver, which does not know the cluster's
/// services: the proxy never finds pilot and never becomes ready.
pub(crate) fn host_network(
    objects: &[Value],
    direction: Direction,
    at: &str,
) -> Option<Diagnostic> {
    let deployment = objects.iter().find(|object| {
        object["kind"] == "Deployment" && object["metadata"]["name"] == direction.name()
    })?;
    let pod = &deployment["spec"]["template"]["spec"];
    let lost = pod["hostNetwork"] == true && pod["dnsPolicy"] != "ClusterFirstWithHostNet";
    lost.then(|| {
        Diagnostic::warning(
            format!("{at}.k8s.overlays"),
            format!(
                "{} will not become ready: with hostNetwork it cannot resolve the cluster's services, and so not find pilot; also set spec.template.spec.dnsPolicy to ClusterFirstWithHostNet",
                direction.name()
            ),
        )
    })
}

/// What an API server refuses in a Service, whatever settings led to it.
pub(crate) fn service(objects: &[Value], direction: Direction, root: &str) -> Vec<Diagnostic> {
    let service = objects.iter().find(|object| {
        object["kind"] == "Service" && object["metadata"]["name"] == direction.name()
    });
    let Some(spec) = service.map(|service| &service["spec"]) else {
        return Vec::new();
    };
    let service_type = spec["type"].as_str().unwrap_or("ClusterIP");
    let ports = spec["ports"].as_array().map_or(&[][..], Vec::as_slice);
    let mut refused = Vec::new();
    let mut tell = |key: &str, why: String| {
        refused.push(Diagnostic::warning(
            format!("{root}.{key}"),
            format!("Kubernetes refuses {why}"),
        ));
    };
    if service_type == "ClusterIP" {
        if spec.get("externalTrafficPolicy").is_some() {
            tell(
                "externalTrafficPolicy",
                "it in a Service of type ClusterIP".to_owned(),
            );
        }
        if ports.iter().any(|port| port.get("nodePort").is_some()) {
            tell(
                "ports",
                "a nodePort in a Service of type ClusterIP".to_owned(),
            );
        }
    }
    if service_type != "LoadBalancer" && spec.get("loadBalancerSourceRanges").is_some() {
        tell(
            "loadBalancerSourceRanges",
            format!("them in a Service of type {service_type}"),
        );
    }
    if ports.is_empty() {
        tell("ports", "a Service without a port".to_owned());
    }
    if ports.len() > 1 && ports.iter().any(|port| port.get("name").is_none()) {
        tell(
            "ports",
            "a port without a name where there are several".to_owned(),
        );
    }
    for (number, port) in ports.iter().enumerate() {
        let before = &ports[..number];
        if before
            .iter()
            .any(|other| other["name"] == port["name"] && port.get("name").is_some())
        {
            tell("ports", format!("two ports with the name {}", port["name"]));
        }
        let same = |other: &Value| {
            let protocol = |port: &Value| port["protocol"].as_str().unwrap_or("TCP").to_owned();
            other["port"] == port["port"] && protocol(other) == protocol(port)
        };
        if before.iter().any(same) {
            tell("ports", format!("port {} twice", port["port"]));
        }
    }
    refused
}

/// Values that the API of 1.4 has and its charts do not read, where they were set.
pub(crate) fn without_effect(values: &Values, ingress: bool, egress: bool) -> Vec<Diagnostic> {
    let into = &values.gateways.ingress;
    let out = &values.gateways.egress;
    let said = [
        (
            ingress,
            "istio-ingressgateway",
            "externalIPs",
            !into.external_ips.is_empty(),
        ),
        (
            ingress,
            "istio-ingressgateway",
            "connectTimeout",
            into.connect_timeout.is_some(),
        ),
        (
            ingress,
            "istio-ingressgateway",
            "drainDuration",
            into.drain_duration.is_some(),
        ),
        (
            ingress,
            "istio-ingressgateway",
            "labels",
            into.labels.is_some(),
        ),
        (
            ingress,
            "istio-ingressgateway",
            "k8sIngress",
            into.k8s_ingress.is_some(),
        ),
        (
            ingress,
            "istio-ingressgateway",
            "k8sIngressHttps",
            into.k8s_ingress_https.is_some(),
        ),
        (
            ingress,
            "istio-ingressgateway",
            "telemetry_domain_name",
            !into.telemetry_domain_name.is_empty(),
        ),
        (
            egress,
            "istio-egressgateway",
            "type",
            out.service_type != ServiceType::ClusterIP,
        ),
        (
            egress,
            "istio-egressgateway",
            "connectTimeout",
            out.connect_timeout.is_some(),
        ),
        (
            egress,
            "istio-egressgateway",
            "drainDuration",
            out.drain_duration.is_some(),
        ),
        (
            egress,
            "istio-egressgateway",
            "labels",
            out.labels.is_some(),
        ),
    ];
    said.into_iter()
        .filter(|(installed, _, _, set)| *installed && *set)
        .map(|(_, gateway, key, _)| {
            Diagnostic::warning(
                format!("values.gateways.{gateway}.{key}"),
                "Istio 1.4 accepts this key and does nothing with it",
            )
        })
        .collect()
}
