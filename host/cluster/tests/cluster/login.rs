//! Credentials that end while the engine is at work: what the kubeconfig says by then is used.

use std::path::Path;
use std::time::Duration;

use meshhost_cluster::{ApplyOptions, Cluster, Connect, Installation, PlanOptions};
use meshhost_core::bundle::Bundle;
use serde_json::{Value, json};

use crate::manifests::{bundle, config_map, namespace};
use crate::proxy::{Fault, Proxy};
use crate::started::{client, kubeconfig, request, send, through};

/// A token of this account that ends when its Secret is deleted.
async fn token(account: &str, name: &str) -> String {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "default"}});
    let secret = send("POST", "/api/v1/namespaces/default/secrets", Some(secret))
        .await
        .unwrap();
    let ask = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {
        "boundObjectRef": {"apiVersion": "v1", "kind": "Secret", "name": name, "uid": secret["metadata"]["uid"]},
    }});
    let path = format!("/api/v1/namespaces/default/serviceaccounts/{account}/token");
    let token = send("POST", &path, Some(ask)).await.unwrap();
    token["status"]["token"].as_str().unwrap().to_owned()
}

async fn connected(path: &Path) -> Result<Cluster, meshhost_cluster::ConnectError> {
    Cluster::connect(&Connect {
        kubeconfig: Some(path.to_owned()),
        context: None,
    })
    .await
}

/// A kubeconfig with this user for the server of the tests.
fn write_kubeconfig(path: &Path, user: &Value) {
    let admin = std::fs::read_to_string(kubeconfig()).unwrap();
    let of = |key: &str| {
        let line = admin.lines().find_map(|line| line.split_once(key));
        line.unwrap().1.trim().trim_matches(['"', '\'']).to_owned()
    };
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": of("server:"), "certificate-authority-data": of("certificate-authority-data:")}}],
        "users": [{"name": "c", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    });
    std::fs::write(path, config.to_string()).unwrap();
}

#[tokio::test]
async fn a_token_that_ends_is_read_anew() {
    let name = "login";
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "default"}});
    send(
        "POST",
        "/api/v1/namespaces/default/serviceaccounts",
        Some(account),
    )
    .await
    .unwrap();
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "token-that-ends"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "default"}],
    });
    let bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
    send("POST", bindings, Some(binding)).await.unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let own = |what: &str| folder.join(format!("{}-login-{what}", std::process::id()));
    let (config, file) = (own("config"), own("token"));
    let first = token(name, "login-first").await;
    std::fs::write(&file, &first).unwrap();
    write_kubeconfig(&config, &json!({ "tokenFile": file }));
    let cluster = connected(&config).await.expect("it is let in");
    let wish = bundle(vec![namespace(name), config_map(name, "c", &json!({}))]);
    let installation = Installation::new(name);
    let options = PlanOptions::default();
    let plan = cluster.plan(&wish, &installation, &options).await.unwrap();

    std::fs::write(&file, token(name, "login-second").await).unwrap();
    send(
        "DELETE",
        "/api/v1/namespaces/default/secrets/login-first",
        None,
    )
    .await
    .unwrap();
    // The API server remembers for some seconds whom it knew.
    let old = own("old");
    write_kubeconfig(&old, &json!({ "token": first }));
    while connected(&old).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let apply = ApplyOptions::default();
    cluster
        .apply(plan, request("same"), &apply, &|_| {})
        .await
        .expect("it is applied with the new token");
    let nothing = cluster
        .plan(&Bundle::default(), &installation, &options)
        .await
        .unwrap();
    cluster
        .apply(nothing, request("same"), &apply, &|_| {})
        .await
        .expect("it is removed");
}

#[tokio::test]
async fn credentials_that_stay_bad_are_tried_once_more_and_not_for_ever() {
    let proxy = Proxy::start(client().await).await;
    let cluster = through(&proxy).await;
    proxy.fail((1..100).map(|number| (number, Fault::Status(401))));
    let error = cluster
        .last_revision(&Installation::new("nobody"))
        .await
        .expect_err("nobody is let in");
    assert!(error.to_string().contains("401"), "{error}");
    assert!(proxy.take_log().len() <= 2);
}
