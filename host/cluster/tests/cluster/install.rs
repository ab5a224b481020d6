//! The whole way: install, nothing to do, remove.

use meshhost_cluster::{Event, Installation};
use meshhost_core::bundle::Bundle;
use meshhost_core::plan::Action;
use serde_json::Value;

use crate::manifests::{bundle, mesh};
use crate::started::{apply, cluster, get, plan};

async fn versions(name: &str) -> Vec<String> {
    let set = meshhost_core::inventory::Inventory::new(name, "kube-system").set_id();
    let mut versions = Vec::new();
    for path in [
        "/api/v1/namespaces",
        "/api/v1/configmaps",
        "/api/v1/secrets",
        "/api/v1/services",
        "/apis/apps/v1/daemonsets",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        "/apis/policy/v1/poddisruptionbudgets",
    ] {
        let list = get(&format!(
            "{path}?labelSelector=applyset.kubernetes.io/part-of%3D{set}"
        ))
        .await
        .unwrap();
        for item in list["items"].as_array().unwrap() {
            versions.push(format!(
                "{path} {} {}",
                item["metadata"]["name"], item["metadata"]["resourceVersion"]
            ));
        }
    }
    versions
}

#[tokio::test]
async fn installs_says_that_nothing_changed_and_leaves_nothing_behind() {
    let bundle = bundle(mesh("whole"));
    let first = plan(&bundle, "whole").await;
    assert_eq!(first.refusals, []);
    assert_eq!(first.count().create, bundle.objects.len());

    let (applied, events) = apply(&bundle, "whole").await;
    let applied = applied.expect("it is applied");
    assert_eq!(applied.revision, Some(1));
    let ready: Vec<&Event> = events
        .iter()
        .filter(|event| matches!(event, Event::Ready { .. }))
        .collect();
    assert!(ready.len() >= 5, "{events:#?}");
    let deployment = get("/apis/apps/v1/namespaces/whole/deployments/pilot")
        .await
        .unwrap();
    assert_eq!(deployment["status"]["availableReplicas"], 2);

    let before = versions("whole").await;
    let again = plan(&bundle, "whole").await;
    let changed: Vec<_> = again
        .objects
        .iter()
        .filter(|it| it.action != Action::Unchanged)
        .collect();
    assert!(changed.is_empty(), "{changed:#?}");
    assert!(again.is_empty());
    let (applied, events) = apply(&bundle, "whole").await;
    assert_eq!(applied.unwrap().revision, None);
    assert_eq!(events, [Event::Finished]);
    assert_eq!(versions("whole").await, before);

    let status = cluster()
        .await
        .status(&Installation::new("whole"))
        .await
        .unwrap()
        .unwrap();
    for object in &status.objects {
        assert!(object.drift.is_none(), "{object:?}");
        assert!(
            object.readiness.as_ref().is_some_and(|it| it.is_ready()),
            "{object:?}"
        );
    }
    let last = cluster()
        .await
        .last_revision(&Installation::new("whole"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(last.request.settings["settings"], "same");

    let (removed, events) = apply(&Bundle::default(), "whole").await;
    let removed = removed.expect("it is removed");
    assert_eq!(removed.left, []);
    let gone: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Event::Deleted { id } => Some(id.kind.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(gone.first(), Some(&"ValidatingWebhookConfiguration"));
    assert_eq!(gone.last(), Some(&"Namespace"));
    assert_eq!(get("/api/v1/namespaces/whole").await, None);
    let left = get(
        "/api/v1/namespaces/kube-system/secrets?labelSelector=meshhost.dev/installation%3Dwhole",
    )
    .await
    .unwrap();
    assert_eq!(left["items"], Value::Array(Vec::new()));
    assert_eq!(versions("whole").await, Vec::<String>::new());
}
