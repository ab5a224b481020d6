//! Which pods must start anew when a ConfigMap of theirs changes: those whose program reads it only at its start. Envoy
//! reads its bootstrap once; pilot follows the mesh configuration, but not where it takes configuration from. Galley,
//! the injector and CoreDNS follow their files.

use meshhost_piece::{RestartRule, Selector, Value};

/// ConfigMaps that are read once, and what of; both may have `values.version` at their end.
const READ_ONCE: [(&str, &str); 4] = [
    ("istio", "istio-pilot"),
    ("pilot-envoy-config", "istio-pilot"),
    ("galley-envoy-config", "istio-galley"),
    ("telemetry-envoy-config", "istio-telemetry"),
];

/// The rules for what is among `objects`.
pub(super) fn rules(objects: &[Value], version: &str) -> Vec<RestartRule> {
    let selector = |group: &str, object: &Value| {
        let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default();
        Selector::kind(group, object["kind"].as_str().unwrap_or_default())
            .named(text("name"))
            .within(text("namespace"))
    };
    let find = |kind: &str, name: &str| {
        let versioned = format!("{name}{version}");
        objects.iter().find(|object| {
            let its = &object["metadata"]["name"];
            object["kind"] == kind && (*its == name || *its == versioned)
        })
    };
    READ_ONCE
        .iter()
        .filter_map(|(map, deployment)| {
            Some(RestartRule {
                changed: selector("", find("ConfigMap", map)?),
                restart: selector("apps", find("Deployment", deployment)?),
            })
        })
        .collect()
}
