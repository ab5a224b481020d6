//! What is waited for, and what is told when it does not come.

use std::sync::Arc;
use std::time::Duration;

use meshhost_cluster::{ApplyOptions, Assess, Event, Installation, PlanOptions};
use meshhost_core::bundle::Bundle;
use meshhost_core::card::Assessment;
use meshhost_core::id::ObjectId;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::manifests::{bundle, config_map, deployment, namespace};
use crate::started::{apply, apply_with, cluster, get, request, send};

fn within(seconds: u64) -> ApplyOptions {
    ApplyOptions {
        timeout: Duration::from_secs(seconds),
        ..ApplyOptions::default()
    }
}

#[tokio::test]
async fn a_webhook_comes_when_somebody_answers() {
    let name = "answers";
    let group = "answers.example.com";
    let wish = bundle(vec![
        namespace(name),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "hook", "namespace": name},
            "spec": {"selector": {"app": "hook"}, "ports": [{"port": 443}]}}),
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": name},
            "webhooks": [{"name": format!("v.{group}"), "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
                "clientConfig": {"service": {"name": "hook", "namespace": name}},
                "rules": [{"apiGroups": [group], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["nothing"]}]}]}),
    ]);
    let failed = apply_with(&wish, name, "same", within(4)).await.0;
    let told = failed.expect_err("nobody answers").to_string();
    assert!(
        told.starts_with(
            "not everything is ready:\n  Service answers/hook (piece piece) is not ready: nobody answers behind it yet"
        ),
        "{told}"
    );
    let hook =
        format!("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{name}");
    assert!(get(&hook).await.is_none(), "it would refuse everything");

    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "hook", "namespace": name, "labels": {"app": "hook"}},
        "spec": {"containers": [{"name": "c", "image": "x"}]}});
    send(
        "POST",
        &format!("/api/v1/namespaces/{name}/pods"),
        Some(pod),
    )
    .await
    .unwrap();
    apply(&wish, name).await.0.expect("somebody answers");
    assert!(get(&hook).await.is_some());
    send(
        "DELETE",
        &format!("/api/v1/namespaces/{name}/pods/hook"),
        None,
    )
    .await
    .unwrap();
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
}

/// Judges ConfigMaps by what they say, and Deployments by their pods.
struct Judge;

impl Assess for Judge {
    fn judges(&self, piece: &str, id: &ObjectId) -> bool {
        piece == "piece" && id.name == "judged"
    }

    fn assess(&self, _piece: &str, object: &str, pods: &[String]) -> Assessment {
        let object: Value = serde_json::from_str(object).expect("it is JSON");
        match (object["kind"].as_str(), object["data"]["says"].as_str()) {
            (Some("Deployment"), _) if pods.is_empty() => Assessment::Progressing("no pods".into()),
            (Some("Deployment"), _) | (_, Some("good")) => Assessment::Ready,
            (_, Some("bad")) => Assessment::Failed("it went bad; start again".into()),
            _ => Assessment::Progressing("it says nothing yet".into()),
        }
    }
}

/// Applies, and says something in the judged object as soon as it is waited for.
async fn judged(name: &str, then: &str) -> Result<(), String> {
    let mut cluster = cluster().await;
    cluster.assess_with(Arc::new(Judge));
    let wish = bundle(vec![
        namespace(name),
        config_map(name, "judged", &json!({"a": "1"})),
        deployment(name, "judged", 1),
    ]);
    let options = PlanOptions::default();
    let plan = cluster
        .plan(&wish, &Installation::new(name), &options)
        .await
        .unwrap();
    let (waits, mut waited) = mpsc::unbounded_channel();
    let listener = move |event: Event| {
        if let Event::Waiting { why, .. } = event {
            let _nobody_cares_any_more = waits.send(why);
        }
    };
    let options = ApplyOptions::default();
    let applied = cluster.apply(plan, request("same"), &options, &listener);
    let path = format!("/api/v1/namespaces/{name}/configmaps/judged");
    let meddle = async {
        while let Some(why) = waited.recv().await {
            if why == "piece piece says: it says nothing yet" {
                let said = json!({"data": {"says": then}});
                send("PATCH", &path, Some(said)).await.unwrap();
                return;
            }
        }
        panic!("it was never waited for");
    };
    let (applied, ()) = tokio::join!(applied, meddle);
    applied.map(|_| ()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_piece_has_its_word_about_its_objects() {
    judged("judged-good", "good").await.expect("it is ready");
    let told = judged("judged-bad", "bad")
        .await
        .expect_err("it has failed");
    assert_eq!(
        told,
        "not everything is ready:\n  ConfigMap judged-bad/judged (piece piece) has failed: piece piece says: it went bad; start again"
    );
    for name in ["judged-good", "judged-bad"] {
        apply(&Bundle::default(), name)
            .await
            .0
            .expect("it is removed");
    }
}

#[tokio::test]
async fn the_cause_is_looked_for_where_it_is_told() {
    let name = "causes";
    let path = format!("/api/v1/namespaces/{name}");
    send("POST", "/api/v1/namespaces", Some(namespace(name)))
        .await
        .unwrap();
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"},
        "spec": {"hard": {"count/pods": "1"}}});
    send("POST", &format!("{path}/resourcequotas"), Some(quota))
        .await
        .unwrap();
    // Until its controller has counted, a quota lets nothing in.
    let counted = format!("{path}/resourcequotas/none");
    while get(&counted).await.unwrap()["status"].get("used").is_none() {}
    // The one pod that the quota has room for; its claim is never bound.
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "held", "namespace": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "nowhere", "resources": {"requests": {"storage": "1Gi"}}}});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "holds", "namespace": name},
        "spec": {"containers": [{"name": "c", "image": "x"}], "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "held"}}]}});
    let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "set", "namespace": name},
        "spec": {"selector": {"matchLabels": {"app": "set"}}, "template": {
            "metadata": {"labels": {"app": "set"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}}});
    let first = bundle(vec![namespace(name), claim.clone(), pod.clone()]);
    let told = apply_with(&first, name, "same", within(5)).await.0;
    let told = told.expect_err("its claim is never bound").to_string();
    assert!(
        told.contains(
            "Pod causes/holds (piece piece) is not ready: no node takes it (Unschedulable: "
        ),
        "{told}"
    );
    assert!(told.contains("PersistentVolumeClaim causes/held (piece piece) is not ready: no volume is bound to it yet: ProvisioningFailed: "), "{told}");
    assert!(
        told.contains("storageclass.storage.k8s.io \"nowhere\" not found"),
        "{told}"
    );

    let second = bundle(vec![
        namespace(name),
        claim,
        pod,
        set,
        deployment(name, "web", 1),
    ]);
    let told = apply_with(&second, name, "same", within(6)).await.0;
    let told = told.expect_err("there is no room").to_string();
    for kind in ["StatefulSet.apps causes/set", "Deployment.apps causes/web"] {
        let line = told
            .lines()
            .find(|line| line.contains(kind))
            .unwrap_or_default();
        assert!(line.contains("exceeded quota: none"), "{kind}: {told}");
    }
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
}
