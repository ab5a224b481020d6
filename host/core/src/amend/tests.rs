use serde_json::json;

use super::*;
use crate::bundle::tests::{card, facts};
use crate::card::Contribution;
use crate::selector::Selector;

fn bundle() -> Bundle {
    let author = card("author", vec![Selector::default()], Vec::new());
    let object = |name: &str| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "ns"},
            "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "a"}]}}},
        })
        .to_string()
    };
    let contribution = Contribution {
        objects: vec![object("one"), object("two")],
        ..Contribution::default()
    };
    Bundle::combine(vec![(&author, contribution)], &facts()).unwrap()
}

fn amender() -> Card {
    card(
        "amender",
        Vec::new(),
        vec![Selector::kind("apps", "Deployment").named("two")],
    )
}

fn amended(number: u32, patch: &Value) -> Result<Bundle, AmendError> {
    let mut bundle = bundle();
    let amendments = Amendments {
        changes: vec![(number, patch.to_string())],
        diagnostics: Vec::new(),
    };
    bundle.amend(&amender(), &amendments).map(|()| bundle)
}

#[test]
fn hands_over_only_what_was_asked_for() {
    let selected = bundle().select(&amender());
    assert_eq!(selected.len(), 1);
    assert_eq!((selected[0].id, &*selected[0].piece), (0, "author"));
    assert!(selected[0].manifest.contains("\"two\""));
}

#[test]
fn notes_each_field_that_it_touched() {
    let patch = json!({
        "metadata": {"labels": {"a/b": "c"}},
        "spec": {"replicas": null, "template": {"spec": {"priorityClassName": "high"}}},
    });
    let bundle = amended(0, &patch).unwrap();
    let two = &bundle.objects[1];
    assert_eq!(two.object.pointer("/spec/replicas"), None);
    assert_eq!(
        two.object.pointer("/spec/template/spec"),
        Some(&json!({"containers": [{"name": "a"}], "priorityClassName": "high"}))
    );
    assert_eq!(
        two.amended,
        [(
            "amender".to_owned(),
            vec![
                "/metadata/labels/a~1b".to_owned(),
                "/spec/replicas".to_owned(),
                "/spec/template/spec/priorityClassName".to_owned(),
            ]
        )]
    );
    assert_eq!(bundle.objects[0].amended, []);
}

#[test]
fn refuses_to_reach_further() {
    for (number, patch, why) in [
        (
            1,
            json!({}),
            "piece amender: amends object 1, but was handed 1",
        ),
        (
            u32::MAX,
            json!({}),
            "piece amender: amends object 4294967295, but was handed 1",
        ),
        (0, json!([]), "a merge patch of an object must be an object"),
        (0, json!({"kind": "Pod"}), "must not touch kind"),
        (0, json!({"apiVersion": "v1"}), "must not touch apiVersion"),
        (0, json!({"status": {}}), "must not touch status"),
        (0, json!({"metadata": null}), "must not replace metadata"),
        (
            0,
            json!({"metadata": {"name": "x"}}),
            "must not touch metadata.name",
        ),
        (
            0,
            json!({"metadata": {"namespace": "kube-system"}}),
            "must not touch metadata.namespace",
        ),
        (
            0,
            json!({"metadata": {"ownerReferences": []}}),
            "must not touch metadata.ownerReferences",
        ),
        (
            0,
            json!({"metadata": {"labels": {"applyset.kubernetes.io/id": "x"}}}),
            "must not set metadata.labels[applyset.kubernetes.io/id]: only an inventory has it",
        ),
        (
            0,
            json!({"metadata": {"finalizers": ["x"]}}),
            "must not touch metadata.finalizers",
        ),
        (
            0,
            json!({"metadata": {"annotations": {"meshhost.dev/piece": "x"}}}),
            "must not set metadata.annotations[meshhost.dev/piece]: only meshhost sets it",
        ),
        (
            0,
            json!({"metadata": {"labels": {"applyset.kubernetes.io/part-of": "x"}}}),
            "must not set metadata.labels[applyset.kubernetes.io/part-of]: the inventory sets it",
        ),
    ] {
        let error = amended(number, &patch).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
