//! How many requests are made, and what happens when one of them fails or is the last.

use std::collections::BTreeMap;

use meshhost_cluster::{Applied, ApplyError, ApplyOptions, Cluster, Installation, PlanOptions};
use meshhost_core::bundle::Bundle;
use meshhost_core::inventory::{Inventory, REVISION};
use serde_json::{Value, json};

use crate::manifests::{bundle, config_map, definition, deployment, mesh, namespace, thing};
use crate::proxy::{Fault, Proxy};
use crate::started::{apply, get, request};

async fn run(cluster: &Cluster, bundle: &Bundle, name: &str) -> Result<Applied, ApplyError> {
    let plan = cluster
        .plan(bundle, &Installation::new(name), &PlanOptions::default())
        .await;
    let plan = plan.unwrap_or_else(|error| panic!("no plan: {error}"));
    cluster
        .apply(plan, request("same"), &ApplyOptions::default(), &|_| {})
        .await
}

#[tokio::test]
async fn few_requests_are_made() {
    let proxy = Proxy::start().await;
    let cluster = proxy.cluster().await;
    let bundle = bundle(mesh("few"));
    cluster.facts().await.unwrap();
    run(&cluster, &bundle, "few").await.expect("it is applied");
    let first = proxy.take_log();
    let objects = bundle.objects.len();
    assert!(
        first.len() <= objects * 6 / 5 + 40,
        "{} requests for {objects} objects: {first:#?}",
        first.len()
    );

    cluster.facts().await.unwrap();
    run(&cluster, &bundle, "few")
        .await
        .expect("there is nothing to do");
    let again = proxy.take_log();
    let writes: Vec<&String> = again.iter().filter(|it| !it.starts_with("GET ")).collect();
    assert!(writes.is_empty(), "{writes:#?}");
    let kinds: std::collections::BTreeSet<String> = bundle
        .objects
        .iter()
        .map(|it| it.object.id().group_kind())
        .collect();
    assert!(
        again.len() <= kinds.len() + 8,
        "{} requests for {} kinds: {again:#?}",
        again.len(),
        kinds.len()
    );

    run(&cluster, &Bundle::default(), "few")
        .await
        .expect("it is removed");
}

/// One object of each wave and each way to wait.
fn small(name: &str, data: &str) -> Bundle {
    let group = format!("{name}.example.com");
    let mut manifests = vec![
        namespace(name),
        definition(&group),
        thing(&group, name, "one"),
        config_map(name, "config", &json!({ "a": data })),
        deployment(name, "web", 1),
    ];
    if data == "1" {
        manifests.push(config_map(name, "old", &json!({})));
    }
    bundle(manifests)
}

/// All members, without what no two runs have in common.
async fn members(name: &str) -> BTreeMap<String, Value> {
    let set = Inventory::new(name, "kube-system").set_id();
    let group = format!("{name}.example.com");
    let mut found = BTreeMap::new();
    for path in [
        "/api/v1/namespaces",
        "/api/v1/configmaps",
        "/apis/apps/v1/deployments",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        &format!("/apis/{group}/v1/things"),
    ] {
        let Some(list) = get(&format!(
            "{path}?labelSelector=applyset.kubernetes.io/part-of%3D{set}"
        ))
        .await
        else {
            continue;
        };
        for item in list["items"].as_array().unwrap() {
            let mut kept = json!({"labels": item["metadata"]["labels"], "data": item["data"]});
            for (key, value) in item["metadata"]["annotations"]
                .as_object()
                .into_iter()
                .flatten()
            {
                if key.starts_with("meshhost.dev/") {
                    kept[key] = value.clone();
                }
            }
            for field in ["replicas", "selector", "template", "names", "group", "a"] {
                kept[field] = item["spec"][field].clone();
            }
            found.insert(format!("{path} {}", item["metadata"]["name"]), kept);
        }
    }
    found
}

async fn nothing_is_left(name: &str) {
    assert_eq!(members(name).await, BTreeMap::new());
    assert_eq!(get(&format!("/api/v1/namespaces/{name}")).await, None);
    let records = format!(
        "/api/v1/namespaces/kube-system/secrets?labelSelector=meshhost.dev/installation%3D{name}"
    );
    let records = get(&records).await.unwrap();
    assert_eq!(records["items"], json!([]), "records are left");
}

/// Trying each single request takes long: `MESHHOST_TEST_EVERY=1` does.
fn every(otherwise: usize) -> usize {
    match std::env::var("MESHHOST_TEST_EVERY") {
        Ok(number) => number.parse().expect("MESHHOST_TEST_EVERY is a number"),
        Err(_) => otherwise,
    }
}

/// Install, upgrade with removal, uninstall: ended at a request, then run again.
#[tokio::test]
async fn a_run_that_is_cut_off_is_finished_by_the_next() {
    let name = "cut";
    let proxy = Proxy::start().await;
    let steps = [small(name, "1"), small(name, "2"), Bundle::default()];
    let mut undisturbed = Vec::new();
    for step in &steps {
        run(&proxy.cluster().await, step, name)
            .await
            .expect("it is applied");
        undisturbed.push(members(name).await);
    }
    for point in (1..).step_by(every(7)) {
        let mut any = false;
        for (step, expected) in steps.iter().zip(&undisturbed) {
            let cluster = proxy.cluster().await;
            proxy.fail(point, Fault::Cut);
            tokio::select! {
                _ = run_or_lose(&cluster, step, name) => {}
                () = proxy.cut() => {}
            }
            any |= proxy.has_failed();
            proxy.fail(usize::MAX, Fault::Lost);
            run(&proxy.cluster().await, step, name)
                .await
                .unwrap_or_else(|error| panic!("cut at {point}: {error}"));
            assert_eq!(&members(name).await, expected, "cut at {point}");
        }
        nothing_is_left(name).await;
        if !any {
            assert!(point > 30, "only {point} requests: nothing was cut");
            break;
        }
    }
}

async fn run_or_lose(cluster: &Cluster, bundle: &Bundle, name: &str) {
    if let Ok(plan) = cluster
        .plan(bundle, &Installation::new(name), &PlanOptions::default())
        .await
    {
        let _ = cluster
            .apply(plan, request("same"), &ApplyOptions::default(), &|_| {})
            .await;
    }
}

/// Trouble that passes does not show.
#[tokio::test]
async fn trouble_that_passes_is_survived() {
    let name = "fault";
    let proxy = Proxy::start().await;
    let faults = [
        Fault::Status(500),
        Fault::Status(429),
        Fault::Status(503),
        Fault::Lost,
        Fault::Unheard,
        Fault::Half,
    ];
    let mut faults = faults.into_iter().cycle();
    let mut expected = None;
    for point in (2..).step_by(every(5)) {
        let mut any = false;
        for step in [small(name, "1"), Bundle::default()] {
            let fault = faults.next().expect("it is endless");
            let cluster = proxy.cluster().await;
            proxy.fail(point, fault);
            let applied = run(&cluster, &step, name).await;
            let applied = applied.unwrap_or_else(|error| panic!("{fault:?} at {point}: {error}"));
            assert_eq!(applied.left, [], "{fault:?} at {point}");
            any |= proxy.has_failed();
            if !step.objects.is_empty() {
                let members = members(name).await;
                assert_eq!(
                    &members,
                    expected.get_or_insert_with(|| members.clone()),
                    "{fault:?} at {point}"
                );
            }
        }
        nothing_is_left(name).await;
        if !any {
            break;
        }
    }
}

#[tokio::test]
async fn old_records_are_forgotten() {
    let name = "history";
    let cluster = crate::started::cluster().await;
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
    assert_eq!(names, ["meshhost-history.r3", "meshhost-history.r4"]);

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
    nothing_is_left(name).await;
}
