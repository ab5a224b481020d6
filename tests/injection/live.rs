//! A mesh that is on a cluster: its ConfigMaps are found, and give what its settings give.

use std::process::Command;

use kube::api::{DeleteParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use meshhost_local_cluster::{Cluster, Settings};
use serde_json::{Value, json};

use crate::command::{documents, injected, stderr, with_kubeconfig};

const WORKLOAD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: ns}\nspec: {containers: [{name: a}]}\n";

/// The two ConfigMaps that a profile renders to.
fn config_maps(profile: &str) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_meshhost"))
        .args(["render", "--profile", profile])
        .output()
        .unwrap();
    let wanted = ["istio", "istio-sidecar-injector"];
    documents(&output.stdout)
        .into_iter()
        .filter(|object| {
            object["kind"] == "ConfigMap"
                && wanted.contains(&object["metadata"]["name"].as_str().unwrap())
        })
        .collect()
}

async fn client(kubeconfig: &std::path::Path) -> Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .unwrap();
    Client::try_from(config).unwrap()
}

async fn put(client: &Client, path: &str, object: &Value) {
    let body = serde_json::to_vec(object).unwrap();
    let request = kube::core::Request::new(path)
        .create(&PostParams::default(), body)
        .unwrap();
    client.request::<Value>(request).await.unwrap();
}

async fn mesh_in(client: &Client, namespace: &str, profile: &str) {
    put(
        client,
        "/api/v1/namespaces",
        &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}),
    )
    .await;
    for mut map in config_maps(profile) {
        map["metadata"]["namespace"] = json!(namespace);
        put(
            client,
            &format!("/api/v1/namespaces/{namespace}/configmaps"),
            &map,
        )
        .await;
    }
}

#[tokio::test]
async fn is_found_where_it_is() {
    let cluster = Cluster::start(&Settings::default()).expect("a cluster starts");
    let kubeconfig = &cluster.info().kubeconfig;
    let client = client(kubeconfig).await;
    let live = |args: &[&str]| with_kubeconfig(args, WORKLOAD, kubeconfig.to_str().unwrap());

    let none = live(&[]);
    assert_eq!(none.status.code(), Some(1));
    assert!(
        stderr(&none).contains("there is no ConfigMap istio-sidecar-injector in any namespace"),
        "{}",
        stderr(&none)
    );

    mesh_in(&client, "mesh-one", "sds").await;
    let only = live(&[]);
    assert!(only.status.success(), "{}", stderr(&only));
    assert_eq!(
        documents(&only.stdout),
        injected(&["--profile", "sds"], WORKLOAD).0
    );

    mesh_in(&client, "mesh-two", "default").await;
    let several = live(&[]);
    assert!(
        stderr(&several).contains("in mesh-one, mesh-two")
            && stderr(&several).contains("--istio-namespace"),
        "{}",
        stderr(&several)
    );
    let named = live(&["--istio-namespace", "mesh-two"]);
    let default = injected(&["--profile", "default"], WORKLOAD).0;
    assert_eq!(documents(&named.stdout), default, "{}", stderr(&named));
    let wrong = live(&["-i", "default"]);
    assert!(
        stderr(&wrong)
            .contains("there is no ConfigMap istio-sidecar-injector in namespace default"),
        "{}",
        stderr(&wrong)
    );

    mesh_in(&client, "istio-system", "demo").await;
    let usual = live(&[]);
    let demo = injected(&["--profile", "demo"], WORKLOAD).0;
    assert_eq!(documents(&usual.stdout), demo, "{}", stderr(&usual));

    let request = kube::core::Request::new("/api/v1/namespaces/istio-system/configmaps")
        .delete("istio", &DeleteParams::default())
        .unwrap();
    client.request::<Value>(request).await.unwrap();
    let elsewhere = live(&[]);
    assert!(
        stderr(&elsewhere).contains("several ConfigMaps istio"),
        "{}",
        stderr(&elsewhere)
    );
}
