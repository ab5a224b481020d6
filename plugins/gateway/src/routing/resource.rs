//! The outer form of Istio's networking resources in 1.4.

use meshhost_istio::object;
use meshhost_piece::{Value, json};

/// A resource of Istio's networking API.
pub(super) fn resource(
    kind: &str,
    name: &str,
    namespace: &str,
    labels: Value,
    spec: Value,
) -> Value {
    json!({
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": kind,
        "metadata": object::metadata(name, namespace, labels),
        "spec": spec,
    })
}

/// A port of a Gateway with the certificate from the ingress gateway's mounted Secret.
pub(super) fn https_server(number: u16, name: &str) -> Value {
    json!({
        "port": { "number": number, "name": name, "protocol": "HTTPS" },
        "tls": {
            "mode": "SIMPLE",
            "serverCertificate": "/etc/istio/ingressgateway-certs/tls.crt",
            "privateKey": "/etc/istio/ingressgateway-certs/tls.key",
        },
        "hosts": ["*"],
    })
}
