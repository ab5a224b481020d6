//! The configuration of galley's own webhook, which it applies itself. Owns which resources are checked.

use meshhost_istio::object;
use meshhost_piece::{Value, json};

/// The webhook configuration, as galley reads it from a file.
pub(super) fn configuration(namespace: &str) -> Value {
    let webhook = |name: &str, path: &str, rules: Value| {
        json!({
            "name": name,
            "clientConfig": {
                "service": { "name": "istio-galley", "namespace": namespace, "path": path },
                "caBundle": "",
            },
            "rules": rules,
            "failurePolicy": "Fail",
            "sideEffects": "None",
        })
    };
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1beta1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": object::metadata(
            &format!("istio-galley-{namespace}"),
            namespace,
            json!({ "app": "galley", "istio": "galley" }),
        ),
        "webhooks": [
            webhook("pilot.validation.istio.io", "/admitpilot", json!([
                rule("config.istio.io", "v1alpha2", &["httpapispecs", "httpapispecbindings", "quotaspecs", "quotaspecbindings"]),
                rule("rbac.istio.io", "*", &["*"]),
                rule("security.istio.io", "*", &["*"]),
                rule("authentication.istio.io", "*", &["*"]),
                rule("networking.istio.io", "*", &[
                    "destinationrules", "envoyfilters", "gateways", "serviceentries", "sidecars", "virtualservices",
                ]),
            ])),
            webhook("mixer.validation.istio.io", "/admitmixer", json!([
                rule("config.istio.io", "v1alpha2", MIXER),
            ])),
        ],
    })
}

/// Resources of mixer.
const MIXER: &[&str] = &[
    "rules",
    "attributemanifests",
    "circonuses",
    "deniers",
    "fluentds",
    "kubernetesenvs",
    "listcheckers",
    "memquotas",
    "noops",
    "opas",
    "prometheuses",
    "rbacs",
    "solarwindses",
    "stackdrivers",
    "cloudwatches",
    "dogstatsds",
    "statsds",
    "stdios",
    "apikeys",
    "authorizations",
    "checknothings",
    "listentries",
    "logentries",
    "metrics",
    "quotas",
    "reportnothings",
    "tracespans",
    "adapters",
    "handlers",
    "instances",
    "templates",
    "zipkins",
];

fn rule(group: &str, version: &str, resources: &[&str]) -> Value {
    json!({
        "operations": ["CREATE", "UPDATE"],
        "apiGroups": [group],
        "apiVersions": [version],
        "resources": resources,
    })
}
