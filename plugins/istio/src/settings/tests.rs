//! Reading settings over defaults.

use meshhost_piece::schemars::{self, JsonSchema};
use meshhost_piece::serde_json::{Value, from_value, json};
use serde::{Deserialize, Serialize};

use super::Settings;
use crate::{Component, Global, Resources};

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Components {
    pilot: Component,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Values {
    global: Global,
    resources: Resources,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            global: Global::default(),
            resources: Resources::requests(&[("cpu", "1"), ("memory", "1Gi")]),
        }
    }
}

fn read(settings: Value) -> Settings<Components, Values> {
    from_value(settings).unwrap()
}

#[test]
fn a_part_of_a_map_keeps_the_rest_of_its_default() {
    let settings = read(json!({ "values": {
        "resources": { "requests": { "cpu": 2 }, "limits": { "memory": "2Gi" } },
        "global": { "proxy": { "concurrency": 8 }, "tag": 1.5, "hub": null },
    } }));
    let values = settings.values;
    assert_eq!(
        json!(values.resources),
        json!({ "limits": { "memory": "2Gi" }, "requests": { "cpu": "2", "memory": "1Gi" } }),
    );
    assert_eq!(values.global.proxy.concurrency, 8);
    assert_eq!(values.global.proxy.image, "proxyv2");
    assert_eq!(values.global.hub, Global::default().hub);
}

#[test]
fn an_unknown_key_is_an_error_in_values_and_a_warning_in_unvalidated_values() {
    let wrong = json!({ "values": { "global": { "proxy": { "imagee": "x" } } } });
    let error = from_value::<Settings<Components, Values>>(wrong).unwrap_err();
    assert!(error.to_string().contains("imagee"), "{error}");

    let settings = read(json!({ "unvalidatedValues": {
        "global": { "proxy": { "imagee": "x", "image": "mine" } }, "other": {},
    } }));
    let (values, diagnostics) = settings.effective_values().unwrap();
    assert_eq!(values.global.proxy.image, "mine");
    let paths: Vec<_> = diagnostics
        .iter()
        .map(|d| d.path.as_deref().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "unvalidatedValues.global.proxy.imagee",
            "unvalidatedValues.other"
        ]
    );
}

#[test]
fn a_wrong_type_in_unvalidated_values_is_an_error() {
    let settings = read(json!({ "unvalidatedValues": { "global": { "useMCP": "maybe" } } }));
    let problem = settings.effective_values().unwrap_err();
    assert_eq!(problem.path, "unvalidatedValues.global.useMCP");
}
