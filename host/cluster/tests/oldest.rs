//! The whole way on the oldest server: discovery is one document a group version, server-side apply is in beta, and strict
//! field validation is not there yet.

#![expect(clippy::unwrap_used, reason = "in a test, unwrap is the assertion")]

use std::collections::BTreeSet;
use std::path::Path;

use meshhost_cluster::{ApplyOptions, Cluster, Connect, Installation, PlanOptions};
use meshhost_core::bundle::Bundle;
use meshhost_core::managed_fields::owners;
use meshhost_core::plan::Action;
use meshhost_core::revision::RevisionRequest;
use meshhost_local_cluster::{Cluster as LocalCluster, KubeVersion, Settings};
use serde_json::{Value, json};

#[path = "cluster/manifests.rs"]
mod manifests;

use manifests::{bundle, deployment, mesh, namespace};

#[tokio::test]
async fn installs_says_that_nothing_changed_and_removes() {
    let settings = Settings {
        version: KubeVersion::V1_16,
        nodes: 2,
        ..Settings::default()
    };
    let local = LocalCluster::start(&settings).unwrap();
    let wish = Connect {
        kubeconfig: Some(local.info().kubeconfig.clone()),
        context: None,
    };
    let cluster = Cluster::connect(&wish).await.unwrap();
    let facts = cluster.facts().await.unwrap();
    assert_eq!((facts.kubernetes.major, facts.kubernetes.minor), (1, 16));
    // The definition of the bundle is not served yet, of course.
    let served: Vec<_> = mesh("oldest")
        .into_iter()
        .filter(|manifest| {
            let text = |key: &str| manifest[key].as_str().unwrap();
            text("kind") == "Thing" || facts.namespaced(text("apiVersion"), text("kind")).is_some()
        })
        .collect();
    assert!(served.len() > 12, "{}", served.len());
    let wanted = bundle(served);
    let installation = Installation::new("oldest");
    let request = || RevisionRequest {
        tool: "test".into(),
        at: "2020-01-01T00:00:00Z".into(),
        by: String::new(),
        settings: json!({}),
        pieces: Vec::new(),
        bundle: String::new(),
    };
    let options = ApplyOptions::default();
    let plan = cluster
        .plan(&wanted, &installation, &PlanOptions::default())
        .await
        .unwrap();
    assert_eq!(plan.refusals, []);
    cluster
        .apply(plan, request(), &options, &|_| {})
        .await
        .expect("it is applied");

    let plan = cluster
        .plan(&wanted, &installation, &PlanOptions::default())
        .await
        .unwrap();
    let changed: Vec<_> = plan
        .objects
        .iter()
        .filter(|it| it.action != Action::Unchanged)
        .collect();
    assert!(changed.is_empty(), "{changed:#?}");
    let status = cluster.status(&installation).await.unwrap().unwrap();
    for object in &status.objects {
        assert!(object.drift.is_none(), "{object:?}");
        assert!(
            object.readiness.as_ref().is_some_and(|it| it.is_ready()),
            "{object:?}"
        );
    }

    let plan = cluster
        .plan(&Bundle::default(), &installation, &PlanOptions::default())
        .await
        .unwrap();
    let removed = cluster
        .apply(plan, request(), &options, &|_| {})
        .await
        .expect("it is removed");
    assert_eq!(removed.left, []);
    assert_eq!(cluster.status(&installation).await.unwrap(), None);
    taken_over(&cluster, &local.info().kubeconfig).await;
}

/// What `kubectl apply`, and with it istioctl 1.4, has made: this server keeps account of owners only from the first
/// server-side apply on.
async fn taken_over(cluster: &Cluster, kubeconfig: &Path) {
    let _already_chosen = rustls::crypto::ring::default_provider().install_default();
    let config = kube::config::Kubeconfig::read_from(kubeconfig).unwrap();
    let options = kube::config::KubeConfigOptions::default();
    let config = kube::Config::from_custom_kubeconfig(config, &options)
        .await
        .unwrap();
    let client = kube::Client::try_from(config).unwrap();
    let send = async |method: &str, path: &str, body: Value| -> Value {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(body.to_string().into_bytes())
            .unwrap();
        client.request(request).await.unwrap()
    };
    let kubectl = |mut manifest: Value| {
        let applied = format!("{manifest}\n");
        manifest["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
            json!(applied);
        manifest
    };
    let mut before = deployment("older", "web", 1);
    before["metadata"]["labels"] = json!({"old": "label", "kept": "label"});
    before["spec"]["template"]["spec"]["containers"][0]["env"] =
        json!([{"name": "OLD", "value": "1"}, {"name": "KEPT", "value": "1"}]);
    let list = "/apis/apps/v1/namespaces/older/deployments";
    send("POST", "/api/v1/namespaces", namespace("older")).await;
    let made = send("POST", list, kubectl(before)).await;
    assert_eq!(made["metadata"].get("managedFields"), None);

    let mut after = deployment("older", "web", 1);
    after["metadata"]["labels"] = json!({"kept": "label"});
    after["spec"]["template"]["spec"]["containers"][0]["env"] =
        json!([{"name": "KEPT", "value": "2"}]);
    let wanted = bundle(vec![namespace("older"), after]);
    let installation = Installation::new("older");
    let request = RevisionRequest {
        tool: "test".into(),
        at: "2020-01-01T00:00:00Z".into(),
        by: String::new(),
        settings: json!({}),
        pieces: Vec::new(),
        bundle: String::new(),
    };
    let options = ApplyOptions::default();
    let planned = cluster
        .plan(&wanted, &installation, &PlanOptions::default())
        .await;
    let planned = planned.unwrap();
    assert_eq!(planned.refusals, []);
    let web = planned
        .objects
        .iter()
        .find(|it| it.id.name == "web")
        .unwrap();
    assert_eq!(web.migrates, ["kubectl apply"]);
    let Action::Adopt { fields } = &web.action else {
        panic!("{web:?}")
    };
    let fields: BTreeSet<&str> = fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(
        fields,
        BTreeSet::from([
            "metadata.labels.old",
            "spec.template.spec.containers[name=c].env[name=KEPT].value",
            "spec.template.spec.containers[name=c].env[name=OLD]",
        ])
    );
    let applied = cluster.apply(planned, request, &options, &|_| {}).await;
    applied.expect("it is applied");
    let live = send("GET", &format!("{list}/web"), Value::Null).await;
    assert_eq!(live["metadata"]["labels"].get("old"), None);
    assert_eq!(
        live["spec"]["template"]["spec"]["containers"][0]["env"],
        json!([{"name": "KEPT", "value": "2"}])
    );
    let ours = installation.name.as_str();
    for owner in owners(&live)
        .iter()
        .filter(|owner| owner.manager != format!("meshhost-{ours}"))
    {
        let env = owner.fields.chosen(&|path| path.last() == Some(&"f:env"));
        assert!(env.is_empty(), "{owner:?}");
    }
    let again = cluster
        .plan(&wanted, &installation, &PlanOptions::default())
        .await;
    assert!(again.unwrap().is_empty());
}
