//! Revisions: how many are kept, of what size, and bringing one back.

use meshhost_cluster::{ApplyError, ApplyOptions, Event, Installation, PlanOptions};
use meshhost_core::bundle::Bundle;
use meshhost_core::inventory::REVISION;
use meshhost_core::plan::Plan;
use meshhost_core::revision::Outcome;
use serde_json::json;

use crate::manifests::{bundle, config_map, deployment, namespace};
use crate::started::{apply, cluster, get, request};

#[tokio::test]
async fn old_records_are_forgotten() {
    let name = "history";
    let cluster = cluster().await;
    let options = ApplyOptions {
        history: 2,
        ..ApplyOptions::default()
    };
    for data in ["1", "2", "3", "4"] {
        let wish = bundle(vec![
            namespace(name),
            config_map(name, "c", &json!({ "a": data })),
        ]);
        let plan = cluster
            .plan(&wish, &Installation::new(name), &PlanOptions::default())
            .await
            .unwrap();
        cluster
            .apply(plan, request(data), &options, &|_| {})
            .await
            .expect("it is applied");
    }
    let records = format!(
        "/api/v1/namespaces/kube-system/secrets?labelSelector=meshhost.dev/installation%3D{name},{REVISION}"
    );
    let records = get(&records.replace(",meshhost.dev/revision", ",meshhost.dev%2Frevision"))
        .await
        .unwrap();
    let names: Vec<&str> = records["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "meshhost-history.r3",
            "meshhost-history.r3.objects",
            "meshhost-history.r4",
            "meshhost-history.r4.objects"
        ]
    );

    // Settings of any size.
    let wish = bundle(vec![
        namespace(name),
        config_map(name, "c", &json!({ "a": "4" })),
    ]);
    let mut large = request("large");
    // Does not compress well.
    let noise: String = (0..200_000u64)
        .map(|n| {
            format!(
                "{:016x}",
                n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17)
            )
        })
        .collect();
    large.settings = json!({ "noise": noise });
    let plan = cluster
        .plan(&wish, &Installation::new(name), &PlanOptions::default())
        .await
        .unwrap();
    assert!(plan.is_empty());
    let applied = cluster
        .apply(plan, large.clone(), &options, &|_| {})
        .await
        .expect("it is recorded");
    assert_eq!(
        applied.revision,
        Some(5),
        "other settings are another revision"
    );
    let last = cluster
        .last_revision(&Installation::new(name))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(last.request, large);
    assert!(
        get("/api/v1/namespaces/kube-system/secrets/meshhost-history.r5.1")
            .await
            .is_some(),
        "it needs a second part"
    );
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
    let records = format!(
        "/api/v1/namespaces/kube-system/secrets?labelSelector=meshhost.dev/installation%3D{name}"
    );
    let records = get(&records).await.unwrap();
    assert_eq!(records["items"], json!([]), "records are left");
}

fn two(name: &str, data: &str) -> Bundle {
    let mut manifests = vec![
        namespace(name),
        config_map(name, "c", &json!({ "a": data })),
        deployment(name, "web", 1),
    ];
    if data == "1" {
        manifests.push(config_map(name, "only-in-one", &json!({ "b": "1" })));
    } else {
        manifests.push(config_map(name, "only-in-two", &json!({ "b": "2" })));
    }
    bundle(manifests)
}

async fn plan_back(name: &str, number: u64) -> Plan {
    let cluster = cluster().await;
    let installation = Installation::new(name);
    let objects = cluster
        .recorded_objects(&installation, number)
        .await
        .unwrap()
        .expect("they are recorded");
    let mut plan = cluster
        .plan(&objects.bundle, &installation, &PlanOptions::default())
        .await
        .unwrap();
    plan.restores = Some(number);
    plan
}

#[tokio::test]
async fn exactly_the_objects_of_a_revision_are_brought_back() {
    let name = "back";
    let cluster = cluster().await;
    apply(&two(name, "1"), name).await.0.expect("it is applied");
    apply(&two(name, "2"), name).await.0.expect("it is applied");
    let plan = plan_back(name, 1).await;
    let counts = plan.count();
    assert_eq!((counts.create, counts.change, counts.delete), (1, 1, 1));
    let applied = cluster
        .apply(plan, request("same"), &ApplyOptions::default(), &|_| {})
        .await
        .expect("it is brought back");
    assert_eq!(applied.revision, Some(3));
    let maps = format!("/api/v1/namespaces/{name}/configmaps");
    assert_eq!(
        get(&format!("{maps}/c")).await.unwrap()["data"],
        json!({"a": "1"})
    );
    assert!(get(&format!("{maps}/only-in-one")).await.is_some());
    assert!(get(&format!("{maps}/only-in-two")).await.is_none());
    let history = cluster.history(&Installation::new(name)).await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|revision| (revision.number, revision.restores, &revision.outcome))
        .collect();
    let done = &Outcome::Done;
    assert_eq!(told, [(1, None, done), (2, None, done), (3, Some(1), done)]);
    // What was brought back is what the first revision had: rendering it again changes nothing.
    let again = cluster
        .plan(
            &two(name, "1"),
            &Installation::new(name),
            &PlanOptions::default(),
        )
        .await
        .unwrap();
    assert!(again.is_empty(), "{again:#?}");
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
}

/// With a Deployment that the server does not accept, which only shows when everything else is written.
fn broken(name: &str) -> Bundle {
    let mut bad = deployment(name, "bad", 1);
    bad["spec"]["dada"] = json!("unknown");
    bundle(vec![
        namespace(name),
        config_map(name, "c", &json!({ "a": "broken" })),
        config_map(name, "new", &json!({})),
        bad,
    ])
}

#[tokio::test]
async fn a_failed_run_is_taken_back_when_that_was_asked_for() {
    let name = "atomic";
    let cluster = cluster().await;
    let installation = Installation::new(name);
    let options = ApplyOptions {
        atomic: true,
        ..ApplyOptions::default()
    };
    let run = async |bundle: &Bundle, options: ApplyOptions| {
        let plan = cluster
            .plan(bundle, &installation, &PlanOptions::default())
            .await
            .unwrap();
        let events = std::sync::Mutex::new(Vec::new());
        let listener = |event: Event| events.lock().unwrap().push(event);
        let applied = cluster
            .apply(plan, request("same"), &options, &listener)
            .await;
        (applied, events.into_inner().unwrap())
    };

    // A first install is removed again.
    let (failed, events) = run(&broken(name), options).await;
    let error = failed.expect_err("it is refused");
    assert!(
        matches!(error, ApplyError::RolledBack { to: None, .. }),
        "{error}"
    );
    let told = error.to_string();
    assert!(
        told.starts_with("not everything was applied:\n  Deployment.apps atomic/bad"),
        "{told}"
    );
    assert!(
        told.ends_with("removed again, since no revision before it was good"),
        "{told}"
    );
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::RollingBack { to: None, .. })),
        "{events:?}"
    );
    assert!(get(&format!("/api/v1/namespaces/{name}")).await.is_none());
    assert_eq!(cluster.last_revision(&installation).await.unwrap(), None);

    // An upgrade goes back to the last good revision, over a failed one in between.
    run(&two(name, "1"), options)
        .await
        .0
        .expect("it is applied");
    let kept = ApplyOptions {
        atomic: false,
        ..options
    };
    run(&broken(name), kept).await.0.expect_err("it is refused");
    let (failed, _) = run(&broken(name), options).await;
    let error = failed.expect_err("it is refused");
    let told = error.to_string();
    assert!(
        told.ends_with("rolled back to the objects of revision 1, as revision 4"),
        "{told}"
    );
    let maps = format!("/api/v1/namespaces/{name}/configmaps");
    assert_eq!(
        get(&format!("{maps}/c")).await.unwrap()["data"],
        json!({"a": "1"})
    );
    assert!(get(&format!("{maps}/only-in-one")).await.is_some());
    assert!(get(&format!("{maps}/new")).await.is_none());
    let history = cluster.history(&installation).await.unwrap();
    let words: Vec<&str> = history
        .iter()
        .map(|revision| revision.outcome.word())
        .collect();
    assert_eq!(words, ["done", "failed", "failed", "done"]);
    assert_eq!(history[3].restores, Some(1));

    // However few are kept, the last good one is among them.
    let few = ApplyOptions {
        atomic: false,
        history: 1,
        ..options
    };
    run(&broken(name), few).await.0.expect_err("it is refused");
    let numbers: Vec<u64> = cluster
        .history(&installation)
        .await
        .unwrap()
        .iter()
        .map(|revision| revision.number)
        .collect();
    assert_eq!(numbers, [4, 5]);
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
}
