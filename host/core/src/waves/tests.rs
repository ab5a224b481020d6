use serde_json::{Value, json};

use super::*;
use crate::bundle::Contributed;
use crate::card::OrderRule;
use crate::selector::Selector;

fn object(api_version: &str, kind: &str, name: &str, rest: Value) -> Object {
    let mut value = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
    if !matches!(kind, "Namespace" | "CustomResourceDefinition") && !kind.starts_with("Cluster") {
        value["metadata"]["namespace"] = json!("ns");
    }
    for (key, content) in rest.as_object().expect("is an object") {
        value[key] = content.clone();
    }
    Object::new(value).unwrap()
}

fn mesh() -> Vec<Object> {
    vec![
        object("v1", "Namespace", "ns", json!({})),
        object(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "gateways.mesh.io",
            json!({"spec": {"group": "mesh.io", "names": {"kind": "Gateway"}}}),
        ),
        object("mesh.io/v1", "Gateway", "gate", json!({})),
        object("v1", "ConfigMap", "config", json!({})),
        object(
            "rbac.authorization.k8s.io/v1",
            "ClusterRole",
            "role",
            json!({}),
        ),
        object(
            "rbac.authorization.k8s.io/v1",
            "ClusterRoleBinding",
            "binding",
            json!({}),
        ),
        object(
            "v1",
            "Service",
            "galley",
            json!({"spec": {"selector": {"app": "galley"}}}),
        ),
        object(
            "apps/v1",
            "Deployment",
            "galley",
            json!({"spec": {"template": {"metadata": {"labels": {"app": "galley", "x": "y"}}}}}),
        ),
        object("apps/v1", "Deployment", "pilot", json!({"spec": {}})),
        object(
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            "galley",
            json!({"webhooks": [{"clientConfig": {"service": {"name": "galley", "namespace": "ns"}}}]}),
        ),
    ]
}

fn bundle(objects: Vec<Object>, rules: &[(Selector, Selector)]) -> Bundle {
    let mut bundle = Bundle::default();
    for object in objects {
        bundle.objects.push(Contributed {
            object,
            piece: "p".into(),
            amended: Vec::new(),
        });
    }
    bundle
        .objects
        .sort_by(|a, b| a.object.id().cmp(b.object.id()));
    bundle.order = rules
        .iter()
        .map(|(before, after)| {
            let rule = OrderRule {
                before: before.clone(),
                after: after.clone(),
            };
            ("p".to_owned(), rule)
        })
        .collect();
    bundle
}

fn kind(kind: &str, name: &str) -> Selector {
    Selector {
        kind: Some(kind.to_owned()),
        name: Some(name.to_owned()),
        ..Selector::default()
    }
}

fn told(waves: &[Wave]) -> Vec<String> {
    let join = |ids: &[ObjectId]| {
        let texts: Vec<String> = ids
            .iter()
            .map(|id| format!("{}/{}", id.kind, id.name))
            .collect();
        texts.join(" ")
    };
    waves
        .iter()
        .map(|wave| format!("[{}] {}", join(&wave.awaits), join(&wave.objects)))
        .collect()
}

#[test]
fn kinds_give_the_order() {
    let waves = waves(&bundle(mesh(), &[])).unwrap();
    assert_eq!(
        told(&waves),
        [
            "[] Namespace/ns CustomResourceDefinition/gateways.mesh.io",
            "[] ConfigMap/config ClusterRole/role",
            "[] ClusterRoleBinding/binding",
            "[CustomResourceDefinition/gateways.mesh.io] Service/galley Deployment/galley Deployment/pilot Gateway/gate",
            "[Service/galley Deployment/galley] ValidatingWebhookConfiguration/galley",
        ]
    );
}

#[test]
fn who_is_called_must_answer() {
    let webhook = |policy: &str| {
        object(
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            "hook",
            json!({"webhooks": [{"failurePolicy": policy, "clientConfig": {"service": {"name": "hook", "namespace": "ns"}}}]}),
        )
    };
    let service = |spec: Value| object("v1", "Service", "hook", json!({ "spec": spec }));
    let workload = |replicas: u32| {
        object(
            "apps/v1",
            "Deployment",
            "hook",
            json!({"spec": {"replicas": replicas,
            "template": {"metadata": {"labels": {"app": "hook"}}}}}),
        )
    };
    let chosen = json!({"selector": {"app": "hook"}});
    for (objects, called) in [
        (
            vec![webhook("Fail"), service(chosen.clone()), workload(1)],
            true,
        ),
        (
            vec![webhook("Ignore"), service(chosen.clone()), workload(1)],
            true,
        ),
        (
            vec![webhook("Fail"), service(chosen.clone()), workload(0)],
            false,
        ),
        // Pods that somebody else makes.
        (vec![webhook("Fail"), service(chosen.clone())], true),
        (vec![webhook("Ignore"), service(chosen)], false),
        // Endpoints that somebody writes by hand, or none at all.
        (vec![webhook("Fail"), service(json!({}))], false),
        (vec![webhook("Fail")], false),
    ] {
        let waves = waves(&bundle(objects.clone(), &[])).unwrap();
        let calls: Vec<&ObjectId> = waves.iter().flat_map(|wave| &wave.calls).collect();
        assert_eq!(calls.len(), usize::from(called), "{objects:#?}");
    }
}

#[test]
fn rules_put_objects_later() {
    let rules = [(kind("Deployment", "galley"), kind("Deployment", "pilot"))];
    let waves = waves(&bundle(mesh(), &rules)).unwrap();
    assert_eq!(
        told(&waves)[4],
        "[Service/galley Deployment/galley] ValidatingWebhookConfiguration/galley Deployment/pilot"
    );
}

#[test]
fn a_rule_that_chooses_both_sides_does_not_order_an_object_after_itself() {
    let rules = [(kind("Deployment", "galley"), kind("Deployment", "*"))];
    assert!(waves(&bundle(mesh(), &rules)).is_ok());
}

#[test]
fn cycles_are_named() {
    let rules = [(
        kind("ValidatingWebhookConfiguration", "*"),
        kind("Deployment", "galley"),
    )];
    let cycle = waves(&bundle(mesh(), &rules)).expect_err("is a cycle");
    assert_eq!(
        cycle.to_string(),
        "these objects wait for each other, so none can be first: \
         ValidatingWebhookConfiguration.admissionregistration.k8s.io ns/galley (piece p), which is served by \
         Deployment.apps ns/galley (piece p), which piece p orders after \
         ValidatingWebhookConfiguration.admissionregistration.k8s.io ns/galley; leave out one of the rules"
    );
}

#[test]
fn removal_goes_the_other_way() {
    let ids = mesh().iter().map(|object| object.id().clone()).collect();
    let steps: Vec<String> = removal(&ids)
        .iter()
        .map(|step| {
            let texts: Vec<String> = step
                .iter()
                .map(|id| format!("{}/{}", id.kind, id.name))
                .collect();
            texts.join(" ")
        })
        .collect();
    assert_eq!(
        steps,
        [
            "ValidatingWebhookConfiguration/galley",
            "Gateway/gate",
            "Service/galley Deployment/galley Deployment/pilot",
            "ClusterRoleBinding/binding",
            "ConfigMap/config ClusterRole/role",
            "CustomResourceDefinition/gateways.mesh.io",
            "Namespace/ns",
        ]
    );
}

#[test]
fn an_empty_bundle_has_no_waves() {
    assert_eq!(waves(&Bundle::default()), Ok(Vec::new()));
    assert!(removal(&BTreeSet::new()).is_empty());
}
