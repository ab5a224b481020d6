//! What a piece changes in the objects of others.

use serde_json::json;

use crate::stranger::{ANYTHING, Declared, Stranger, object, outcome, render};

const DEPLOYMENTS: Declared<'static> = [Some("apps"), Some("Deployment"), None, None];

/// An author with a Deployment and a Secret, and a piece that amends Deployments.
fn amended(patches: &[(u32, &str)]) -> [Stranger; 2] {
    [
        Stranger::new("author").objects(
            ANYTHING,
            &[
                object("apps/v1", "Deployment", "istio-system", "a"),
                object("v1", "Secret", "istio-system", "a"),
            ],
        ),
        Stranger::new("amender").patches(DEPLOYMENTS, patches),
    ]
}

#[test]
fn what_is_as_it_should_be() {
    let rendered = render(&amended(&[(0, r#"{"spec":{"replicas":3}}"#)])).unwrap();
    let deployment = rendered
        .bundle
        .objects
        .iter()
        .find(|contributed| contributed.object.id().kind == "Deployment")
        .unwrap();
    assert_eq!(deployment.object.pointer("/spec/replicas"), Some(&json!(3)));
    assert_eq!(deployment.amended[0].0, "amender");
}

#[test]
fn what_reaches_too_far() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    insta::assert_snapshot!(
        [
            // What was not handed over: the Secret.
            outcome(&amended(&[(1, r#"{"data":{"a":"b"}}"#)])),
            outcome(&amended(&[(u32::MAX, "{}")])),
            // Another object out of this one.
            outcome(&amended(&[(0, r#"{"kind":"DaemonSet"}"#)])),
            outcome(&amended(&[(0, r#"{"apiVersion":"v1"}"#)])),
            outcome(&amended(&[(0, r#"{"metadata":{"name":"b"}}"#)])),
            outcome(&amended(&[(
                0,
                r#"{"metadata":{"namespace":"kube-system"}}"#
            )])),
            outcome(&amended(&[(0, r#"{"metadata":null}"#)])),
            // What keeps others from deleting it, or deletes it with something else.
            outcome(&amended(&[(0, r#"{"metadata":{"finalizers":["x"]}}"#)])),
            outcome(&amended(&[(
                0,
                r#"{"metadata":{"ownerReferences":[{"name":"x"}]}}"#
            )])),
            outcome(&amended(&[(
                0,
                r#"{"metadata":{"labels":{"applyset.kubernetes.io/part-of":"x"}}}"#
            )])),
            outcome(&amended(&[(0, r#"{"metadata":{"labels":null}}"#)])),
            // What only the server writes.
            outcome(&amended(&[(0, r#"{"status":{"readyReplicas":3}}"#)])),
            // No merge patch.
            outcome(&amended(&[(0, "[]")])),
            outcome(&amended(&[(0, "")])),
            outcome(&amended(&[(0, r#"{"spec":1,"spec":2}"#)])),
            outcome(&amended(&[(0, &deep)])),
            // A good one does not carry a bad one.
            outcome(&amended(&[
                (0, r#"{"spec":{"replicas":3}}"#),
                (0, r#"{"kind":"Pod"}"#)
            ])),
        ]
        .join("\n")
    );
}

/// A piece is never handed its own objects, so that it cannot launder what it may not contribute.
#[test]
fn its_own_objects_are_not_handed_over() {
    let own = Stranger::new("both")
        .objects(
            ANYTHING,
            &[object("apps/v1", "Deployment", "istio-system", "a")],
        )
        .patches(DEPLOYMENTS, &[(0, r#"{"spec":{"replicas":3}}"#)]);
    insta::assert_snapshot!(outcome(&[own]), @"piece both: amends object 0, but was handed 0");
}
