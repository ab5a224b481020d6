//! When it does not work: the cause is told, and the next run finishes the job.

use std::time::Duration;

use meshhost_cluster::{ApplyOptions, Event, Installation, PlanOptions, Verify};
use meshhost_core::bundle::Bundle;
use meshhost_core::plan::Refusal;
use meshhost_core::revision::Outcome;
use serde_json::json;

use crate::manifests::{bundle, config_map, deployment, namespace};
use crate::started::{apply, apply_with, cluster, get, plan};

#[tokio::test]
async fn a_wait_that_fails_tells_why() {
    let mut web = deployment("stuck", "web", 1);
    web["spec"]["template"]["spec"]["nodeSelector"] = json!({"nowhere": "yes"});
    let short = ApplyOptions {
        timeout: Duration::from_secs(6),
        ..ApplyOptions::default()
    };
    let (failed, events) = apply_with(
        &bundle(vec![namespace("stuck"), web]),
        "stuck",
        "same",
        short,
    )
    .await;
    let error = failed.expect_err("it is never ready").to_string();
    assert!(
        error.starts_with("not everything is ready:\n  Deployment.apps stuck/web (piece piece) is not ready: 0 of 1 pods available: pod web-"),
        "{error}"
    );
    assert!(
        error.contains("no node takes it (Unschedulable: 0/"),
        "{error}"
    );
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Waiting { .. })),
        "{events:?}"
    );
    let last = cluster()
        .await
        .last_revision(&Installation::new("stuck"))
        .await
        .unwrap()
        .unwrap();
    assert!(
        matches!(last.outcome, Outcome::Failed(_)),
        "{:?}",
        last.outcome
    );

    // The mended settings finish the job.
    apply(
        &bundle(vec![namespace("stuck"), deployment("stuck", "web", 1)]),
        "stuck",
    )
    .await
    .0
    .expect("it is applied");
    let last = cluster()
        .await
        .last_revision(&Installation::new("stuck"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((last.number, last.outcome), (2, Outcome::Done));
    apply(&Bundle::default(), "stuck")
        .await
        .0
        .expect("it is removed");
}

#[tokio::test]
async fn an_unknown_field_is_refused_with_its_piece() {
    let mut wrong = config_map("strict", "c", &json!({}));
    wrong["dada"] = json!({"a": "b"});
    let wish = bundle(vec![namespace("strict"), wrong]);
    let planned = plan(&wish, "strict").await;
    assert_eq!(
        planned.objects[1].unverified.as_deref(),
        Some("namespace strict does not exist yet")
    );
    let error = apply(&wish, "strict")
        .await
        .0
        .expect_err("it is refused")
        .to_string();
    assert!(error.starts_with("not everything was applied:\n  ConfigMap strict/c: piece piece: the API server does not accept it: "), "{error}");
    assert!(error.contains("dada"), "{error}");

    // Now that the namespace is there, the plan can tell.
    let everything = PlanOptions {
        verify: Verify::Everything,
        ..PlanOptions::default()
    };
    let planned = cluster()
        .await
        .plan(&wish, &Installation::new("strict"), &everything)
        .await
        .unwrap();
    assert!(
        matches!(&planned.refusals[..], [Refusal::Rejected { .. }]),
        "{:?}",
        planned.refusals
    );
    apply(&Bundle::default(), "strict")
        .await
        .0
        .expect("a half install is removed as well");
    assert!(get("/api/v1/namespaces/strict").await.is_none());
}

#[tokio::test]
async fn warnings_of_the_server_are_told() {
    let mut web = deployment("warned", "web", 1);
    web["spec"]["template"]["spec"]["nodeSelector"] = json!({"beta.kubernetes.io/os": "linux"});
    let quick = ApplyOptions {
        wait: false,
        ..ApplyOptions::default()
    };
    let (applied, events) = apply_with(
        &bundle(vec![namespace("warned"), web]),
        "warned",
        "same",
        quick,
    )
    .await;
    applied.expect("it is applied");
    let warned = events.iter().any(|event| {
        matches!(event, Event::Warning { id: Some(id), text, .. } if id.name == "web" && text.contains("beta.kubernetes.io/os"))
    });
    assert!(warned, "{events:?}");
    apply(&Bundle::default(), "warned")
        .await
        .0
        .expect("it is removed");
}

#[tokio::test]
async fn a_namespace_that_nobody_makes_is_refused_before_anything_is_written() {
    let wish = bundle(vec![
        namespace("made"),
        config_map("unmade", "c", &json!({})),
    ]);
    let told: Vec<String> = plan(&wish, "unmade")
        .await
        .refusals
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "ConfigMap unmade/c: piece piece puts it into namespace unmade, which does not exist and which no piece makes; \
          create it, or choose another"
        ]
    );
    assert!(apply(&wish, "unmade").await.0.is_err());
    assert!(get("/api/v1/namespaces/made").await.is_none());
}
