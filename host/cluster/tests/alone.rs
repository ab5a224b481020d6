//! What needs a control plane of its own: stopping the API server, and comparing everything that a cluster has.

#![expect(clippy::unwrap_used, reason = "in a test, unwrap is the assertion")]

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use meshhost_cluster::{ApplyOptions, Cluster, Connect, Event, Installation, PlanOptions};
use meshhost_core::bundle::Bundle;
use meshhost_core::revision::RevisionRequest;
use meshhost_local_cluster::{Cluster as LocalCluster, Component, Settings};
use serde_json::{Value, json};

#[path = "cluster/manifests.rs"]
mod manifests;

use manifests::{bundle, mesh};

fn request() -> RevisionRequest {
    RevisionRequest {
        tool: "test".into(),
        at: "2020-01-01T00:00:00Z".into(),
        by: String::new(),
        settings: json!({}),
        pieces: Vec::new(),
        bundle: String::new(),
    }
}

/// Identity of every object of every kind that can be listed, but for what passes by itself: events, leases, and the
/// address lists of the API server itself.
async fn everything(cluster: &Cluster, client: &kube::Client) -> BTreeSet<String> {
    let get = async |path: &str| -> Option<Value> {
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        client.request(request).await.ok()
    };
    let served = cluster.facts().await.unwrap().served;
    let versions: BTreeSet<String> = served.into_iter().map(|kind| kind.api_version).collect();
    let mut found = BTreeSet::new();
    for version in versions {
        let root = if version.contains('/') {
            "/apis"
        } else {
            "/api"
        };
        let resources = get(&format!("{root}/{version}")).await.unwrap();
        for resource in resources["resources"].as_array().unwrap() {
            let name = resource["name"].as_str().unwrap();
            let listable = resource["verbs"]
                .as_array()
                .unwrap()
                .contains(&json!("list"));
            if name.contains('/') || !listable || ["events", "leases"].contains(&name) {
                continue;
            }
            let Some(list) = get(&format!("{root}/{version}/{name}")).await else {
                continue;
            };
            for item in list["items"].as_array().unwrap() {
                let metadata = &item["metadata"];
                let place = format!(
                    "{version} {name} {} {}",
                    metadata["namespace"], metadata["name"]
                );
                found.insert(format!(
                    "{place} {} {}",
                    metadata["uid"], metadata["labels"]
                ));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn survives_the_api_server_and_leaves_the_cluster_as_it_was() {
    let settings = Settings {
        nodes: 2,
        separate: true,
        ..Settings::default()
    };
    let local = LocalCluster::start(&settings).unwrap();
    let kubeconfig = local.info().kubeconfig.clone();
    let wish = Connect {
        kubeconfig: Some(kubeconfig.clone()),
        context: None,
    };
    let cluster = Cluster::connect(&wish).await.unwrap();
    let config = kube::config::Kubeconfig::read_from(kubeconfig).unwrap();
    let options = kube::config::KubeConfigOptions::default();
    let config = kube::Config::from_custom_kubeconfig(config, &options)
        .await
        .unwrap();
    let client = kube::Client::try_from(config).unwrap();
    let before = everything(&cluster, &client).await;

    let installation = Installation::new("alone");
    let wanted = bundle(mesh("alone"));
    let plan = cluster
        .plan(&wanted, &installation, &PlanOptions::default())
        .await
        .unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let stop = Mutex::new(Some(stop));
    let retried = Mutex::new(0);
    let listener = |event: Event| match event {
        // In the middle of the writes.
        Event::Wave { number: 2, .. } => {
            if let Some(stop) = stop.lock().unwrap().take() {
                stop.send(()).unwrap();
            }
        }
        Event::Retrying { .. } => *retried.lock().unwrap() += 1,
        _ => {}
    };
    let mut local = local;
    let outage = async move {
        stopped.await.unwrap();
        tokio::task::spawn_blocking(move || {
            local.stop(Component::ApiServer).unwrap();
            std::thread::sleep(Duration::from_secs(3));
            local.restart(Component::ApiServer).unwrap();
            local
        })
        .await
        .unwrap()
    };
    let apply_options = ApplyOptions::default();
    let (applied, local) = tokio::join!(
        cluster.apply(plan, request(), &apply_options, &listener),
        outage
    );
    applied.expect("it is applied all the same");
    assert!(*retried.lock().unwrap() > 0, "the outage was not noticed");
    let plan = cluster
        .plan(&wanted, &installation, &PlanOptions::default())
        .await
        .unwrap();
    assert!(plan.is_empty(), "{plan:#?}");

    // The database dies while everything goes.
    let plan = cluster
        .plan(&Bundle::default(), &installation, &PlanOptions::default())
        .await
        .unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let stop = Mutex::new(Some(stop));
    let listener = |event: Event| {
        if let Event::Deleted { .. } = event
            && let Some(stop) = stop.lock().unwrap().take()
        {
            stop.send(()).unwrap();
        }
    };
    let mut local = local;
    let outage = async move {
        stopped.await.unwrap();
        tokio::task::spawn_blocking(move || {
            local.kill(Component::Etcd).unwrap();
            std::thread::sleep(Duration::from_secs(1));
            local.restart(Component::Etcd).unwrap();
            local
        })
        .await
        .unwrap()
    };
    let (removed, _local) = tokio::join!(
        cluster.apply(plan, request(), &apply_options, &listener),
        outage
    );
    assert_eq!(removed.expect("it is removed").left, []);
    let after = everything(&cluster, &client).await;
    let difference: Vec<&String> = before.symmetric_difference(&after).collect();
    assert!(difference.is_empty(), "{difference:#?}");
}
