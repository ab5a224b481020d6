use serde_json::{Value, json};

use super::*;
use crate::source::{Source, SourceKind};
use crate::yaml;

fn migrated(text: &str) -> Value {
    let source = Source::new(SourceKind::File, "values.yaml", text);
    let values = yaml::read(&source).unwrap().remove(0);
    migrate(values).to_json()
}

#[test]
fn values_become_settings() {
    for (what, values, expected) in [
        (
            "images and namespaces",
            "global: {hub: docker.io/istio, tag: 1.4, istioNamespace: mesh, configNamespace: c, policyNamespace: p, telemetryNamespace: t, securityNamespace: s, prometheusNamespace: m}",
            json!({
                "hub": "docker.io/istio", "tag": "1.4", "defaultNamespace": "mesh",
                "configManagement": {"components": {"namespace": "c"}},
                "security": {"components": {"namespace": "s"}},
                "policy": {"components": {"namespace": "p"}},
                "telemetry": {"components": {"namespace": "t"}},
                "values": {"global": {"prometheusNamespace": "m"}},
            }),
        ),
        (
            "a component that is switched off",
            "galley: {enabled: false, image: galley}",
            json!({
                "configManagement": {"enabled": false, "components": {"galley": {"enabled": false}}},
                "values": {"galley": {"image": "galley"}},
            }),
        ),
        (
            "a component of which something is said is installed",
            "pilot: {traceSampling: 1.0}",
            json!({
                "trafficManagement": {"enabled": true, "components": {"pilot": {"enabled": true}}},
                "values": {"pilot": {"traceSampling": 1.0}},
            }),
        ),
        (
            "one component of a feature that is off does not take the others away",
            "nodeagent: {enabled: false}",
            json!({"security": {"components": {"nodeAgent": {"enabled": false}}}}),
        ),
        (
            "one that is on switches the feature on",
            "mixer: {policy: {enabled: false}, telemetry: {enabled: true}}\nnodeagent: {enabled: true}\nsecurity: {enabled: false}",
            json!({
                "policy": {"enabled": false, "components": {"policy": {"enabled": false}}},
                "telemetry": {"enabled": true, "components": {"telemetry": {"enabled": true}}},
                "security": {"enabled": true, "components": {"citadel": {"enabled": false}, "nodeAgent": {"enabled": true}}},
            }),
        ),
        (
            "switches of whole features",
            "gateways: {enabled: false, istio-ingressgateway: {enabled: true}}\nmixer: {enabled: false}",
            json!({
                "policy": {"enabled": false},
                "telemetry": {"enabled": false},
                "gateways": {"enabled": false, "components": {"ingressGateway": {"enabled": true}}},
            }),
        ),
        (
            "the CNI plug-in is switched for the injector",
            "istio_cni: {enabled: true}\ncni: {excludeNamespaces: [a]}",
            json!({
                "cni": {"enabled": true, "components": {"cni": {"enabled": true}}},
                "values": {"cni": {"excludeNamespaces": ["a"]}},
            }),
        ),
        (
            "Kubernetes settings",
            "galley: {replicaCount: 2, rollingMaxSurge: 1, rollingMaxUnavailable: 25%, nodeSelector: {a: b}, tolerations: [{key: x}], resources: {requests: {cpu: 1m}}, env: {A: b, C: 1, D: true}, podAnnotations: {p: q}}",
            json!({
                "configManagement": {"enabled": true, "components": {"galley": {"enabled": true, "k8s": {
                    "env": [{"name": "A", "value": "b"}, {"name": "C", "value": "1"}, {"name": "D", "value": "true"}],
                    "replicaCount": 2,
                    "resources": {"requests": {"cpu": "1m"}}, "tolerations": [{"key": "x"}],
                    "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}},
                }}}},
                "values": {"galley": {"nodeSelector": {"a": "b"}, "podAnnotations": {"p": "q"}}},
            }),
        ),
        (
            "what says nothing stays, and no component is made of it",
            "galley: {replicaCount: 0, nodeSelector: {}, tolerations: [], image: ''}",
            json!({
                "configManagement": {"enabled": true, "components": {"galley": {"enabled": true}}},
                "values": {"galley": {"replicaCount": 0, "tolerations": [], "image": ""}},
            }),
        ),
        (
            "an autoscaler",
            "pilot: {autoscaleEnabled: true, autoscaleMin: 2, autoscaleMax: 9, cpu: {targetAverageUtilization: 60}, replicaCount: 3}",
            json!({
                "trafficManagement": {"enabled": true, "components": {"pilot": {"enabled": true, "k8s": {"hpaSpec": {
                    "minReplicas": 2, "maxReplicas": 9,
                    "metrics": [{"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 60}}],
                }}}}},
                "values": {"pilot": {"autoscaleEnabled": true, "replicaCount": 3}},
            }),
        ),
        (
            "no autoscaler",
            "pilot: {autoscaleEnabled: false, autoscaleMin: 2, replicaCount: 3}",
            json!({
                "trafficManagement": {"enabled": true, "components": {"pilot": {"enabled": true, "k8s": {"replicaCount": 3}}}},
                "values": {"pilot": {"autoscaleEnabled": false, "autoscaleMin": 2}},
            }),
        ),
        (
            "add-ons stay values",
            "grafana: {enabled: true, replicaCount: 2}",
            json!({"values": {"grafana": {"enabled": true, "replicaCount": 2}}}),
        ),
        ("nothing", "{}", json!({})),
    ] {
        assert_eq!(migrated(values), expected, "{what}");
    }
}

#[test]
fn what_does_not_fit_stays_to_be_refused_where_it_was_written() {
    for (values, expected) in [
        (
            "pilot: {enabled: maybe}",
            json!({"trafficManagement": {"components": {"pilot": {"enabled": "maybe"}}}}),
        ),
        (
            "galley: {env: [a]}",
            json!({
                "configManagement": {"enabled": true, "components": {"galley": {"enabled": true}}},
                "values": {"galley": {"env": ["a"]}},
            }),
        ),
        (
            "galley: {env: {A: {valueFrom: x}}}",
            json!({
                "configManagement": {"enabled": true, "components": {"galley": {"enabled": true}}},
                "values": {"galley": {"env": {"A": {"valueFrom": "x"}}}},
            }),
        ),
        ("- a", json!({"values": ["a"]})),
        ("global: 7", json!({"values": {"global": 7}})),
        ("pilot: true", json!({"values": {"pilot": true}})),
    ] {
        assert_eq!(migrated(values), expected, "{values}");
    }
}

#[test]
fn each_component_of_a_feature_has_a_root_in_values() {
    for component in &COMPONENTS {
        if matches!(component.switch, Switch::Feature(_)) {
            assert!(!component.root.is_empty(), "{}", component.name);
        }
    }
    for name in AUTOSCALED {
        assert!(api::find_component(name).is_some(), "{name}");
    }
}
