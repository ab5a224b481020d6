//! Whose is it: what was there before, what belongs to another, what others have put in.

use meshhost_core::bundle::Bundle;
use meshhost_core::plan::{Action, Refusal};
use serde_json::json;

use crate::manifests::{bundle, config_map, definition, namespace, thing};
use crate::started::{apply, get, plan, send};

#[tokio::test]
async fn what_was_there_before_is_given_back() {
    send("POST", "/api/v1/namespaces", Some(namespace("before")))
        .await
        .unwrap();
    let theirs = config_map("before", "theirs", &json!({"a": "1"}));
    send("POST", "/api/v1/namespaces/before/configmaps", Some(theirs))
        .await
        .unwrap();
    let wish = bundle(vec![
        namespace("before"),
        config_map("before", "theirs", &json!({"a": "1", "b": "2"})),
    ]);
    let planned = plan(&wish, "before").await;
    assert_eq!(planned.refusals, []);
    assert!(
        planned
            .objects
            .iter()
            .all(|it| matches!(it.action, Action::Adopt { .. })),
        "{planned:#?}"
    );
    apply(&wish, "before").await.0.expect("it is applied");
    assert!(plan(&wish, "before").await.is_empty());

    let removed = apply(&Bundle::default(), "before")
        .await
        .0
        .expect("it is removed");
    let left: Vec<String> = removed.left.iter().map(ToString::to_string).collect();
    assert_eq!(
        left,
        [
            "ConfigMap before/theirs stays: it was there before the installation",
            "Namespace before stays: it was there before the installation",
        ]
    );
    let live = get("/api/v1/namespaces/before/configmaps/theirs")
        .await
        .unwrap();
    assert_eq!(
        live["data"],
        json!({"a": "1"}),
        "only what was ours has gone"
    );
    assert_eq!(live["metadata"].get("labels"), None);
    assert_eq!(live["metadata"].get("annotations"), None);
}

#[tokio::test]
async fn an_object_belongs_to_one_installation_but_a_namespace_can_be_shared() {
    let one = bundle(vec![
        namespace("shared"),
        config_map("shared", "c", &json!({"a": "1"})),
    ]);
    apply(&one, "shared-one").await.0.expect("it is applied");
    let planned = plan(&one, "shared-two").await;
    let told: Vec<String> = planned.refusals.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "ConfigMap shared/c: piece piece contributes it to installation shared-two, but it belongs to \
          installation shared-one; an object can only belong to one (--adopt=all takes it away from there)"
        ]
    );
    let two = bundle(vec![
        namespace("shared"),
        config_map("shared", "d", &json!({})),
    ]);
    apply(&two, "shared-two").await.0.expect("it is applied");
    assert!(plan(&two, "shared-two").await.is_empty());
    assert!(plan(&one, "shared-one").await.is_empty());

    let removed = apply(&Bundle::default(), "shared-one")
        .await
        .0
        .expect("it is removed");
    let left: Vec<String> = removed.left.iter().map(ToString::to_string).collect();
    assert_eq!(
        left,
        ["Namespace shared stays: others' objects live in it: ConfigMap shared/d"]
    );
    assert!(plan(&two, "shared-two").await.refusals.is_empty());
    apply(&Bundle::default(), "shared-two")
        .await
        .0
        .expect("it is removed");
    assert!(
        get("/api/v1/namespaces/shared/configmaps/d")
            .await
            .is_none()
    );
}

#[tokio::test]
async fn others_objects_keep_a_definition_and_a_namespace() {
    let group = "others.example.com";
    let wish = bundle(vec![
        namespace("others"),
        definition(group),
        thing(group, "others", "ours"),
    ]);
    apply(&wish, "others").await.0.expect("it is applied");
    let things = format!("/apis/{group}/v1/namespaces/others/things");
    send("POST", &things, Some(thing(group, "others", "theirs")))
        .await
        .unwrap();
    let removed = apply(&Bundle::default(), "others")
        .await
        .0
        .expect("it is removed");
    let left: Vec<String> = removed.left.iter().map(ToString::to_string).collect();
    assert_eq!(
        left,
        [
            "Namespace others stays: others' objects live in it: Thing.others.example.com others/theirs",
            "CustomResourceDefinition.apiextensions.k8s.io things.others.example.com stays: \
             there are others' objects of its kind: Thing.others.example.com others/theirs",
        ]
    );
    assert!(get(&format!("{things}/ours")).await.is_none());
    assert!(get(&format!("{things}/theirs")).await.is_some());
    let definition = get(&format!(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.{group}"
    ))
    .await
    .unwrap();
    assert_eq!(
        definition["metadata"].get("labels"),
        None,
        "it is nobody's now"
    );
}

#[tokio::test]
async fn the_inventory_of_another_tool_is_not_touched() {
    let set = meshhost_core::inventory::Inventory::new("theirs", "kube-system");
    let mut parent = set.parent("1");
    parent["metadata"]["annotations"]["applyset.kubernetes.io/tooling"] = json!("kubectl/v1.37.0");
    send(
        "POST",
        "/api/v1/namespaces/kube-system/secrets",
        Some(parent),
    )
    .await
    .unwrap();
    let cluster = crate::started::cluster().await;
    let wish = bundle(vec![namespace("theirs")]);
    let options = meshhost_cluster::PlanOptions::default();
    let error = cluster
        .plan(
            &wish,
            &meshhost_cluster::Installation::new("theirs"),
            &options,
        )
        .await
        .expect_err("it is refused");
    assert!(
        error
            .to_string()
            .contains("is the inventory of another tool (kubectl/v1.37.0)"),
        "{error}"
    );
}

#[tokio::test]
async fn kinds_that_nobody_serves_are_refused_before_anything_is_written() {
    let mut old = config_map("unserved", "a", &json!({}));
    old["apiVersion"] = json!("apps/v1beta1");
    old["kind"] = json!("Deployment");
    let wish = bundle(vec![
        namespace("unserved"),
        old,
        thing("nobody.example.com", "unserved", "x"),
    ]);
    let planned = plan(&wish, "unserved").await;
    let told: Vec<String> = planned.refusals.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "Deployment.apps unserved/a: piece piece uses apps/v1beta1, in which this cluster serves no Deployment; it is served as apps/v1",
            "Thing.nobody.example.com unserved/x: piece piece uses nobody.example.com/v1, in which this cluster serves no Thing; \
             install what defines Thing.nobody.example.com first, or leave out the piece",
        ]
    );
    assert!(
        planned
            .refusals
            .iter()
            .all(|it| matches!(it, Refusal::NotServed { .. }))
    );
    assert!(apply(&wish, "unserved").await.0.is_err());
    assert!(get("/api/v1/namespaces/unserved").await.is_none());
}
