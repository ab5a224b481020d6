use std::collections::BTreeSet;

use meshhost_piece::{Value, json, serde_json};

use super::{objects, policy_objects};
use crate::context::Context;
use crate::settings::Components;
use crate::values::Values;

/// What telemetry and policy install with `values`, everything in `namespace`.
fn installed(values: Value, namespace: &str) -> (Vec<Value>, Vec<Value>) {
    let values: Values = serde_json::from_value(values).unwrap();
    let components = Components::default();
    let ctx = Context::new(&components, &values, namespace);
    (objects(&ctx, namespace), policy_objects(&ctx, namespace))
}

fn telemetry(adapters: Value) -> Vec<Value> {
    installed(json!({"mixer": {"adapters": adapters}}), "istio-system").0
}

fn names(objects: &[Value]) -> Vec<String> {
    let name = |object: &Value| {
        let kind = object["kind"].as_str().unwrap();
        let name = object["metadata"]["name"].as_str().unwrap();
        format!("{kind}/{name}")
    };
    objects.iter().map(name).collect()
}

fn spec<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = objects
        .iter()
        .find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    &found.unwrap()["spec"]
}

/// No adapter at all.
fn off() -> Value {
    json!({"prometheus": {"enabled": false}, "kubernetesenv": {"enabled": false}})
}

#[test]
fn each_adapter_brings_its_own() {
    let manifests = [
        "attributemanifest/istioproxy",
        "attributemanifest/kubernetes",
    ];
    assert_eq!(names(&telemetry(off())), manifests);
    for (adapter, settings, own) in [
        ("kubernetesenv", json!({}), 4),
        ("prometheus", json!({}), 13),
        ("stdio", json!({}), 5),
        ("stackdriver", json!({}), 21),
        ("stackdriver", json!({"tracer": {"enabled": true}}), 23),
        (
            "stackdriver",
            json!({"contextGraph": {"enabled": true}}),
            23,
        ),
    ] {
        let mut adapters = off();
        adapters[adapter] = settings;
        adapters[adapter]["enabled"] = true.into();
        let found = telemetry(adapters);
        assert_eq!(found.len(), 2 + own, "{adapter}: {:?}", names(&found));
        let handlers = names(&found)
            .into_iter()
            .filter(|name| name.starts_with("handler/"));
        assert_eq!(handlers.collect::<Vec<_>>(), [format!("handler/{adapter}")]);
    }
}

#[test]
fn every_rule_refers_to_what_is_there() {
    let every = json!({
        "stdio": {"enabled": true},
        "stackdriver": {"enabled": true, "tracer": {"enabled": true}, "contextGraph": {"enabled": true}},
    });
    let found = telemetry(every);
    let there: BTreeSet<_> = names(&found).into_iter().collect();
    assert_eq!(there.len(), found.len(), "no object is there twice");
    for rule in found.iter().filter(|object| object["kind"] == "rule") {
        for action in rule["spec"]["actions"].as_array().unwrap() {
            let handler = action["handler"].as_str().unwrap();
            assert!(there.contains(&format!("handler/{handler}")), "{handler}");
            for instance in action["instances"].as_array().unwrap() {
                let instance = instance.as_str().unwrap();
                assert!(
                    there.contains(&format!("instance/{instance}")),
                    "{instance}"
                );
            }
        }
    }
    // And every metric that prometheus is told of, has an instance with the labels it is told of.
    for metric in spec(&found, "handler", "prometheus")["params"]["metrics"]
        .as_array()
        .unwrap()
    {
        let instance = metric["instance_name"].as_str().unwrap();
        let instance = instance.strip_suffix(".instance.istio-system").unwrap();
        let dimensions = spec(&found, "instance", instance)["params"]["dimensions"]
            .as_object()
            .unwrap();
        let labels = metric["label_names"].as_array().unwrap();
        assert_eq!(labels.len(), dimensions.len());
        assert!(
            labels
                .iter()
                .all(|label| dimensions.contains_key(label.as_str().unwrap()))
        );
    }
}

#[test]
fn policy_has_its_own_outside_of_the_shared_namespace() {
    let (of_telemetry, of_policy) = installed(json!({}), "istio-system");
    assert_eq!((of_telemetry.len(), of_policy.len()), (19, 0));

    // In one namespace, an object is there once, and is policy's.
    let (of_telemetry, of_policy) = installed(json!({}), "mesh");
    assert_eq!((of_telemetry.len(), of_policy.len()), (13, 6));
    for object in &of_policy {
        assert_eq!(object["metadata"]["labels"]["app"], "istio-policy");
        assert_eq!(object["metadata"]["namespace"], "mesh");
    }

    let (of_telemetry, of_policy) = installed(
        json!({"mixer": {"policy": {"adapters": {"kubernetesenv": {"enabled": false}}}}}),
        "mesh",
    );
    assert_eq!((of_telemetry.len(), of_policy.len()), (17, 2));
}

#[test]
fn settings_reach_handlers() {
    let found = telemetry(json!({
        "prometheus": {"metricsExpiryDuration": "3m"},
        "stdio": {"enabled": true, "outputAsJson": true},
    }));
    assert_eq!(
        spec(&found, "handler", "prometheus")["params"]["metricsExpirationPolicy"],
        json!({"metricsExpiryDuration": "3m"})
    );
    assert_eq!(
        spec(&found, "handler", "stdio")["params"],
        json!({"outputAsJson": true})
    );

    let (found, _) = installed(
        json!({
            "global": {"meshID": "earth"},
            "mixer": {"adapters": {"stackdriver": {
                "enabled": true,
                "auth": {"apiKey": "k", "appCredentials": true, "serviceAccountPath": "/p"},
                "tracer": {"enabled": true, "sampleProbability": 0.25},
            }}},
        }),
        "istio-system",
    );
    let params = &spec(&found, "handler", "stackdriver")["params"];
    assert_eq!(params["apiKey"], "k");
    assert_eq!(params["appCredentials"], true);
    assert_eq!(params["serviceAccountPath"], "/p");
    assert_eq!(params["trace"], json!({"sampleProbability": 0.25}));
    assert_eq!(
        spec(&found, "instance", "client-request-count")["params"]["dimensions"]["mesh_uid"],
        r#""earth""#
    );
}
