//! Getting in, and being let do things.

use std::path::{Path, PathBuf};

use meshhost_cluster::{Cluster, Connect, Installation, PlanOptions};
use serde_json::{Value, json};

use crate::manifests::{bundle, config_map, deployment, namespace};
use crate::started::{get, kubeconfig, request, send};

async fn refused(kubeconfig: PathBuf, context: Option<&str>) -> String {
    let wish = Connect {
        kubeconfig: Some(kubeconfig),
        context: context.map(str::to_owned),
    };
    match Cluster::connect(&wish).await {
        Ok(_) => panic!("it is refused"),
        Err(error) => error.to_string(),
    }
}

fn written(name: &str, server: &str, user: &str) -> PathBuf {
    let ca = std::fs::read_to_string(kubeconfig()).unwrap();
    let ca = ca
        .lines()
        .find_map(|line| line.split_once("certificate-authority-data:"))
        .map(|(_, data)| data.trim().trim_matches(['"', '\'']).to_owned());
    let ca = ca
        .map(|ca| format!(", certificate-authority-data: {ca}"))
        .unwrap_or_default();
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: '{server}'{ca}}}}}]\n\
         users: [{{name: c, user: {user}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: c}}}}]\n"
    );
    let path =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

async fn server() -> String {
    let cluster = crate::started::cluster().await;
    cluster.server().trim_end_matches('/').to_owned()
}

#[tokio::test]
async fn each_way_of_not_getting_in_is_told_apart() {
    let absent = Path::new("/nowhere/kubeconfig").to_owned();
    let told = refused(absent, None).await;
    assert!(
        told.starts_with("kubeconfig /nowhere/kubeconfig: No such file"),
        "{told}"
    );

    let broken = written("broken", "x", "{");
    let told = refused(broken.clone(), None).await;
    assert!(
        told.starts_with(&format!("kubeconfig {}: ", broken.display())),
        "{told}"
    );

    let told = refused(kubeconfig(), Some("elsewhere")).await;
    assert!(
        told.contains(" has no context elsewhere; it has: "),
        "{told}"
    );

    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let told = refused(written("nobody", &format!("https://{nobody}"), "{}"), None).await;
    assert!(
        told.starts_with("cannot reach the cluster at https://127.0.0.1:"),
        "{told}"
    );
    assert!(told.contains("onnection refused"), "{told}");

    let told = refused(written("stranger", &server().await, "{token: wrong}"), None).await;
    assert!(
        told.contains("does not accept the credentials of the kubeconfig (Unauthorized)"),
        "{told}"
    );
}

#[tokio::test]
async fn facts_are_those_of_the_server() {
    let facts = crate::started::cluster().await.facts().await.unwrap();
    assert_eq!(
        (facts.kubernetes.major, facts.platform.as_str()),
        (1, "kubernetes")
    );
    assert_eq!(facts.namespaced("apps/v1", "Deployment"), Some(true));
    assert_eq!(facts.namespaced("v1", "Namespace"), Some(false));
    assert_eq!(facts.namespaced("apps/v1beta1", "Deployment"), None);
    assert!(facts.served.is_sorted());
}

/// A service account with these rights in namespace `team`.
async fn connected_as(account: &str, rules: Value) -> Cluster {
    let _there = send("POST", "/api/v1/namespaces", Some(namespace("team"))).await;
    let named = |kind: &str, group: &str| json!({"apiVersion": group, "kind": kind, "metadata": {"name": account, "namespace": "team"}});
    send(
        "POST",
        "/api/v1/namespaces/team/serviceaccounts",
        Some(named("ServiceAccount", "v1")),
    )
    .await
    .unwrap();
    let rbac = "rbac.authorization.k8s.io";
    let mut role = named("Role", &format!("{rbac}/v1"));
    role["rules"] = rules;
    let path = format!("/apis/{rbac}/v1/namespaces/team");
    send("POST", &format!("{path}/roles"), Some(role))
        .await
        .unwrap();
    let mut binding = named("RoleBinding", &format!("{rbac}/v1"));
    binding["roleRef"] = json!({"apiGroup": rbac, "kind": "Role", "name": account});
    binding["subjects"] = json!([{"kind": "ServiceAccount", "name": account, "namespace": "team"}]);
    send("POST", &format!("{path}/rolebindings"), Some(binding))
        .await
        .unwrap();
    let ask = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    let token = send(
        "POST",
        &format!("/api/v1/namespaces/team/serviceaccounts/{account}/token"),
        Some(ask),
    )
    .await
    .unwrap();
    let token = token["status"]["token"].as_str().unwrap();
    let path = written(account, &server().await, &format!("{{token: {token}}}"));
    let wish = Connect {
        kubeconfig: Some(path),
        context: None,
    };
    Cluster::connect(&wish).await.expect("it is let in")
}

#[tokio::test]
async fn rights_in_one_namespace_suffice_for_what_lives_there() {
    let all = json!([
        "get", "list", "watch", "create", "update", "patch", "delete"
    ]);
    let cluster = connected_as(
        "worker",
        json!([
            {"apiGroups": [""], "resources": ["secrets", "configmaps"], "verbs": all},
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": all},
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update", "delete"]},
        ]),
    )
    .await;
    let installation = Installation {
        name: "own".into(),
        state_namespace: "team".into(),
    };
    let options = PlanOptions::default();
    let wish = bundle(vec![
        config_map("team", "own", &json!({"a": "1"})),
        deployment("team", "own", 1),
    ]);
    let plan = cluster.plan(&wish, &installation, &options).await.unwrap();
    assert_eq!(plan.refusals, []);
    let apply = meshhost_cluster::ApplyOptions::default();
    cluster
        .apply(plan, request("same"), &apply, &|_| {})
        .await
        .expect("it is applied");
    let plan = cluster.plan(&wish, &installation, &options).await.unwrap();
    assert!(plan.is_empty());
    let nothing = meshhost_core::bundle::Bundle::default();
    let plan = cluster
        .plan(&nothing, &installation, &options)
        .await
        .unwrap();
    cluster
        .apply(plan, request("same"), &apply, &|_| {})
        .await
        .expect("it is removed");
    assert!(
        get("/api/v1/namespaces/team/configmaps/own")
            .await
            .is_none()
    );
}

#[tokio::test]
async fn a_missing_right_is_told_with_object_and_verb() {
    let secrets = json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "create", "update", "patch", "delete"]});
    let cluster = connected_as(
        "weak",
        json!([secrets, {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]),
    )
    .await;
    let installation = Installation {
        name: "weak".into(),
        state_namespace: "team".into(),
    };
    let wish = bundle(vec![
        config_map("team", "weak", &json!({})),
        deployment("team", "weak", 1),
    ]);
    let plan = cluster
        .plan(&wish, &installation, &PlanOptions::default())
        .await
        .unwrap();
    let told: Vec<String> = plan.refusals.iter().map(ToString::to_string).collect();
    assert_eq!(
        told.len(),
        10,
        "what to get and to list, each object to patch and create, and the lock: {told:?}"
    );
    assert!(
        told[0].starts_with("Deployment.apps team/weak: you may not get it: "),
        "{told:?}"
    );

    // Who may look, but not touch, is told all that is missing before anything is written.
    let looking = connected_as(
        "looker",
        json!([
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]},
            {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "patch"]},
            {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create"], "resourceNames": ["named"]},
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]},
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]},
        ]),
    )
    .await;
    let wish = bundle(vec![
        config_map("team", "named", &json!({})),
        config_map("team", "weak", &json!({})),
        deployment("team", "weak", 1),
    ]);
    let plan = looking
        .plan(&wish, &installation, &PlanOptions::default())
        .await
        .unwrap();
    let told: Vec<String> = plan.refusals.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "ConfigMap team/weak: you may not create it: no rule allows it; ask for that right, or use another --context",
            "Deployment.apps team/weak: you may not create it: no rule allows it; ask for that right, or use another --context",
            "Deployment.apps team/weak: you may not patch it: no rule allows it; ask for that right, or use another --context",
            "Lease.coordination.k8s.io team/meshhost-weak: you may not delete it: no rule allows it (with it only one run at a time works on the installation; --state-namespace chooses another namespace); ask for that right, or use another --context",
        ]
    );

    let elsewhere = Installation::new("weak");
    let error = cluster
        .plan(&wish, &elsewhere, &PlanOptions::default())
        .await
        .expect_err("no rights there")
        .to_string();
    assert!(
        error.starts_with("you may not get Secrets in namespace kube-system, where the records of installation weak are: "),
        "{error}"
    );
    assert!(error.contains("--state-namespace"), "{error}");
}
