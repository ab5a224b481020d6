use std::collections::BTreeMap;

use meshhost_piece::{Value, json};

use super::definitions;

fn by_name(cert_manager: bool) -> BTreeMap<String, Value> {
    definitions(cert_manager)
        .into_iter()
        .map(|definition| {
            let name = definition["metadata"]["name"].as_str().unwrap().to_owned();
            (name, definition)
        })
        .collect()
}

#[test]
fn every_definition_is_there_once() {
    assert_eq!(definitions(false).len(), 23);
    let istio = by_name(false);
    let names: Vec<_> = istio.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "adapters.config.istio.io",
            "attributemanifests.config.istio.io",
            "authorizationpolicies.security.istio.io",
            "clusterrbacconfigs.rbac.istio.io",
            "destinationrules.networking.istio.io",
            "envoyfilters.networking.istio.io",
            "gateways.networking.istio.io",
            "handlers.config.istio.io",
            "httpapispecbindings.config.istio.io",
            "httpapispecs.config.istio.io",
            "instances.config.istio.io",
            "meshpolicies.authentication.istio.io",
            "policies.authentication.istio.io",
            "quotaspecbindings.config.istio.io",
            "quotaspecs.config.istio.io",
            "rbacconfigs.rbac.istio.io",
            "rules.config.istio.io",
            "serviceentries.networking.istio.io",
            "servicerolebindings.rbac.istio.io",
            "serviceroles.rbac.istio.io",
            "sidecars.networking.istio.io",
            "templates.config.istio.io",
            "virtualservices.networking.istio.io",
        ]
    );
    let more: Vec<_> = by_name(true)
        .into_keys()
        .filter(|name| !istio.contains_key(name))
        .collect();
    assert_eq!(
        more,
        [
            "certificates.certmanager.k8s.io",
            "challenges.certmanager.k8s.io",
            "clusterissuers.certmanager.k8s.io",
            "issuers.certmanager.k8s.io",
            "orders.certmanager.k8s.io",
        ]
    );
}

#[test]
fn only_mesh_wide_kinds_are_cluster_scoped() {
    let cluster_scoped: Vec<_> = by_name(true)
        .into_iter()
        .filter(|(_, definition)| definition["spec"]["scope"] == "Cluster")
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        cluster_scoped,
        [
            "clusterissuers.certmanager.k8s.io",
            "clusterrbacconfigs.rbac.istio.io",
            "meshpolicies.authentication.istio.io",
        ]
    );
}

#[test]
fn a_whole_definition() {
    assert_eq!(
        by_name(true)["issuers.certmanager.k8s.io"],
        json!({
            "apiVersion": "apiextensions.k8s.io/v1beta1",
            "kind": "CustomResourceDefinition",
            "metadata": {
                "name": "issuers.certmanager.k8s.io",
                "labels": {"app": "certmanager", "heritage": "Tiller", "release": "istio", "chart": "certmanager"},
            },
            "spec": {
                "group": "certmanager.k8s.io",
                "names": {"kind": "Issuer", "plural": "issuers"},
                "scope": "Namespaced",
                "versions": [{"name": "v1alpha1", "served": true, "storage": true}],
            },
        })
    );
    let service_role = &by_name(false)["serviceroles.rbac.istio.io"];
    assert_eq!(
        service_role["spec"]["names"],
        json!({"kind": "ServiceRole", "plural": "serviceroles", "singular": "servicerole", "categories": ["istio-io", "rbac-istio-io"]})
    );
    assert_eq!(service_role["spec"]["subresources"], json!({"status": {}}));
    assert_eq!(
        service_role.pointer("/spec/validation/openAPIV3Schema/properties/spec/properties/rules/items/properties/ports"),
        Some(&json!({"type": "array", "items": {"type": "integer", "format": "int32"}}))
    );
}
