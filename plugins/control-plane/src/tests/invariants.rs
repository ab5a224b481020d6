//! What must hold of the objects with any settings.

use std::collections::BTreeSet;

use meshhost_piece::serde_json::{Value, json};
use meshhost_piece::{Piece, Selector};

use super::{everything, objects};
use crate::ControlPlane;

/// Settings that differ in what they install.
fn installations() -> Vec<(&'static str, Value)> {
    let all = everything();
    vec![
        ("default", json!({})),
        ("everything", json!({ "components": all })),
        (
            "unsecured",
            json!({ "components": all, "values": { "global": { "controlPlaneSecurityEnabled": false } } }),
        ),
        (
            "sds",
            json!({ "components": all, "values": { "global": { "sds": { "enabled": true }, "mtls": { "enabled": true } } } }),
        ),
        (
            "version",
            json!({ "values": { "version": "canary", "telemetry": { "v2": { "enabled": true } } } }),
        ),
        (
            "remote",
            json!({
                "components": { "pilot": {}, "policy": {}, "telemetry": {}, "galley": {}, "injector": {} },
                "values": { "global": {
                    "createRemoteSvcEndpoints": true, "remotePilotAddress": "10.0.0.1",
                    "remotePolicyAddress": "10.0.0.2", "remoteTelemetryAddress": "10.0.0.3",
                } },
            }),
        ),
        (
            "spread",
            json!({ "components": {
            "pilot": { "enabled": true, "namespace": "a" },
            "galley": { "enabled": true, "namespace": "b" },
            "policy": { "enabled": true, "namespace": "c" },
            "telemetry": { "enabled": true, "namespace": "d" },
            "injector": { "enabled": true, "namespace": "a" },
        } }),
        ),
    ]
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn id(object: &Value) -> String {
    format!(
        "{}/{}/{}/{}",
        text(object, "/apiVersion"),
        text(object, "/kind"),
        text(object, "/metadata/namespace"),
        text(object, "/metadata/name")
    )
}

#[test]
fn an_object_exists_once() {
    for (name, settings) in installations() {
        let mut seen = BTreeSet::new();
        for object in objects(settings) {
            assert!(seen.insert(id(&object)), "{name}: two of {}", id(&object));
        }
    }
}

#[test]
fn the_same_settings_give_the_same_objects() {
    for (name, settings) in installations() {
        assert_eq!(objects(settings.clone()), objects(settings), "{name}");
    }
}

#[test]
fn nothing_is_emitted_that_the_card_does_not_name() {
    let emits = ControlPlane::describe().emits;
    for (name, settings) in installations() {
        for object in objects(settings) {
            assert!(
                emits.iter().any(|selector| chooses(selector, &object)),
                "{name}: {}",
                id(&object)
            );
        }
    }
}

fn chooses(selector: &Selector, object: &Value) -> bool {
    let group = text(object, "/apiVersion")
        .split_once('/')
        .map_or("", |(group, _)| group);
    let name = text(object, "/metadata/name");
    selector.group.as_deref().is_none_or(|of| of == group)
        && selector
            .kind
            .as_deref()
            .is_none_or(|of| of == text(object, "/kind"))
        && selector
            .name
            .as_deref()
            .is_none_or(|of| match of.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == of,
            })
}

#[test]
fn what_pods_need_is_there() {
    for (name, settings) in installations() {
        let objects = objects(settings);
        let there = |kind: &str, namespace: &str, of: &str| {
            objects.iter().any(|object| {
                object["kind"] == kind
                    && object["metadata"]["name"] == of
                    && object["metadata"]["namespace"] == namespace
            })
        };
        for workload in objects
            .iter()
            .filter(|object| object["kind"] == "Deployment" || object["kind"] == "DaemonSet")
        {
            let namespace = text(workload, "/metadata/namespace");
            let pod = &workload["spec"]["template"]["spec"];
            let account = pod["serviceAccountName"].as_str().unwrap();
            assert!(
                there("ServiceAccount", namespace, account),
                "{name}: {} has no {account}",
                id(workload)
            );
            let volumes: Vec<_> = pod["volumes"].as_array().into_iter().flatten().collect();
            for volume in &volumes {
                if let Some(map) = volume.pointer("/configMap/name").and_then(Value::as_str) {
                    assert!(
                        there("ConfigMap", namespace, map),
                        "{name}: {} has no {map}",
                        id(workload)
                    );
                }
            }
            for container in pod["containers"].as_array().unwrap() {
                for mount in container["volumeMounts"].as_array().into_iter().flatten() {
                    let known = volumes.iter().any(|volume| volume["name"] == mount["name"]);
                    assert!(known, "{name}: {} mounts {}", id(workload), mount["name"]);
                }
            }
            let labels = workload.pointer("/spec/template/metadata/labels").unwrap();
            assert!(
                matches(&workload["spec"]["selector"]["matchLabels"], labels),
                "{name}: {}",
                id(workload)
            );
        }
    }
}

#[test]
fn what_chooses_pods_finds_some() {
    for (name, settings) in installations() {
        let objects = objects(settings);
        let finds = |namespace: &str, selector: &Value| {
            objects.iter().any(|object| {
                object["metadata"]["namespace"] == namespace
                    && object
                        .pointer("/spec/template/metadata/labels")
                        .is_some_and(|labels| matches(selector, labels))
            })
        };
        for object in &objects {
            let namespace = text(object, "/metadata/namespace");
            match text(object, "/kind") {
                "Service" if object["spec"].get("selector").is_some() => {
                    assert!(
                        finds(namespace, &object["spec"]["selector"]),
                        "{name}: {}",
                        id(object)
                    );
                }
                "HorizontalPodAutoscaler" => {
                    let target = text(object, "/spec/scaleTargetRef/name");
                    assert!(
                        objects.iter().any(
                            |of| of["kind"] == "Deployment" && of["metadata"]["name"] == target
                        ),
                        "{name}: {}",
                        id(object)
                    );
                }
                _ => {}
            }
        }
    }
}

fn matches(selector: &Value, labels: &Value) -> bool {
    selector.as_object().is_some_and(|selector| {
        selector
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
    })
}

#[test]
fn objects_have_a_namespace_when_their_kind_has_one() {
    let without = [
        "ClusterIssuer",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "MeshPolicy",
        "MutatingWebhookConfiguration",
        "Namespace",
    ];
    for (name, settings) in installations() {
        for object in objects(settings) {
            let has = object["metadata"].get("namespace").is_some();
            assert_eq!(
                has,
                !without.contains(&text(&object, "/kind")),
                "{name}: {}",
                id(&object)
            );
        }
    }
}

#[test]
fn every_namespace_of_a_component_is_made() {
    for (name, settings) in installations() {
        let objects = objects(settings);
        for object in &objects {
            let namespace = text(object, "/metadata/namespace");
            let made = namespace.is_empty()
                || objects
                    .iter()
                    .any(|of| of["kind"] == "Namespace" && of["metadata"]["name"] == namespace);
            assert!(made, "{name}: {}", id(object));
        }
    }
}

#[test]
fn the_card_names_every_image() {
    let images = ControlPlane::describe().images;
    for object in objects(json!({ "components": everything() })) {
        for container in object
            .pointer("/spec/template/spec/containers")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let image = container["image"].as_str().unwrap();
            assert!(images.iter().any(|of| of == image), "{image}");
        }
    }
}

#[test]
fn pods_start_anew_when_what_they_read_once_changes() {
    let rules = super::contribute(json!({ "values": { "version": "canary" } }))
        .unwrap()
        .restarts;
    let of: Vec<_> = rules
        .iter()
        .map(|rule| {
            (
                rule.changed.name.as_deref().unwrap(),
                rule.restart.name.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        of,
        [
            ("istiocanary", "istio-pilotcanary"),
            ("pilot-envoy-configcanary", "istio-pilotcanary"),
            ("galley-envoy-config", "istio-galley"),
            ("telemetry-envoy-config", "istio-telemetry"),
        ]
    );
}
