//! Node labels whose `beta` names were replaced, wherever a pod chooses nodes by them.

use serde_json::Value;

use super::fields::{Fields, at, items};

/// Kubernetes' own replacements. The newer name is on every node since 1.14 (the first two) and 1.17.
const RENAMED: &[(&str, &str)] = &[
    ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
    ("beta.kubernetes.io/os", "kubernetes.io/os"),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "topology.kubernetes.io/zone",
    ),
    (
        "failure-domain.beta.kubernetes.io/region",
        "topology.kubernetes.io/region",
    ),
    (
        "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type",
    ),
];

/// Renames in a pod's `nodeSelector`, node affinity, pod (anti-)affinity and spread constraints.
pub(super) fn rename(spec: &mut Value) {
    if let Some(selector) = at(spec, &["nodeSelector"]) {
        let renamed = std::mem::take(selector)
            .into_iter()
            .map(|(label, value)| (newer(&label).unwrap_or(&label).to_owned(), value));
        *selector = renamed.collect();
    }
    if let Some(affinity) = at(spec, &["affinity", "nodeAffinity"]) {
        if let Some(required) = affinity
            .get_mut("requiredDuringSchedulingIgnoredDuringExecution")
            .and_then(Value::as_object_mut)
        {
            items(required, "nodeSelectorTerms").for_each(term);
        }
        for preferred in items(affinity, "preferredDuringSchedulingIgnoredDuringExecution") {
            if let Some(preference) = preferred
                .get_mut("preference")
                .and_then(Value::as_object_mut)
            {
                term(preference);
            }
        }
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(affinity) = at(spec, &["affinity", kind]) else {
            continue;
        };
        items(affinity, "requiredDuringSchedulingIgnoredDuringExecution").for_each(topology);
        for preferred in items(affinity, "preferredDuringSchedulingIgnoredDuringExecution") {
            if let Some(wanted) = preferred
                .get_mut("podAffinityTerm")
                .and_then(Value::as_object_mut)
            {
                topology(wanted);
            }
        }
    }
    if let Some(spec) = at(spec, &[]) {
        items(spec, "topologySpreadConstraints").for_each(topology);
    }
}

fn term(term: &mut Fields) {
    for expression in items(term, "matchExpressions") {
        put(expression, "key");
    }
}

fn topology(term: &mut Fields) {
    put(term, "topologyKey");
}

fn put(fields: &mut Fields, key: &str) {
    let named = fields.get(key).and_then(Value::as_str);
    if let Some(newer) = named.and_then(newer) {
        fields.insert(key.to_owned(), newer.into());
    }
}

fn newer(label: &str) -> Option<&'static str> {
    RENAMED
        .iter()
        .find_map(|(old, new)| (*old == label).then_some(*new))
}
