//! Tables: an object, a path and a value in; the object, or why not, out.

use meshhost_piece::json;
use meshhost_piece::serde_json::Value;

use super::apply;
use crate::component::{Overlay, Patch};

fn object() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "d", "namespace": "n", "annotations": { "a.b/c": "1" } },
        "spec": { "containers": [
            { "name": "one", "args": ["--level=info", "--port", "80"], "ports": [{ "containerPort": 80 }, { "containerPort": 443 }] },
            { "name": "two" },
        ] },
    })
}

fn patched(path: &str, value: Value) -> Result<Value, String> {
    let mut objects = [object()];
    let overlay = Overlay {
        kind: "Deployment".to_owned(),
        name: "d".to_owned(),
        api_version: None,
        patches: vec![Patch {
            path: path.to_owned(),
            value,
        }],
    };
    apply(&mut objects, &[overlay], "n", "k8s").map_err(|problems| problems[0].message.clone())?;
    let [object] = objects;
    Ok(object)
}

#[test]
fn writes_where_the_path_leads() {
    let table: &[(&str, Value, &str, Value)] = &[
        ("spec.replicas", json!(3), "/spec/replicas", json!(3)),
        (
            "spec.containers.[name:two].image",
            json!("x"),
            "/spec/containers/1/image",
            json!("x"),
        ),
        (
            "spec.containers.[name:two]",
            json!({ "name": "three" }),
            "/spec/containers/1",
            json!({ "name": "three" }),
        ),
        (
            "spec.containers.[name:one].args.[--level]",
            json!("--level=debug"),
            "/spec/containers/0/args/0",
            json!("--level=debug"),
        ),
        (
            "spec.containers.[name:one].args.[]",
            json!("--more"),
            "/spec/containers/0/args/3",
            json!("--more"),
        ),
        (
            "spec.containers.[name:one].args",
            json!(["only"]),
            "/spec/containers/0/args",
            json!(["only"]),
        ),
        (
            "spec.containers.[1].image",
            json!("x"),
            "/spec/containers/1/image",
            json!("x"),
        ),
        (
            "spec.containers.[name:one].ports.[containerPort:443].name",
            json!("tls"),
            "/spec/containers/0/ports/1/name",
            json!("tls"),
        ),
        (
            r"metadata.annotations.a\.b/c",
            json!("2"),
            "/metadata/annotations/a.b~1c",
            json!("2"),
        ),
        (
            "metadata.annotations.new",
            json!({ "k": 1 }),
            "/metadata/annotations/new",
            json!({ "k": 1 }),
        ),
    ];
    for (path, value, pointer, want) in table {
        let object = patched(path, value.clone()).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(object.pointer(pointer), Some(want), "{path}");
    }
}

#[test]
fn null_takes_away() {
    let table = [
        (
            "spec.containers.[name:one]",
            "/spec/containers",
            json!([{ "name": "two" }]),
        ),
        (
            "spec.containers.[name:one].args.[port]",
            "/spec/containers/0/args",
            json!(["--level=info", "80"]),
        ),
        (
            "spec.containers.[name:one].ports.[containerPort:80]",
            "/spec/containers/0/ports",
            json!([{ "containerPort": 443 }]),
        ),
    ];
    for (path, pointer, want) in table {
        let object = patched(path, Value::Null).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(object.pointer(pointer), Some(&want), "{path}");
    }
}

#[test]
fn null_leaves_the_keys_of_maps() {
    let overlay = Overlay {
        kind: "Deployment".to_owned(),
        name: "d".to_owned(),
        api_version: None,
        patches: vec![Patch {
            path: "metadata.annotations".to_owned(),
            value: Value::Null,
        }],
    };
    let mut objects = [object()];
    let warnings = apply(&mut objects, &[overlay], "n", "k8s").unwrap();
    assert_eq!(objects, [object()]);
    assert_eq!(
        warnings[0].path.as_deref(),
        Some("k8s.overlays[0].patches[0].path")
    );
}

#[test]
fn says_why_a_path_leads_nowhere() {
    let table = [
        ("", "the path is empty"),
        ("[name:x]", "a path starts with a key"),
        ("spec.containers.[name:one", "a `[` is not closed"),
        ("spec.containers.[].image", "can only be the last part"),
        ("spec.template.spec", "there is no `template`"),
        (
            "spec.containers.[name:six].image",
            "no entry is `[name:six]`; there are: one, two",
        ),
        (
            "spec.containers.[name:one].args.[nothing]",
            "no entry is `[nothing]`; there are: --level=info, --port, 80",
        ),
        ("spec.containers.[7].image", "no entry is `[7]`"),
        ("spec.containers.name", "what is not a map"),
        ("spec.[name:x].y", "what is not a list"),
        (
            "spec.containers.[name:one].args.[(]",
            "not a regular expression",
        ),
    ];
    for (path, want) in table {
        let error = patched(path, json!(1)).expect_err(path);
        assert!(error.contains(want), "{path}: {error}");
    }
}

#[test]
fn names_what_there_is_when_no_object_is_meant() {
    let overlay = |kind: &str, name: &str| Overlay {
        kind: kind.to_owned(),
        name: name.to_owned(),
        api_version: None,
        patches: Vec::new(),
    };
    for (overlay, want) in [
        (overlay("Deployment", "e"), "it has as Deployment: d"),
        (
            overlay("Service", "d"),
            "kinds that the component has: Deployment",
        ),
    ] {
        let problems = apply(&mut [object()], &[overlay], "n", "k8s").unwrap_err();
        assert_eq!(problems[0].path, "k8s.overlays[0]");
        assert!(
            problems[0].hint.as_ref().unwrap().contains(want),
            "{problems:?}"
        );
    }
    let elsewhere = apply(
        &mut [object()],
        &[overlay("Deployment", "d")],
        "other",
        "k8s",
    );
    assert!(elsewhere.is_err());
}
