//! Settings schemas as the Istio pieces have them, cut down to what these tests speak of.

use std::collections::BTreeMap;

use serde_json::{Value, json};

fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn piece(components: &[&str], values: Value) -> Value {
    let components: serde_json::Map<String, Value> = components
        .iter()
        .map(|name| ((*name).to_owned(), json!({"$ref": "#/$defs/Component"})))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "components": object(Value::Object(components)),
            "values": object(values),
            "unvalidatedValues": {"type": "object"},
        },
        "$defs": {
            "Component": object(json!({
                "enabled": {"type": "boolean"},
                "namespace": {"type": ["string", "null"]},
                "k8s": {"anyOf": [{"$ref": "#/$defs/K8s"}, {"type": "null"}]},
            })),
            "K8s": object(json!({
                "replicaCount": {"type": "integer", "minimum": 0},
                "resources": object(json!({
                    "requests": {"type": "object", "additionalProperties": {"type": "string"}},
                    "limits": {"type": "object", "additionalProperties": {"type": "string"}},
                })),
                "env": {"type": "array", "items": object(json!({"name": {"type": "string"}, "value": {"type": "string"}, "valueFrom": {"type": "object"}}))},
                "affinity": {"type": "object"}, "hpaSpec": {"type": "object"}, "nodeSelector": {"type": "object"},
                "readinessProbe": {"type": "object"}, "strategy": {"type": "object"}, "imagePullPolicy": {"type": "string"},
                "tolerations": {"type": "array"}, "overlays": {"type": "array"},
            })),
            "Global": {"type": "object", "properties": {
                "hub": {"type": "string"}, "tag": {"type": "string"},
                "istioNamespace": {"type": "string"}, "telemetryNamespace": {"type": "string"},
                "mtls": object(json!({"enabled": {"type": "boolean"}, "auto": {"type": "boolean"}})),
                "proxy": {"type": "object", "properties": {"concurrency": {"type": "integer", "minimum": 0, "maximum": 65535}, "includeIPRanges": {"type": "string"}}},
                "outboundTrafficPolicy": object(json!({"mode": {"enum": ["ALLOW_ANY", "REGISTRY_ONLY"]}})),
            }},
        },
    })
}

fn switch() -> Value {
    json!({"enabled": {"type": "boolean"}, "namespace": {"type": "string"}})
}

fn with(more: Value) -> Value {
    let mut properties = switch();
    if let (Some(properties), Value::Object(more)) = (properties.as_object_mut(), more) {
        properties.extend(more);
    }
    json!({"type": "object", "properties": properties})
}

fn closed(more: Value) -> Value {
    let mut schema = with(more);
    schema["additionalProperties"] = json!(false);
    schema
}

/// By piece.
pub(crate) fn schemas() -> BTreeMap<String, Value> {
    let global = json!({"$ref": "#/$defs/Global"});
    let control_plane = piece(
        &[
            "base",
            "pilot",
            "galley",
            "citadel",
            "nodeAgent",
            "certManager",
            "policy",
            "telemetry",
            "injector",
            "coreDNS",
        ],
        json!({
            "global": global,
            "pilot": with(json!({"traceSampling": {"type": "number"}})),
            "galley": with(json!({})), "security": with(json!({})), "nodeagent": with(json!({})), "certmanager": with(json!({})),
            "mixer": {"type": "object", "properties": {"policy": with(json!({})), "telemetry": with(json!({}))}},
            "sidecarInjectorWebhook": with(json!({})), "istiocoredns": with(json!({})), "telemetry": {"type": "object"},
            "istio_cni": object(json!({"enabled": {"type": "boolean"}})),
            // Read in part only.
            "gateways": object(json!({"istio-ingressgateway": closed(json!({}))})),
        }),
    );
    let gateway = piece(
        &["ingressGateway", "egressGateway"],
        json!({"global": global, "gateways": object(json!({
            "istio-ingressgateway": with(json!({"type": {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]}, "ports": {"type": "array"}})),
            "istio-egressgateway": with(json!({})),
        }))}),
    );
    let cni = piece(
        &["cni"],
        json!({"global": global, "cni": closed(json!({
            "excludeNamespaces": {"type": "array", "items": {"type": "string"}}, "logLevel": {"type": "string"}, "tag": {"type": "string"},
        }))}),
    );
    let addon = || with(json!({"tag": {"type": "string"}}));
    let addons = piece(
        &["prometheus", "grafana", "tracing", "kiali"],
        json!({"global": global, "prometheus": addon(), "grafana": addon(), "tracing": addon(), "kiali": addon()}),
    );
    let critical_pods = object(json!({
        "priorityClassName": {"enum": ["system-node-critical", "system-cluster-critical"]},
        "workloads": {"type": "array", "items": object(json!({"name": {"type": "string"}, "namespace": {"type": "string"}}))},
    }));
    [
        ("control-plane", control_plane),
        ("gateway", gateway),
        ("cni", cni),
        ("addons", addons),
        ("critical-pods", critical_pods),
    ]
    .map(|(name, schema)| (name.to_owned(), schema))
    .into()
}
