//! The demo profile, killed at random points.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use kube::ResourceExt as _;
use kube::api::{Api, DynamicObject, ListParams};
use kube::discovery::{Discovery, verbs};
use meshhost_local_cluster::Settings;
use serde_json::Value;

use crate::lab::{Ended, Lab};
use crate::proxy::{Fault, Proxy};

/// How often it is killed.
const POINTS: usize = 20;

const LOCK: [&str; 2] = ["--lock-lease", "1s"];
const GUIDE: &str = "profile=demo,cni.enabled=true,cni.components.cni.namespace=kube-system";
const FLOWS: [&[&str]; 3] = [
    &["apply", "--yes", "--set", GUIDE],
    &[
        "apply",
        "--yes",
        "--prune",
        "--set",
        GUIDE,
        "--set",
        "values.grafana.enabled=false",
        "--set",
        "values.pilot.traceSampling=7",
    ],
    &["uninstall", "--yes"],
];

/// What controllers make and keep changing by themselves.
const PASSING: [&str; 10] = [
    "Pod",
    "ReplicaSet",
    "Endpoints",
    "EndpointSlice",
    "Event",
    "ControllerRevision",
    "Node",
    "ComponentStatus",
    "APIService",
    // Named after an address that is given out by chance.
    "IPAddress",
];

/// Everything on the cluster, without what no two objects have in common.
async fn world(client: &kube::Client) -> BTreeMap<String, Value> {
    let discovery = Discovery::new(client.clone()).run().await.unwrap();
    let mut all = BTreeMap::new();
    for group in discovery.groups() {
        for (resource, capabilities) in group.recommended_resources() {
            let passing = PASSING.contains(&resource.kind.as_str());
            if passing || !capabilities.supports_operation(verbs::LIST) {
                continue;
            }
            let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
            let list = match api.list(&ListParams::default()).await {
                Ok(list) => list,
                // Reviews and the like say that they list, and do not.
                Err(kube::Error::Api(status)) if [404, 405].contains(&status.code) => continue,
                Err(error) => panic!("{}: {error}", resource.kind),
            };
            for object in list {
                let place = object.namespace().unwrap_or_default();
                let key = format!("{} {place}/{}", resource.kind, object.name_any());
                let lease_of_a_node = resource.kind == "Lease" && !key.contains("meshhost");
                let record = key.starts_with("Secret kube-system/meshhost-");
                if !lease_of_a_node && !record {
                    all.insert(key, bare(&object));
                }
            }
        }
    }
    all
}

fn bare(object: &DynamicObject) -> Value {
    let mut bare = serde_json::to_value(object).unwrap();
    let map = bare.as_object_mut().unwrap();
    map.remove("status");
    let metadata = map["metadata"].as_object_mut().unwrap();
    for field in ["uid", "resourceVersion", "generation", "creationTimestamp"] {
        metadata.remove(field);
    }
    let ours: Vec<Value> = metadata
        .remove("managedFields")
        .and_then(|entries| entries.as_array().cloned())
        .into_iter()
        .flatten()
        .filter(|entry| entry["manager"] == "meshhost-default")
        .map(|entry| serde_json::json!([entry["operation"], entry["fieldsV1"]]))
        .collect();
    metadata.insert("ours".into(), Value::from(ours));
    if let Some(spec) = map.get_mut("spec").and_then(Value::as_object_mut) {
        // Given by the server.
        for field in ["clusterIP", "clusterIPs", "ports", "healthCheckNodePort"] {
            spec.remove(field);
        }
    }
    bare
}

fn differences(one: &BTreeMap<String, Value>, two: &BTreeMap<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    for key in one.keys().chain(two.keys()) {
        if one.get(key) != two.get(key) && !found.contains(key) {
            found.push(key.clone());
        }
    }
    found
}

/// Numbers that look random and come again with the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % most as u64) as usize + 1
    }
}

fn seed() -> u64 {
    match std::env::var("MESHHOST_TEST_SEED") {
        Ok(text) => text.parse().expect("MESHHOST_TEST_SEED is a number"),
        Err(_) => RandomState::new().build_hasher().finish(),
    }
}

async fn run(lab: &Lab, proxy: &Proxy, flow: &[&str]) -> Ended {
    let arguments: Vec<&str> = flow.iter().copied().chain(LOCK).collect();
    lab.run(proxy, "demo", &arguments).await
}

async fn finish(lab: &Lab, proxy: &Proxy, flow: &[&str], told: &str) {
    proxy.fail([]);
    let ended = run(lab, proxy, flow).await;
    let good = matches!(ended, Ended::By(status) if status.success());
    assert!(good, "{told}: {ended:?}: {}", lab.said("demo"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_profile_is_finished_by_the_next_run_wherever_it_was_killed() {
    let seed = seed();
    println!("MESHHOST_TEST_SEED={seed}");
    let lab = Lab::new(&Settings::default()).await;
    let proxy = Proxy::start(lab.client.clone()).await;
    let untouched = world(&lab.client).await;
    let mut expected = Vec::new();
    let mut requests = Vec::new();
    for flow in FLOWS {
        finish(&lab, &proxy, flow, "undisturbed").await;
        requests.push(proxy.take_log().len());
        expected.push(world(&lab.client).await);
    }
    assert_eq!(differences(&untouched, &expected[2]), [""; 0]);
    let installed = expected[0].len() - untouched.len();
    assert!(installed >= 149, "{installed}");
    println!("requests: {requests:?}");

    let mut dice = Dice(seed);
    let mut killed = 0;
    for number in 0..POINTS {
        let index = number % FLOWS.len();
        let point = dice.up_to(requests[index]);
        let told = format!(
            "seed {seed}: {:?} killed after request {point}",
            FLOWS[index]
        );
        proxy.fail([(point, Fault::Cut)]);
        // How many requests there are depends on time; then this one was not killed.
        killed += usize::from(run(&lab, &proxy, FLOWS[index]).await == Ended::Killed);
        finish(&lab, &proxy, FLOWS[index], &told).await;
        let now = world(&lab.client).await;
        assert_eq!(differences(&expected[index], &now), [""; 0], "{told}");
    }
    println!("killed {killed} times");
    assert!(killed >= POINTS * 3 / 4, "only {killed} times");
}
