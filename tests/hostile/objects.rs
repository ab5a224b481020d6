//! What a piece returns as objects.

use serde_json::json;

use crate::stranger::{ANYTHING, Declared, Stranger, object, outcome};

const CONFIG_MAPS: Declared<'static> = [Some(""), Some("ConfigMap"), Some("istio-system"), None];

fn one(declared: Declared<'_>, text: impl Into<String>) -> String {
    outcome(&[Stranger::new("stranger").objects(declared, &[text.into()])])
}

fn anything(text: impl Into<String>) -> String {
    one(ANYTHING, text)
}

/// With one field of `metadata` more.
fn metadata(field: &str, value: serde_json::Value) -> String {
    let mut object: serde_json::Value =
        serde_json::from_str(&object("v1", "ConfigMap", "istio-system", "a")).unwrap();
    object["metadata"][field] = value;
    object.to_string()
}

#[test]
fn what_is_as_it_should_be() {
    assert_eq!(
        one(CONFIG_MAPS, object("v1", "ConfigMap", "istio-system", "a")),
        "1 objects"
    );
}

#[test]
fn texts_that_mean_nothing_or_two_things() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let deep_object = format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"a","namespace":"b"}},"data":{}}}"#,
        deep(10_000)
    );
    insta::assert_snapshot!(
        [
            anything(""),
            anything("null"),
            anything("[]"),
            anything("\"text\""),
            anything("{} {}"),
            anything("# YAML\nkind: ConfigMap"),
            anything(deep(20_000)),
            anything(deep_object),
            anything(r#"{"kind":"ConfigMap","kind":"Secret"}"#),
            anything(
                r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","n\u0061me":"b"}}"#
            ),
            anything("{\"a\":1e999}"),
            anything("{\"\u{1b}[2J\":1,\"\u{1b}[2J\":2}"),
            anything("\u{feff}{}"),
        ]
        .join("\n")
    );
}

#[test]
fn metadata_that_is_wrong_or_missing() {
    let with = |metadata: serde_json::Value| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}).to_string()
    };
    insta::assert_snapshot!(
        [
            anything("{}"),
            anything(r#"{"apiVersion":"v1"}"#),
            anything(r#"{"apiVersion":"v1","kind":"ConfigMap"}"#),
            anything(r#"{"apiVersion":1,"kind":"ConfigMap","metadata":{"name":"a"}}"#),
            anything(r#"{"apiVersion":"v1/v2/v3","kind":"ConfigMap","metadata":{"name":"a"}}"#),
            anything(r#"{"apiVersion":"../v1","kind":"ConfigMap","metadata":{"name":"a"}}"#),
            anything(with(json!([]))),
            anything(with(json!({}))),
            anything(with(json!({"name": ""}))),
            anything(with(json!({"name": ["a"]}))),
            anything(with(json!({"name": "a"}))),
            anything(with(json!({"name": "a", "namespace": 7}))),
            anything(with(json!({"name": "x".repeat(300), "namespace": "b"}))),
        ]
        .join("\n")
    );
}

#[test]
fn names_that_are_paths_or_more_than_names() {
    let named = |name: &str| anything(object("v1", "ConfigMap", "istio-system", name));
    let within = |namespace: &str| anything(object("v1", "ConfigMap", namespace, "a"));
    insta::assert_snapshot!(
        [
            named("../secrets/root"),
            named(".."),
            named("a/b"),
            named("a%2fb"),
            named("a?fieldManager=x"),
            named("a\nb"),
            named("a\u{1b}[2Jb"),
            named("a\u{9b}31mb"),
            named("a\u{202e}b"),
            named("a\u{200b}b"),
            within("../kube-system"),
            within("kube-system/pods"),
            within("*"),
            within("Istio-System"),
        ]
        .join("\n")
    );
}

#[test]
fn objects_outside_of_what_was_declared() {
    insta::assert_snapshot!(
        [
            // Another namespace, and none at all.
            one(CONFIG_MAPS, object("v1", "ConfigMap", "kube-system", "a")),
            one(CONFIG_MAPS, r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#),
            // Another kind, and the same kind spelled otherwise.
            one(CONFIG_MAPS, object("v1", "Secret", "istio-system", "a")),
            one(CONFIG_MAPS, object("v1", "configmap", "istio-system", "a")),
            one(CONFIG_MAPS, object("v1", "CONFIGMAP", "istio-system", "a")),
            one(CONFIG_MAPS, object("v1", "ConfigMaps", "istio-system", "a")),
            // The Cyrillic letter.
            one(CONFIG_MAPS, object("v1", "\u{421}onfigMap", "istio-system", "a")),
            // The same kind of another group.
            one(CONFIG_MAPS, object("example.org/v1", "ConfigMap", "istio-system", "a")),
            one(CONFIG_MAPS, object("Core/v1", "ConfigMap", "istio-system", "a")),
            // Cluster-scoped.
            one(
                CONFIG_MAPS,
                r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"a"}}"#
            ),
            one(
                [None, None, Some("istio-system"), None],
                r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"a"}}"#
            ),
            // A cluster-scoped kind that pretends to live in the namespace that was granted.
            one([None, None, Some("istio-system"), None], object("v1", "Namespace", "istio-system", "a")),
            // A name beyond the declared start.
            one([None, None, None, Some("mine-*")], object("v1", "ConfigMap", "istio-system", "yours")),
        ]
        .join("\n")
    );
}

#[test]
fn lists_in_the_place_of_objects() {
    let item = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "kube-system"}});
    let list = |kind: &str, metadata: serde_json::Value| {
        json!({"apiVersion": "v1", "kind": kind, "metadata": metadata, "items": [item]}).to_string()
    };
    let nested = json!({"apiVersion": "v1", "kind": "List", "metadata": {"name": "a"}, "items": [
        {"apiVersion": "v1", "kind": "List", "items": [item]},
    ]});
    insta::assert_snapshot!(
        [
            anything(list("List", json!({}))),
            anything(list("List", json!({"name": "a"}))),
            anything(list(
                "SecretList",
                json!({"name": "a", "namespace": "istio-system"})
            )),
            anything(nested.to_string()),
        ]
        .join("\n")
    );
}

#[test]
fn fields_that_reach_beyond_the_object() {
    let owner = json!([{"apiVersion": "v1", "kind": "Namespace", "name": "kube-system", "uid": "1", "blockOwnerDeletion": true}]);
    insta::assert_snapshot!(
        [
            anything(r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"a-","namespace":"b"}}"#),
            anything(metadata("generateName", json!("a-"))),
            anything(metadata("ownerReferences", owner)),
            anything(metadata("ownerReferences", json!({}))),
            anything(metadata("uid", json!("1"))),
            anything(metadata("resourceVersion", json!("1"))),
            anything(metadata("managedFields", json!([{"manager": "kubectl"}]))),
            anything(metadata("deletionTimestamp", json!("2026-01-01T00:00:00Z"))),
            anything(metadata("labels", json!({"applyset.kubernetes.io/part-of": "x"}))),
            anything(metadata("labels", json!({"applyset.kubernetes.io/id": "x"}))),
        ]
        .join("\n")
    );
}

/// A bad object among good ones takes none of the good ones away in silence, and two pieces cannot take turns.
#[test]
fn parts_of_an_answer() {
    let good = |name: &str| object("v1", "ConfigMap", "istio-system", name);
    let pieces = |second: &str| {
        [
            Stranger::new("one").objects(ANYTHING, &[good("a"), "{".to_owned(), good("b")]),
            Stranger::new("two").objects(ANYTHING, &[good(second)]),
        ]
    };
    insta::assert_snapshot!(
        [
            outcome(&pieces("c")),
            outcome(&pieces("a")),
            outcome(&[Stranger::new("one").objects(ANYTHING, &[good("a"), good("a")])]),
        ]
        .join("\n")
    );
}
