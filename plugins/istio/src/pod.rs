//! What pods of all Istio components have in common: image names, where they may run, environment, the proxy next to
//! the main container. Owns these parts; must not know a whole component.

use meshhost_piece::json;
use meshhost_piece::schemars::{self, JsonSchema};
use meshhost_piece::serde_json::Value;
use serde::{Deserialize, Serialize};

use crate::global::Global;
use crate::scalar::{Resources, TextMap};
use crate::settings::Object;

/// One rule of `podAntiAffinityLabelSelector` and `podAntiAffinityTermLabelSelector`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct AntiAffinityRule {
    /// Label that pods are told apart by.
    pub key: String,
    /// How its values are compared.
    pub operator: LabelOperator,
    /// Values of the label, separated by commas.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub values: String,
    /// Node label within which pods keep apart, for example `kubernetes.io/hostname`.
    pub topology_key: String,
}

/// How a label's values are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LabelOperator {
    /// The label has one of them.
    #[default]
    In,
    /// The label has none of them.
    NotIn,
    /// There is such a label.
    Exists,
    /// There is no such label.
    DoesNotExist,
}

/// A component's wishes for where its pods run.
#[derive(Debug, Clone, Copy)]
pub struct Scheduling<'a> {
    /// Node labels; `global.defaultNodeSelector` if empty.
    pub node_selector: &'a TextMap,
    /// `podAntiAffinityLabelSelector`: rules that must hold.
    pub required: &'a [AntiAffinityRule],
    /// `podAntiAffinityTermLabelSelector`: rules that should hold.
    pub preferred: &'a [AntiAffinityRule],
}

/// The name of an image: as it stands if it has a `/`, else below the hub with the tag of the installation.
#[must_use]
pub fn image(global: &Global, name: &str) -> String {
    if name.contains('/') {
        name.to_owned()
    } else {
        format!("{}/{name}:{}", global.hub, global.tag)
    }
}

/// The resources of a container: its own, or the default of the installation.
#[must_use]
pub fn resources(global: &Global, own: &Resources) -> Value {
    json!(if own.is_empty() {
        &global.default_resources
    } else {
        own
    })
}

/// Affinity of a component's pods: architectures by weight, node labels, and pods that keep apart.
#[must_use]
pub fn affinity(global: &Global, scheduling: Scheduling<'_>) -> Value {
    let weights: Vec<(&str, u8)> = global
        .arch
        .weights()
        .into_iter()
        .filter(|(_, weight)| *weight > 0)
        .collect();
    let names: Vec<_> = weights.iter().map(|(name, _)| *name).collect();
    let labels = if scheduling.node_selector.is_empty() {
        &global.default_node_selector
    } else {
        scheduling.node_selector
    };
    let mut expressions = vec![node_label("beta.kubernetes.io/arch", &names)];
    expressions.extend(
        labels
            .iter()
            .map(|(key, value)| node_label(key, &[value.as_str()])),
    );
    let preferred: Vec<_> = weights
        .iter()
        .map(|(name, weight)| {
            json!({
                "weight": weight,
                "preference": { "matchExpressions": [node_label("beta.kubernetes.io/arch", &[name])] },
            })
        })
        .collect();
    let mut affinity = json!({ "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{ "matchExpressions": expressions }],
        },
        "preferredDuringSchedulingIgnoredDuringExecution": preferred,
    } });
    if !scheduling.required.is_empty() {
        let terms: Vec<_> = scheduling.required.iter().map(anti_affinity_term).collect();
        affinity["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] =
            json!(terms);
    }
    if !scheduling.preferred.is_empty() {
        let terms: Vec<_> = scheduling
            .preferred
            .iter()
            .map(|rule| json!({ "podAffinityTerm": anti_affinity_term(rule), "weight": 100 }))
            .collect();
        affinity["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] =
            json!(terms);
    }
    affinity
}

fn node_label(key: &str, values: &[&str]) -> Value {
    json!({ "key": key, "operator": "In", "values": values })
}

fn anti_affinity_term(rule: &AntiAffinityRule) -> Value {
    let mut expression = json!({ "key": rule.key, "operator": rule.operator });
    if !rule.values.is_empty() {
        expression["values"] = rule.values.split(',').collect();
    }
    json!({
        "labelSelector": { "matchExpressions": [expression] },
        "topologyKey": rule.topology_key,
    })
}

/// Puts affinity, tolerations and `global.priorityClassName` into the spec of a pod.
pub fn schedule(
    spec: &mut Value,
    global: &Global,
    scheduling: Scheduling<'_>,
    tolerations: &[Object],
) {
    spec["affinity"] = affinity(global, scheduling);
    if !tolerations.is_empty() {
        spec["tolerations"] = json!(tolerations);
    }
    if !global.priority_class_name.is_empty() {
        spec["priorityClassName"] = json!(global.priority_class_name);
    }
}

/// Annotations of a control plane pod: never injected, and what the values say.
#[must_use]
pub fn annotations(own: &TextMap) -> Value {
    let mut annotations = json!({ "sidecar.istio.io/inject": "false" });
    for (key, value) in own {
        annotations[key] = json!(value);
    }
    annotations
}

/// An environment variable with a value.
#[must_use]
pub fn env(name: &str, value: impl ToString) -> Value {
    json!({ "name": name, "value": value.to_string() })
}

/// An environment variable from a field of the pod, for example `metadata.name`.
#[must_use]
pub fn field_env(name: &str, field: &str) -> Value {
    json!({ "name": name, "valueFrom": { "fieldRef": { "apiVersion": "v1", "fieldPath": field } } })
}

/// What differs between the proxies of control plane pods.
#[derive(Debug, Clone)]
pub struct ControlPlaneProxy {
    /// All arguments but trust domain and log format, which follow.
    pub args: Vec<String>,
    /// Container ports.
    pub ports: Vec<Value>,
    /// Mounts but the one of the certificates.
    pub mounts: Vec<Value>,
}

/// The proxy next to the main container of a control plane pod.
#[must_use]
pub fn control_plane_proxy(global: &Global, proxy: ControlPlaneProxy) -> Value {
    let mut args = proxy.args;
    if !global.trust_domain.is_empty() {
        args.push(format!("--trust-domain={}", global.trust_domain));
    }
    if global.log_as_json {
        args.push("--log_as_json".to_owned());
    }
    let mut mounts =
        vec![json!({ "name": "istio-certs", "mountPath": "/etc/certs", "readOnly": true })];
    mounts.extend(proxy.mounts);
    json!({
        "name": "istio-proxy",
        "image": image(global, &global.proxy.image),
        "imagePullPolicy": global.image_pull_policy,
        "ports": proxy.ports,
        "args": args,
        "env": [
            field_env("POD_NAME", "metadata.name"),
            field_env("POD_NAMESPACE", "metadata.namespace"),
            field_env("INSTANCE_IP", "status.podIP"),
            env("SDS_ENABLED", global.sds.enabled),
        ],
        "resources": resources(global, &global.proxy.resources),
        "volumeMounts": mounts,
    })
}

/// Mounts of a proxy that takes its certificates from the node agent.
#[must_use]
pub fn sds_mounts() -> [Value; 2] {
    [
        json!({ "name": "sds-uds-path", "mountPath": "/var/run/sds", "readOnly": true }),
        json!({ "name": "istio-token", "mountPath": "/var/run/secrets/tokens" }),
    ]
}

/// Volumes of [`sds_mounts`].
#[must_use]
pub fn sds_volumes(global: &Global) -> [Value; 2] {
    [
        json!({ "name": "sds-uds-path", "hostPath": { "path": "/var/run/sds" } }),
        json!({ "name": "istio-token", "projected": { "sources": [{ "serviceAccountToken": {
            "audience": global.sds.token.aud, "expirationSeconds": 43200, "path": "istio-token",
        } }] } }),
    ]
}
