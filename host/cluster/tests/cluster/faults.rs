//! At each single request of an install, an upgrade with removals and an uninstall: the run ends there, and the next one
//! finishes the job; or the server says 500, says 429, does not answer, or breaks off in the middle of its answer, and that
//! does not show.
//!
//! One run has several faults, each at another request, so that all pairs are tried in a fraction of the runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use meshhost_cluster::{Applied, ApplyOptions, Cluster, Installation, PlanOptions};
use meshhost_core::bundle::Bundle;
use serde_json::json;

use crate::manifests::mesh;
use crate::manifests::{bundle, config_map};
use crate::proxy::{Fault, Proxy};
use crate::snapshot::{nothing_is_left, snapshot};
use crate::started::{client, request, run, through};

const FAULTS: [Fault; 5] = [
    Fault::Status(500),
    Fault::Status(429),
    Fault::Lost,
    Fault::Hung,
    Fault::Half,
];
/// Installations that are tried at the same time.
const SIDE_BY_SIDE: usize = 6;

/// An install, an upgrade with removals and an uninstall.
fn flows(name: &str) -> [(&'static str, Bundle); 3] {
    let mut first = mesh(name);
    first.push(config_map(name, "only-in-one", &json!({"a": "1"})));
    let mut second = mesh(name);
    for manifest in &mut second {
        if manifest["kind"] == "ConfigMap" {
            manifest["data"] = json!({"mesh": "c: d"});
        }
    }
    second.push(config_map(name, "only-in-two", &json!({"a": "2"})));
    [
        ("install", bundle(first)),
        ("upgrade", bundle(second)),
        ("uninstall", Bundle::default()),
    ]
}

/// Where which fault comes in the run with this number: over as many runs as there are requests, each fault comes once at
/// each request.
fn faults(number: usize, requests: usize) -> BTreeMap<usize, Fault> {
    let distance = (requests / FAULTS.len()).max(1);
    FAULTS
        .into_iter()
        .enumerate()
        .map(|(index, fault)| ((number + index * distance) % requests + 1, fault))
        .collect()
}

#[test]
fn each_fault_comes_at_each_request() {
    for requests in 5..90 {
        let mut pairs = BTreeSet::new();
        for number in 0..requests {
            for (at, fault) in faults(number, requests) {
                pairs.insert((at, format!("{fault:?}")));
            }
        }
        assert_eq!(pairs.len(), requests * FAULTS.len(), "{requests}");
    }
}

/// Plans and applies, with a lock that lasts a second when the run is cut off.
async fn attempt(cluster: &Cluster, bundle: &Bundle, name: &str) -> Result<Applied, String> {
    let options = PlanOptions::default();
    let plan = cluster
        .plan(bundle, &Installation::new(name), &options)
        .await
        .map_err(|error| error.to_string())?;
    let mut options = ApplyOptions::default();
    options.lock.lasts = Duration::from_secs(1);
    cluster
        .apply(plan, request("same"), &options, &|_| {})
        .await
        .map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes many minutes; run it alone, with --ignored"]
async fn a_run_that_ends_at_any_request_is_finished_by_the_next() {
    let client = client().await;
    let calm = "still";
    let proxy = Proxy::start(client.clone()).await;
    let mut expected = Vec::new();
    for (flow, bundle) in flows(calm) {
        let cluster = through(&proxy).await;
        attempt(&cluster, &bundle, calm)
            .await
            .unwrap_or_else(|error| panic!("{flow}: {error}"));
        expected.push(snapshot(&client, calm).await);
    }
    let next = AtomicUsize::new(1);
    let points: Mutex<BTreeMap<&str, usize>> = Mutex::default();
    let one_after_the_other = async |side: usize| {
        let name = format!("cut{side}");
        let proxy = Proxy::start(client.clone()).await;
        loop {
            let point = next.fetch_add(1, Ordering::Relaxed);
            let mut any = false;
            for ((flow, bundle), expected) in flows(&name).into_iter().zip(&expected) {
                let told = format!("{flow} ended at request {point}");
                let cluster = through(&proxy).await;
                proxy.fail([(point, Fault::Cut)]);
                let done = tokio::select! {
                    done = attempt(&cluster, &bundle, &name) => Some(done),
                    () = proxy.cut() => None,
                };
                match done {
                    Some(done) => {
                        done.unwrap_or_else(|error| panic!("{told}: {error}"));
                    }
                    None => {
                        any = true;
                        *points.lock().unwrap().entry(flow).or_default() += 1;
                        proxy.fail([]);
                        let cluster = through(&proxy).await;
                        attempt(&cluster, &bundle, &name)
                            .await
                            .unwrap_or_else(|error| panic!("after {told}: {error}"));
                        assert_eq!(&snapshot(&client, &name).await, expected, "{told}");
                    }
                }
            }
            nothing_is_left(&client, &name).await;
            if !any {
                return;
            }
        }
    };
    join_all((0..SIDE_BY_SIDE).map(one_after_the_other)).await;
    let points = points.into_inner().unwrap();
    println!("ended at {points:?} points");
    for (flow, _) in flows(calm) {
        assert!(points[flow] > 40, "{flow}: only {} points", points[flow]);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes many minutes; run it alone, with --ignored"]
async fn trouble_that_passes_is_survived_at_each_request() {
    let client = client().await;
    // Undisturbed: how many requests there are, and what comes out.
    let calm = "calm";
    let proxy = Proxy::start(client.clone()).await;
    let mut expected = Vec::new();
    let mut requests = Vec::new();
    for (flow, bundle) in flows(calm) {
        let cluster = through(&proxy).await;
        run(&cluster, &bundle, calm)
            .await
            .unwrap_or_else(|error| panic!("{flow}: {error}"));
        requests.push(proxy.take_log().len());
        expected.push(snapshot(&client, calm).await);
    }
    nothing_is_left(&client, calm).await;

    let next = AtomicUsize::new(0);
    let tried = Mutex::new(BTreeMap::new());
    let most = requests.iter().copied().max().unwrap_or_default();
    let one_after_the_other = async |side: usize| {
        let name = format!("fault{side}");
        let proxy = Proxy::start(client.clone()).await;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= most {
                return;
            }
            for (index, (flow, bundle)) in flows(&name).into_iter().enumerate() {
                let faults = faults(number, requests[index]);
                let told = format!("{flow} {number} {faults:?}");
                let cluster = through(&proxy).await;
                proxy.fail(faults.clone());
                let applied = run(&cluster, &bundle, &name).await;
                let applied = applied.unwrap_or_else(|error| panic!("{told}: {error}"));
                assert_eq!(applied.left, [], "{told}");
                let left = proxy.faults_left();
                for (at, fault) in faults {
                    if !left.contains(&at) {
                        let fault = format!("{fault:?}");
                        *tried.lock().unwrap().entry((flow, fault)).or_insert(0) += 1;
                    }
                }
                let now = snapshot(&client, &name).await;
                assert_eq!(now, expected[index], "{told}");
            }
            nothing_is_left(&client, &name).await;
        }
    };
    join_all((0..SIDE_BY_SIDE).map(one_after_the_other)).await;
    let tried = tried.into_inner().unwrap();
    println!("requests {requests:?}; faults tried: {tried:#?}");
    assert_eq!(tried.len(), 3 * FAULTS.len(), "{tried:?}");
    for ((flow, fault), times) in tried {
        // The number of requests differs from run to run: what is asked while waiting depends on time.
        assert!(times >= 30, "{flow}: {fault} only {times} times");
    }
}
