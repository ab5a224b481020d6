//! Changes: fields, removals, what others have set, what cannot change.

use meshhost_cluster::{ApplyError, ApplyOptions, Drift, Installation, PlanOptions};
use meshhost_core::bundle::Bundle;
use meshhost_core::plan::{Action, FieldChange, Refusal};
use meshhost_core::replace::Replace;
use serde_json::{Value, json};

use crate::manifests::{bundle, config_map, deployment, namespace};
use crate::started::{apply, apply_with, cluster, get, plan, request, send};

fn change(path: &str, from: Value, to: Value) -> FieldChange {
    FieldChange {
        path: path.into(),
        from: Some(from),
        to: Some(to),
        because: Vec::new(),
    }
}

fn action(plan: &meshhost_core::plan::Plan, name: &str) -> Action {
    let planned = plan.objects.iter().find(|planned| planned.id.name == name);
    planned.expect("it is planned").action.clone()
}

#[tokio::test]
async fn shows_what_changes_and_removes_what_is_gone() {
    let secret = |value: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "upgrade"}, "stringData": {"a": value}});
    let first = bundle(vec![
        namespace("upgrade"),
        config_map("upgrade", "stays", &json!({"a": "1"})),
        config_map("upgrade", "goes", &json!({})),
        deployment("upgrade", "web", 1),
        secret("hush"),
    ]);
    apply(&first, "upgrade").await.0.expect("it is applied");
    let second = bundle(vec![
        namespace("upgrade"),
        config_map("upgrade", "stays", &json!({"a": "2"})),
        deployment("upgrade", "web", 2),
        secret("louder"),
    ]);
    let planned = plan(&second, "upgrade").await;
    assert_eq!(
        action(&planned, "stays"),
        Action::Change {
            fields: vec![change("data.a", json!("1"), json!("2"))]
        }
    );
    assert_eq!(
        action(&planned, "web"),
        Action::Change {
            fields: vec![change("spec.replicas", json!(1), json!(2))]
        }
    );
    assert_eq!(
        action(&planned, "s"),
        Action::Change {
            fields: vec![change(
                "data.a",
                json!("*** (before)"),
                json!("*** (after)")
            )]
        }
    );
    // What the server does not accept of a Secret is told without its values.
    for wrong in [
        json!({"data": {"a": "this is no base64"}}),
        json!({"stringData": {"a": 123_456_789}}),
        json!({"data": {"key of secret": "cGFzc3dvcmQ="}}),
    ] {
        let mut object = secret("x");
        for field in ["data", "stringData"] {
            object[field] = wrong[field].clone();
        }
        let planned = plan(&bundle(vec![namespace("upgrade"), object]), "upgrade").await;
        let refused = planned.refusals.first().expect("it is refused").to_string();
        for value in [
            "this is no base64",
            "123456789",
            "123_456_789",
            "cGFzc3dvcmQ=",
            "password",
        ] {
            assert!(!refused.contains(value), "{refused}");
        }
    }
    assert_eq!(action(&planned, "upgrade"), Action::Unchanged);
    assert_eq!(planned.removals.len(), 1);
    assert_eq!(
        planned.removals[0].why,
        "piece piece does not contribute it any more"
    );

    // Without pruning it stays a member, and the next plan still knows it.
    let keep = ApplyOptions {
        prune: false,
        ..ApplyOptions::default()
    };
    apply_with(&second, "upgrade", "same", keep)
        .await
        .0
        .expect("it is applied");
    assert!(
        get("/api/v1/namespaces/upgrade/configmaps/goes")
            .await
            .is_some()
    );
    let planned = plan(&second, "upgrade").await;
    assert_eq!((planned.count().change, planned.removals.len()), (0, 1));
    let (applied, _) = apply(&second, "upgrade").await;
    assert_eq!(applied.unwrap().counts.delete, 1);
    assert!(
        get("/api/v1/namespaces/upgrade/configmaps/goes")
            .await
            .is_none()
    );
    assert!(plan(&second, "upgrade").await.is_empty());
    apply(&Bundle::default(), "upgrade")
        .await
        .0
        .expect("it is removed");
}

#[tokio::test]
async fn a_field_that_another_has_set_is_named_with_its_owner() {
    let wish = bundle(vec![
        namespace("conflict"),
        config_map("conflict", "c", &json!({"a": "1", "b": "1"})),
    ]);
    apply(&wish, "conflict").await.0.expect("it is applied");
    let path = "/api/v1/namespaces/conflict/configmaps/c";
    send(
        "PATCH",
        &format!("{path}?fieldManager=somebody"),
        Some(json!({"data": {"a": "2", "own": "x"}})),
    )
    .await
    .unwrap();

    let status = cluster()
        .await
        .status(&Installation::new("conflict"))
        .await
        .unwrap()
        .unwrap();
    let drift = status
        .objects
        .iter()
        .find(|it| it.id.name == "c")
        .unwrap()
        .drift
        .clone();
    assert_eq!(drift, Some(Drift::Changed(vec!["somebody".into()])));

    let planned = plan(&wish, "conflict").await;
    let told: Vec<String> = planned.refusals.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "ConfigMap conflict/c: piece piece sets .data.a, which somebody has set to another value; \
          take it over with --force-conflicts or a rule `policy: own` under `fields`, or leave it to somebody with `policy: yield`"
        ]
    );
    let before = get(path).await.unwrap();
    let refused = apply(&wish, "conflict").await.0.expect_err("it is refused");
    assert!(matches!(refused, ApplyError::PlanRefused(_)), "{refused}");
    assert_eq!(get(path).await.unwrap(), before);

    let force = PlanOptions {
        force_conflicts: true,
        ..PlanOptions::default()
    };
    let cluster = cluster().await;
    let planned = cluster
        .plan(&wish, &Installation::new("conflict"), &force)
        .await
        .unwrap();
    assert_eq!(
        action(&planned, "c"),
        Action::Change {
            fields: vec![change("data.a", json!("2"), json!("1"))]
        }
    );
    cluster
        .apply(planned, request("same"), &ApplyOptions::default(), &|_| {})
        .await
        .expect("it is applied");
    let data = get(path).await.unwrap()["data"].clone();
    assert_eq!(
        data,
        json!({"a": "1", "b": "1", "own": "x"}),
        "what is not ours stays"
    );
    assert!(plan(&wish, "conflict").await.is_empty());
    apply(&Bundle::default(), "conflict")
        .await
        .0
        .expect("it is removed");
}

#[tokio::test]
async fn what_is_missing_or_was_made_anew_is_mended() {
    let wish = bundle(vec![
        namespace("mend"),
        config_map("mend", "c", &json!({"a": "1"})),
    ]);
    apply(&wish, "mend").await.0.expect("it is applied");
    let path = "/api/v1/namespaces/mend/configmaps/c";
    send("DELETE", path, None).await.unwrap();
    let status = cluster()
        .await
        .status(&Installation::new("mend"))
        .await
        .unwrap()
        .unwrap();
    assert!(
        status
            .objects
            .iter()
            .any(|it| it.drift == Some(Drift::Missing)),
        "{status:?}"
    );
    assert_eq!(plan(&wish, "mend").await.count().create, 1);
    apply(&wish, "mend").await.0.expect("it is applied");
    assert_eq!(get(path).await.unwrap()["data"]["a"], "1");
    apply(&Bundle::default(), "mend")
        .await
        .0
        .expect("it is removed");
}

#[tokio::test]
async fn what_cannot_change_is_made_anew_only_when_allowed() {
    let wish = |app: &str| {
        let mut web = deployment("replace", "web", 1);
        web["spec"]["selector"]["matchLabels"] = json!({ "app": app });
        web["spec"]["template"]["metadata"]["labels"] = json!({ "app": app });
        bundle(vec![namespace("replace"), web])
    };
    apply(&wish("one"), "replace")
        .await
        .0
        .expect("it is applied");
    let uid = get("/apis/apps/v1/namespaces/replace/deployments/web")
        .await
        .unwrap()["metadata"]["uid"]
        .clone();
    let planned = plan(&wish("two"), "replace").await;
    assert!(
        matches!(&planned.refusals[..], [Refusal::Immutable { .. }]),
        "{:?}",
        planned.refusals
    );

    let allow = PlanOptions {
        replace: Replace {
            harmless: true,
            named: Vec::new(),
        },
        ..PlanOptions::default()
    };
    let cluster = cluster().await;
    let planned = cluster
        .plan(&wish("two"), &Installation::new("replace"), &allow)
        .await
        .unwrap();
    let Action::Replace { fields, .. } = action(&planned, "web") else {
        panic!("{planned:#?}")
    };
    assert!(
        fields.contains(&change(
            "spec.selector.matchLabels.app",
            json!("one"),
            json!("two")
        )),
        "{fields:?}"
    );
    cluster
        .apply(planned, request("same"), &ApplyOptions::default(), &|_| {})
        .await
        .expect("it is applied");
    let live = get("/apis/apps/v1/namespaces/replace/deployments/web")
        .await
        .unwrap();
    assert_ne!(live["metadata"]["uid"], uid);
    assert_eq!(live["status"]["availableReplicas"], 1);
    assert!(plan(&wish("two"), "replace").await.is_empty());
    apply(&Bundle::default(), "replace")
        .await
        .0
        .expect("it is removed");
}
