//! The whole way on the oldest server: discovery is one document a group version, server-side apply is in beta, and strict
//! field validation is not there yet.

use meshhost_cluster::{ApplyOptions, Cluster, Connect, Installation, PlanOptions};
use meshhost_core::bundle::Bundle;
use meshhost_core::plan::Action;
use meshhost_core::revision::RevisionRequest;
use meshhost_local_cluster::{Cluster as LocalCluster, KubeVersion, Settings};
use serde_json::json;

#[path = "cluster/manifests.rs"]
mod manifests;

use manifests::{bundle, mesh};

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
}
