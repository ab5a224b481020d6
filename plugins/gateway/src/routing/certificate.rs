//! A certificate for the ingress gateway from cert-manager, by the ACME HTTP challenge (`certificates`).

use meshhost_piece::{Value, json};

use crate::gateway::Gateway;
use crate::values::Ingress;

const API: &str = "certmanager.k8s.io/v1alpha1";
const ISSUER: &str = "letsencrypt";
/// Name of the Certificate, and of the Secret that `secretVolumes` mounts.
const CERTIFICATE: &str = "istio-ingressgateway-certs";

/// Issuer and certificate; nothing without names.
pub(super) fn objects(gateway: &Gateway<'_>, own: &Ingress) -> Vec<Value> {
    if own.certificates.is_empty() {
        return Vec::new();
    }
    let issuer = json!({
        "apiVersion": API,
        "kind": "Issuer",
        "metadata": { "name": ISSUER, "namespace": gateway.namespace },
        "spec": { "acme": {
            "server": "https://acme-v02.api.letsencrypt.org/directory",
            "email": own.email,
            "privateKeySecretRef": { "name": ISSUER },
            "http01": {},
        } },
    });
    let certificate = json!({
        "apiVersion": API,
        "kind": "Certificate",
        "metadata": { "name": CERTIFICATE, "namespace": gateway.namespace },
        "spec": {
            "secretName": CERTIFICATE,
            "issuerRef": { "name": ISSUER, "kind": "ClusterIssuer" },
            "commonName": own.common_name,
            "dnsNames": own.certificates,
            "acme": { "config": [{
                "http01": { "ingressClass": "istio" },
                "domains": own.certificates,
            }] },
        },
    });
    vec![issuer, certificate]
}
