//! What cannot be changed in place: shown, and done only with consent.

use meshhost_cluster::{ApplyError, ApplyOptions, Installation, PlanOptions};
use meshhost_core::bundle::Bundle;
use meshhost_core::plan::{Action, Plan, Refusal};
use meshhost_core::replace::Replace;
use serde_json::{Value, json};

use crate::manifests::{bundle, config_map, namespace};
use crate::started::{apply, cluster, request};

const NAME: &str = "immutable";

/// Each object as it is made, where in it something is changed then, and to what.
fn cases() -> Vec<(Value, &'static str, Value)> {
    let meta = |name: &str| json!({"name": name, "namespace": NAME});
    let global = |name: &str| json!({"name": format!("{NAME}-{name}")});
    let template = |image: &str| {
        json!({"metadata": {"labels": {"app": "x"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": image}]}})
    };
    let mut always = template("none.invalid/x:1");
    always["spec"]["restartPolicy"] = json!("Always");
    let claim = |size: &str| json!({"accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": size}}});
    let rbac = "rbac.authorization.k8s.io";
    let mut frozen = config_map(NAME, "frozen", &json!({"a": "1"}));
    frozen["immutable"] = json!(true);
    vec![
        (frozen, "/data/a", json!("2")),
        (
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": meta("typed"), "type": "example.com/one"}),
            "/type",
            json!("example.com/two"),
        ),
        (
            json!({"apiVersion": "v1", "kind": "Service", "metadata": meta("addressed"),
                "spec": {"clusterIP": "10.96.77.1", "ports": [{"port": 80}]}}),
            "/spec/clusterIP",
            json!("10.96.77.2"),
        ),
        (
            json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": meta("once"), "spec": {"template": template("none.invalid/x:1")}}),
            "/spec/template/spec/containers/0/image",
            json!("none.invalid/x:2"),
        ),
        (
            json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta("empty"),
                "spec": {"replicas": 0, "serviceName": "one", "selector": {"matchLabels": {"app": "x"}}, "template": always}}),
            "/spec/serviceName",
            json!("two"),
        ),
        (
            json!({"apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": meta("bound"),
                "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "view"}, "subjects": []}),
            "/roleRef/name",
            json!("edit"),
        ),
        (
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": global("class"), "provisioner": "example.com/one"}),
            "/provisioner",
            json!("example.com/two"),
        ),
        (
            json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": global("class"), "value": 1}),
            "/value",
            json!(2),
        ),
        // What holds data.
        (
            json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta("held"), "spec": claim("1Gi")}),
            "/spec/storageClassName",
            json!("other"),
        ),
        (
            json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta("holding"),
                "spec": {"replicas": 0, "serviceName": "one", "selector": {"matchLabels": {"app": "x"}}, "template": always,
                    "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim("1Gi")}]}}),
            "/spec/serviceName",
            json!("two"),
        ),
    ]
}

async fn plan_with(wish: &Bundle, replace: Replace) -> Plan {
    let options = PlanOptions {
        replace,
        ..PlanOptions::default()
    };
    let cluster = cluster().await;
    let plan = cluster.plan(wish, &Installation::new(NAME), &options).await;
    plan.expect("a plan can be made")
}

fn immutable(plan: &Plan) -> Vec<String> {
    let told = plan.refusals.iter().map(|refusal| match refusal {
        Refusal::Immutable { id, .. } => format!("{}/{}", id.kind, id.name),
        other => panic!("{other}"),
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    told
}

#[tokio::test]
async fn each_kind_is_replaced_with_consent_only() {
    let mut before = vec![namespace(NAME)];
    let mut after = vec![namespace(NAME)];
    for (object, pointer, value) in cases() {
        let mut changed = object.clone();
        *changed.pointer_mut(pointer).expect("it is there") = value;
        before.push(object);
        after.push(changed);
    }
    let (before, after) = (bundle(before), bundle(after));
    let quick = ApplyOptions {
        wait: false,
        ..ApplyOptions::default()
    };
    let plan = plan_with(&before, Replace::default()).await;
    let cluster = cluster().await;
    let applied = cluster.apply(plan, request("same"), &quick, &|_| {}).await;
    applied.expect("it is applied");

    let refused = plan_with(&after, Replace::default()).await;
    assert_eq!(
        immutable(&refused).len(),
        cases().len(),
        "{:#?}",
        refused.refusals
    );
    let harmless = Replace {
        harmless: true,
        named: Vec::new(),
    };
    let refused = plan_with(&after, harmless).await;
    assert_eq!(
        immutable(&refused),
        ["PersistentVolumeClaim/held", "StatefulSet/holding"]
    );
    let told = refused.refusals.iter().map(ToString::to_string);
    let told: Vec<String> = told.collect();
    assert!(
        told.iter().any(|told| told.ends_with(
            "with --replace='PersistentVolumeClaim immutable/held' it is deleted, and with it the data in its volume, and made anew"
        )),
        "{told:?}"
    );

    let named = Replace {
        harmless: true,
        named: vec![
            "PersistentVolumeClaim".into(),
            "StatefulSet.apps immutable/holding".into(),
        ],
    };
    let agreed = plan_with(&after, named.clone()).await;
    assert_eq!(agreed.refusals, []);
    let replaced = agreed
        .objects
        .iter()
        .filter(|planned| match &planned.action {
            Action::Replace { fields, .. } => !fields.is_empty(),
            _ => false,
        });
    assert_eq!(replaced.count(), cases().len());
    let mut agreed = Some(agreed);
    while let Some(plan) = agreed.take() {
        match cluster.apply(plan, request("same"), &quick, &|_| {}).await {
            Ok(_) => {}
            // Controllers are still at work on what was made before: what they change is not deleted unseen.
            Err(ApplyError::Stuck { why, .. }) if why.ends_with("plan again") => {
                agreed = Some(plan_with(&after, named.clone()).await);
            }
            Err(error) => panic!("it is replaced: {error}"),
        }
    }
    assert!(plan_with(&after, Replace::default()).await.is_empty());
    apply(&Bundle::default(), NAME)
        .await
        .0
        .expect("it is removed");
}
