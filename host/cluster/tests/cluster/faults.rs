//! At each single request of an install, an upgrade with removals and an uninstall the server says 500, says 429, does not
//! answer, or breaks off in the middle of its answer, and that does not show. What comes of a program that is killed there
//! is tried with the program itself (`tests/faults`).
//!
//! One run has several faults, each at another request, so that all pairs are tried in a fraction of the runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use meshhost_core::bundle::Bundle;
use serde_json::json;

use crate::manifests::mesh;
use crate::manifests::{bundle, config_map};
use crate::proxy::{Fault, Proxy};
use crate::snapshot::{nothing_is_left, snapshot};
use crate::started::{client, run, through};

const FAULTS: [Fault; 5] = [
    Fault::Status(500),
    Fault::Status(429),
    Fault::Lost,
    Fault::Hung,
    Fault::Half,
];
/// Installations that are tried at the same time.
const SIDE_BY_SIDE: usize = 20;

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

#[tokio::test(flavor = "multi_thread")]

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
                // One with fewer requests has had its turn.
                let disturbed = number < requests[index];
                let faults = disturbed.then(|| faults(number, requests[index]));
                let faults = faults.unwrap_or_default();
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
