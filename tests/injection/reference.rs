//! Equality with what istioctl 1.4.2 made of the same workloads, where that reference data is beside the project.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::command;

#[test]
fn workloads_come_out_as_kube_inject_returned_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let reference = root.join("../shared/reference/istio-1.4.2");
    if !reference.is_dir() {
        return;
    }
    let cases: Value =
        serde_json::from_slice(&fs::read(reference.join("cases.json")).unwrap()).unwrap();
    let mut compared = 0;
    for profile in fs::read_dir(reference.join("inject/expected")).unwrap() {
        let profile = profile.unwrap();
        let case = match profile.file_name().to_str().unwrap() {
            "demo-cni" => "seed-command".to_owned(),
            name => format!("profile-{name}"),
        };
        let mut args = vec!["--set", "hub=docker.io/istio", "--set", "tag=1.4.2"];
        let set = cases[&case]["set"].as_array().cloned().unwrap_or_default();
        for one in &set {
            args.extend(["--set", one.as_str().unwrap()]);
        }
        for expected in fs::read_dir(profile.path()).unwrap() {
            let expected = expected.unwrap();
            let input = reference.join("inject/in").join(expected.file_name());
            let (given, _) = command::injected(&args, &fs::read_to_string(input).unwrap());
            let wanted = command::documents(&fs::read(expected.path()).unwrap());
            assert_eq!(
                given.iter().map(compared_data).collect::<Vec<_>>(),
                wanted.iter().map(compared_data).collect::<Vec<_>>(),
                "{}",
                expected.path().display()
            );
            compared += wanted.len();
        }
    }
    assert!(compared > 10, "{compared}");
}

/// Without what says nothing, and without the digest of the template.
fn compared_data(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(key, value)| {
                let empty = value.as_object().is_some_and(serde_json::Map::is_empty);
                let filler = ["metadata", "resources", "strategy", "updateStrategy"];
                !value.is_null()
                    && key.as_str() != "status"
                    && !(empty && filler.contains(&key.as_str()))
            })
            .map(|(key, value)| {
                let value = match (key.as_str(), value.as_str()) {
                    ("sidecar.istio.io/status", Some(text)) => {
                        let mut status: Value = serde_json::from_str(text).unwrap();
                        assert!(status["version"].take().is_string());
                        status
                    }
                    _ => compared_data(value),
                };
                (key.clone(), value)
            })
            .collect(),
        Value::Array(list) => list.iter().map(compared_data).collect(),
        value => value.clone(),
    }
}
