//! The inventory as others read it: by label over all kinds, and as the parent of an ApplySet (KEP-3659).

use std::collections::BTreeSet;

use kube::api::{Api, DynamicObject, ListParams};
use kube::discovery::{Discovery, verbs};
use meshhost_core::bundle::Bundle;
use meshhost_core::inventory::{GROUP_KINDS, ID, Inventory, NAMESPACES, TOOLING};
use serde_json::json;

use crate::manifests::{bundle, config_map, mesh, namespace};
use crate::started::{apply, client, get};

/// Everything of any kind with a label, as `kubectl get KIND -A -l LABEL` for each kind would show it.
async fn labelled(selector: &str) -> BTreeSet<String> {
    let client = client().await;
    // Other tests' kinds come and go meanwhile.
    let discovery = loop {
        if let Ok(discovery) = Discovery::new(client.clone()).run().await {
            break discovery;
        }
    };
    let mut found = BTreeSet::new();
    for group in discovery.groups() {
        for (resource, capabilities) in group.recommended_resources() {
            if !capabilities.supports_operation(verbs::LIST) {
                continue;
            }
            let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
            let Ok(list) = api.list(&ListParams::default().labels(selector)).await else {
                continue;
            };
            for object in list {
                let (namespace, name) = (object.metadata.namespace, object.metadata.name);
                let place = namespace.map(|it| format!("{it}/")).unwrap_or_default();
                found.insert(format!(
                    "{} {place}{}",
                    resource.kind,
                    name.unwrap_or_default()
                ));
            }
        }
    }
    found
}

#[tokio::test]
async fn kubectl_reads_it() {
    let name = "kubectl-reads";
    let wish = bundle(mesh(name));
    apply(&wish, name).await.0.expect("it is applied");
    let inventory = Inventory::new(name, "kube-system");
    let set = inventory.set_id();
    let members = labelled(&format!("applyset.kubernetes.io/part-of={set}")).await;
    // Kubernetes copies the labels of Services to their endpoints.
    let copies = ["Endpoints ", "EndpointSlice "];
    let members: BTreeSet<String> = members
        .into_iter()
        .filter(|member| !copies.iter().any(|copy| member.starts_with(copy)))
        .collect();
    let ours: BTreeSet<String> = wish
        .objects
        .iter()
        .map(|contributed| contributed.object.id())
        .map(|id| {
            let place = id.namespace.as_ref().map(|it| format!("{it}/"));
            format!("{} {}{}", id.kind, place.unwrap_or_default(), id.name)
        })
        .collect();
    assert_eq!(members, ours);

    let parents = labelled(&format!("{ID}={set}")).await;
    let parent = inventory.parent_name();
    assert_eq!(parents, [format!("Secret kube-system/{parent}")].into());
    let parent = get(&format!("/api/v1/namespaces/kube-system/secrets/{parent}"))
        .await
        .unwrap();
    let annotations = &parent["metadata"]["annotations"];
    let kinds: BTreeSet<String> = wish
        .objects
        .iter()
        .map(|contributed| contributed.object.id().group_kind())
        .collect();
    let kinds: Vec<String> = kinds.into_iter().collect();
    assert_eq!(annotations[GROUP_KINDS], kinds.join(","));
    assert_eq!(annotations[NAMESPACES], name);
    assert!(
        annotations[TOOLING]
            .as_str()
            .unwrap()
            .starts_with("meshhost/v")
    );
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
    assert_eq!(labelled(&format!("{ID}={set}")).await, BTreeSet::new());
}

#[tokio::test]
async fn what_is_to_be_kept_is_kept_whole() {
    let name = "kept";
    let mut manifests = vec![namespace(name)];
    for (object, key, value) in [
        ("ours", "meshhost.dev/on-remove", "keep"),
        ("helm", "helm.sh/resource-policy", "keep"),
        ("cli-utils", "cli-utils.sigs.k8s.io/on-remove", "keep"),
        (
            "config",
            "client.lifecycle.config.k8s.io/deletion",
            "detach",
        ),
    ] {
        let mut kept = config_map(name, object, &json!({"a": "1"}));
        kept["metadata"]["annotations"] = json!({ key: value });
        manifests.push(kept);
    }
    let objects: Vec<String> = manifests[1..]
        .iter()
        .map(|kept| kept["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    apply(&bundle(manifests), name)
        .await
        .0
        .expect("it is applied");
    let removed = apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
    let left: Vec<String> = removed.left.iter().map(ToString::to_string).collect();
    assert_eq!(left.len(), objects.len() + 1, "{left:?}");
    assert!(left[0].contains("stays: its annotation"), "{left:?}");
    assert!(
        left[4].starts_with("Namespace kept stays: others' objects live in it"),
        "{left:?}"
    );
    for object in objects {
        let live = get(&format!("/api/v1/namespaces/{name}/configmaps/{object}"))
            .await
            .unwrap();
        assert_eq!(live["data"], json!({"a": "1"}), "{object}");
        assert_eq!(live["metadata"].get("labels"), None, "{object}");
    }
}
