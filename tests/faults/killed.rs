//! Killed after each single request.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use meshhost_local_cluster::Settings;
use serde_json::{Value, json};

use crate::lab::{Ended, Lab, write_profile};
use crate::manifests::{config_map, mesh};
use crate::proxy::{Fault, Proxy};
use crate::snapshot::{nothing_is_left, snapshot};

/// Installations that are tried at the same time.
const SIDE_BY_SIDE: usize = 8;
const FLOWS: [&str; 3] = ["install", "upgrade", "uninstall"];

/// Writes the profiles of an installation: before and after the upgrade.
fn write_profiles(folder: &Path, name: &str) {
    let mut first = mesh(name);
    first.push(config_map(name, "only-in-one", &json!({"a": "1"})));
    let mut second = mesh(name);
    for manifest in &mut second {
        if manifest["kind"] == "ConfigMap" {
            manifest["data"] = json!({"mesh": "c: d"});
        }
        if manifest["kind"] == "DaemonSet" {
            manifest["spec"]["template"]["metadata"]["annotations"] = json!({"rolled": "yes"});
        }
    }
    // Of every step of a removal.
    second.retain(|manifest| {
        let kind = manifest["kind"].as_str().unwrap();
        let one = manifest["metadata"]["name"] == "two" || manifest["metadata"]["name"] == "galley";
        !([
            "PriorityClass",
            "ValidatingWebhookConfiguration",
            "ClusterRoleBinding",
        ]
        .contains(&kind)
            || (kind == "Thing" && one)
            || (kind == "HorizontalPodAutoscaler" && one))
    });
    second.push(config_map(name, "only-in-two", &json!({"a": "2"})));
    write_profile(folder, name, 1, &first);
    write_profile(folder, name, 2, &second);
}

/// What is typed.
fn arguments(flow: &str, name: &str) -> Vec<String> {
    let words = match flow {
        "install" => format!("apply --yes --profile ./{name}-1.yaml"),
        "upgrade" => format!("apply --yes --prune --profile ./{name}-2.yaml"),
        _ => "uninstall --yes".to_owned(),
    };
    // A lock that lasts a second costs the next run a second.
    format!("{words} --name {name} --timeout 120s --lock-lease 1s")
        .split(' ')
        .map(str::to_owned)
        .collect()
}

async fn run(lab: &Lab, proxy: &Proxy, flow: &str, name: &str) -> Ended {
    let arguments = arguments(flow, name);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    lab.run(proxy, name, &arguments).await
}

/// Runs it to a good end.
async fn finish(lab: &Lab, proxy: &Proxy, flow: &str, name: &str, told: &str) {
    proxy.fail([]);
    let ended = run(lab, proxy, flow, name).await;
    let good = matches!(ended, Ended::By(status) if status.success());
    assert!(good, "{told}: {ended:?}: {}", lab.said(name));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_each_request_the_next_run_finishes_the_job() {
    let lab = Lab::new(&Settings {
        nodes: 1,
        ..Settings::default()
    })
    .await;
    let calm = "calm";
    let sides = (0..SIDE_BY_SIDE).map(|side| format!("kill{side}"));
    let names: Vec<String> = sides.chain([calm.to_owned()]).collect();
    for name in &names {
        write_profiles(lab.folder.path(), name);
    }
    let profiles: Vec<String> = names
        .iter()
        .map(|name| format!("./{name}-1.yaml"))
        .collect();
    lab.with_manifests(&profiles);
    // Undisturbed.
    let proxy = Proxy::start(lab.client.clone()).await;
    let mut expected: Vec<BTreeMap<String, Value>> = Vec::new();
    for flow in FLOWS {
        finish(&lab, &proxy, flow, calm, "undisturbed").await;
        println!("{flow}: {} requests", proxy.take_log().len());
        expected.push(snapshot(&lab.client, calm).await);
    }
    assert!(expected[0].len() >= 20, "{}", expected[0].len());
    nothing_is_left(&lab.client, calm).await;

    let next = AtomicUsize::new(1);
    // Whether upgrades have been killed at every point.
    let upgraded = Mutex::new(false);
    let points: Mutex<BTreeMap<&str, usize>> = Mutex::default();
    let one_after_the_other = async |side: usize| {
        let name = format!("kill{side}");
        let proxy = Proxy::start(lab.client.clone()).await;
        loop {
            let point = next.fetch_add(1, Ordering::Relaxed);
            let mut any = false;
            for (flow, expected) in FLOWS.into_iter().zip(&expected) {
                // What an uninstall takes away is the same with and without an upgrade before it.
                if flow == "upgrade" && *upgraded.lock().unwrap() {
                    continue;
                }
                let told = format!("{flow} killed after request {point}");
                proxy.fail([(point, Fault::Cut)]);
                match run(&lab, &proxy, flow, &name).await {
                    Ended::Killed => {
                        any = true;
                        *points.lock().unwrap().entry(flow).or_default() += 1;
                        finish(&lab, &proxy, flow, &name, &told).await;
                        let now = snapshot(&lab.client, &name).await;
                        assert_eq!(&now, expected, "{told}");
                    }
                    Ended::By(status) => {
                        assert!(status.success(), "{told}: {}", lab.said(&name));
                        *upgraded.lock().unwrap() |= flow == "upgrade";
                    }
                }
            }
            nothing_is_left(&lab.client, &name).await;
            if !any {
                return;
            }
        }
    };
    join_all((0..SIDE_BY_SIDE).map(one_after_the_other)).await;
    let points = points.into_inner().unwrap();
    println!("killed at {points:?} points");
    for flow in FLOWS {
        assert!(points[flow] > 40, "{flow}: only {} points", points[flow]);
    }
}
