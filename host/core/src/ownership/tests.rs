use serde_json::json;

use super::*;
use crate::bundle::Contributed;
use crate::object::Object;

fn object(manifest: Value) -> Object {
    Object::new(manifest).unwrap()
}

fn rule(path: Option<&str>, policy: Policy) -> FieldRule {
    FieldRule {
        select: Selector::kind("apps", "Deployment"),
        path: path.map(|path| FieldPath::parse(path).unwrap()),
        policy,
    }
}

fn deployment() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "ns", "labels": {PART_OF: "set"}},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]}}}})
}

/// Live, with what another and what we own.
fn live(owner: Value, ours: Value) -> Value {
    let mut live = deployment();
    live["spec"]["replicas"] = json!(5);
    live["spec"]["template"]["spec"]["containers"][0]["image"] = json!("a:2");
    let mut other = owner;
    other["apiVersion"] = json!("apps/v1");
    live["metadata"]["managedFields"] = json!([other,
        {"manager": "meshhost-m", "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": ours}]);
    live
}

fn settled(rules: Vec<FieldRule>, live: &Value, bundle: &Bundle) -> (Value, Vec<String>) {
    let rules = FieldRules::new(rules, bundle);
    let mut desired = deployment();
    let id = object(deployment()).id().clone();
    let left = rules.settle(&id, &mut desired, live, "meshhost-m");
    let left = left
        .into_iter()
        .map(|left| format!("{} {}", left.field, left.manager))
        .collect();
    (desired["spec"].clone(), left)
}

const IMAGE: &str = "k:{\"name\":\"a\"}";

#[test]
fn yields_what_another_owns_and_nothing_else() {
    let nobody = Bundle::default();
    let other = |manager: &str| {
        json!({"manager": manager, "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}, "f:template": {"f:spec": {
            "f:containers": {IMAGE: {".": {}, "f:name": {}, "f:image": {}}}}}}}})
    };
    let whole = deployment()["spec"].clone();
    let without_replicas = {
        let mut spec = whole.clone();
        spec.as_object_mut().unwrap().remove("replicas");
        spec
    };
    let without_image = json!({"replicas": 1, "template": {"spec": {"containers": [{"name": "a"}, {"name": "b", "image": "b:1"}]}}});
    let live = live(other("somebody"), json!({}));
    for (rules, expected, left) in [
        (vec![], whole.clone(), vec![]),
        (
            vec![rule(Some("spec.replicas"), Policy::Yield)],
            without_replicas.clone(),
            vec![".spec.replicas somebody"],
        ),
        (
            vec![rule(
                Some("spec.template.spec.containers[*].image"),
                Policy::Yield,
            )],
            without_image,
            vec![".spec.template.spec.containers[name=\"a\"].image somebody"],
        ),
        // Nobody else owns it.
        (
            vec![rule(Some("spec.paused"), Policy::Yield)],
            whole.clone(),
            vec![],
        ),
        // The last one counts.
        (
            vec![
                rule(None, Policy::Yield),
                rule(Some("spec.template"), Policy::Own),
            ],
            without_replicas,
            vec![".spec.replicas somebody"],
        ),
    ] {
        let (spec, told) = settled(rules.clone(), &live, &nobody);
        assert_eq!(spec, expected, "{rules:?}");
        assert_eq!(told, left, "{rules:?}");
    }
}

#[test]
fn what_is_made_once_stays_as_it_is() {
    let nobody = Bundle::default();
    let rules = vec![rule(Some("spec.replicas"), Policy::CreateOnly)];
    // Still ours: it would go if it were not sent.
    let ours = live(
        json!({"manager": "x", "operation": "Update"}),
        json!({"f:spec": {"f:replicas": {}}}),
    );
    assert_eq!(settled(rules.clone(), &ours, &nobody).0["replicas"], 5);
    // Another's by now, or nobody's: not sent.
    let theirs = live(
        json!({"manager": "x", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}),
        json!({}),
    );
    assert_eq!(settled(rules, &theirs, &nobody).0.get("replicas"), None);
}

#[test]
fn replicas_are_left_to_an_autoscaler_only() {
    let scale = |manager: &str, subresource: &str| {
        live(
            json!({"manager": manager, "operation": "Update", "subresource": subresource, "fieldsV1": {"f:spec": {"f:replicas": {}}}}),
            json!({}),
        )
    };
    let nobody = Bundle::default();
    let sent =
        |live: &Value, bundle: &Bundle| settled(vec![], live, bundle).0.get("replicas").cloned();
    assert_eq!(
        sent(&scale("kube-controller-manager", "scale"), &nobody),
        None
    );
    assert_eq!(sent(&scale("kubectl", "scale"), &nobody), Some(json!(1)));
    assert_eq!(
        sent(&scale("kube-controller-manager", ""), &nobody),
        Some(json!(1))
    );

    let autoscaler = object(
        json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "x", "namespace": "ns"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}}),
    );
    let scaled = Bundle {
        objects: vec![Contributed {
            object: autoscaler,
            piece: "p".into(),
            amended: Vec::new(),
        }],
        ..Bundle::default()
    };
    // Old servers do not tell who has scaled.
    let ours = live(
        json!({"manager": "x", "operation": "Update"}),
        json!({"f:spec": {"f:replicas": {}}}),
    );
    assert_eq!(sent(&ours, &scaled), Some(json!(5)));
    assert_eq!(sent(&ours, &nobody), Some(json!(1)));
}

#[test]
fn ca_bundles_are_left_to_controllers() {
    let webhook = |bundle: &str| {
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": "a"},
            "webhooks": [{"name": "x", "clientConfig": {"caBundle": bundle, "url": "https://x"}}]})
    };
    let id = object(webhook("")).id().clone();
    for (manager, kept) in [("pilot-discovery", false), ("kubectl-edit", true)] {
        let mut live = webhook("bmV3");
        live["metadata"]["managedFields"] = json!([{"manager": manager, "operation": "Update", "fieldsV1":
            {"f:webhooks": {"k:{\"name\":\"x\"}": {"f:clientConfig": {"f:caBundle": {}}}}}}]);
        let mut desired = webhook("b2xk");
        let rules = FieldRules::default();
        let _told = rules.settle(&id, &mut desired, &live, "meshhost-m");
        let config = &desired["webhooks"][0]["clientConfig"];
        assert_eq!(config.get("caBundle").is_some(), kept, "{manager}");
        assert_eq!(config["url"], "https://x");
        let field = ".webhooks[name=\"x\"].clientConfig.caBundle";
        let policy = rules.on_conflict(&id, &live, manager, field);
        assert_eq!(policy, (!kept).then_some(Policy::Yield), "{manager}");
    }
}

#[test]
fn an_object_can_be_only_made() {
    let nobody = Bundle::default();
    let id = object(deployment()).id().clone();
    let only_makes = |rules| FieldRules::new(rules, &nobody).only_makes(&id);
    assert!(only_makes(vec![rule(None, Policy::CreateOnly)]));
    assert!(!only_makes(vec![
        rule(None, Policy::CreateOnly),
        rule(None, Policy::Own)
    ]));
    assert!(!only_makes(vec![rule(Some("spec"), Policy::CreateOnly)]));
}
