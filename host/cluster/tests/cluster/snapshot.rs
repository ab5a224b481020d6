//! What a cluster has of an installation, so that two can be compared: everything of the kinds in use that is in its
//! namespace or has its name in its own, marked or not, without what no two objects have in common.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Kinds of the test's installation, and of what could be left behind by mistake.
const IN_NAMESPACE: &[&str] = &[
    "/api/v1 configmaps",
    "/api/v1 secrets",
    "/api/v1 serviceaccounts",
    "/api/v1 services",
    "/api/v1 resourcequotas",
    "/apis/apps/v1 deployments",
    "/apis/apps/v1 daemonsets",
    "/apis/batch/v1 jobs",
    "/apis/policy/v1 poddisruptionbudgets",
    "/apis/autoscaling/v2 horizontalpodautoscalers",
    "/apis/rbac.authorization.k8s.io/v1 roles",
    "/apis/rbac.authorization.k8s.io/v1 rolebindings",
];
const CLUSTER_WIDE: &[&str] = &[
    "/api/v1/namespaces",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "/apis/scheduling.k8s.io/v1/priorityclasses",
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
];
/// What an installation leaves in the namespace of records.
const RECORDS: &[&str] = &[
    "/api/v1/namespaces/kube-system/secrets",
    "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
];

async fn items(client: &kube::Client, path: &str) -> Vec<Value> {
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    match client.request::<Value>(request).await {
        Ok(list) => list["items"].as_array().unwrap().clone(),
        Err(kube::Error::Api(status)) if status.code == 404 => Vec::new(),
        Err(error) => panic!("{path}: {error}"),
    }
}

/// Objects of an installation, by kind and name; `NAME` stands for the installation's name.
pub(crate) async fn snapshot(client: &kube::Client, name: &str) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut paths: Vec<(String, bool)> = CLUSTER_WIDE
        .iter()
        .map(|path| ((*path).to_owned(), false))
        .collect();
    for kind in IN_NAMESPACE {
        let (version, plural) = kind.split_once(' ').unwrap();
        paths.push((format!("{version}/namespaces/{name}/{plural}"), true));
    }
    paths.push((
        format!("/apis/{name}.example.com/v1/namespaces/{name}/things"),
        true,
    ));
    for (path, all) in paths {
        for item in items(client, &path).await {
            let own = item["metadata"]["name"].as_str().unwrap();
            let kubernetes = ["kube-root-ca.crt", "default"].contains(&own);
            if kubernetes || !(all || is_called(own, name)) {
                continue;
            }
            let key = format!("{path} {own}").replace(name, "NAME");
            let text = bare(&item, name).to_string().replace(name, "NAME");
            let set = meshhost_core::inventory::Inventory::new(name, "kube-system").set_id();
            let text = text.replace(&set, "SET");
            found.insert(key, serde_json::from_str(&text).unwrap());
        }
    }
    found
}

/// `calm` is in `calm`, `things.calm.example.com` and `meshhost-calm.r1`, not in `calmer`.
fn is_called(own: &str, name: &str) -> bool {
    own.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|part| part == name)
}

/// What was asked for, who owns which field, and the marks of the engine.
fn bare(item: &Value, name: &str) -> Value {
    let mut bare = item.clone();
    let map = bare.as_object_mut().unwrap();
    map.remove("status");
    let metadata = item["metadata"].as_object().unwrap();
    let manager = format!("meshhost-{name}");
    let ours: Vec<Value> = metadata
        .get("managedFields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|entry| entry["manager"] == manager.as_str())
        .map(|entry| json!([entry["operation"], entry["subresource"], entry["fieldsV1"]]))
        .collect();
    let mut kept = json!({ "ours": ours });
    for key in ["labels", "annotations", "finalizers"] {
        kept[key] = metadata.get(key).cloned().unwrap_or_default();
    }
    map.insert("metadata".into(), kept);
    // Given by the server, to each another.
    for pointer in [
        "/spec",
        "/spec/template/metadata/labels",
        "/spec/selector/matchLabels",
        "/metadata/labels",
    ] {
        if let Some(Value::Object(map)) = bare.pointer_mut(pointer) {
            for key in [
                "clusterIP",
                "clusterIPs",
                "ports",
                "healthCheckNodePort",
                "controller-uid",
                "batch.kubernetes.io/controller-uid",
                "job-name",
            ] {
                map.remove(key);
            }
        }
    }
    bare
}

/// Nothing is there under this name: no object, no record, no lock.
pub(crate) async fn nothing_is_left(client: &kube::Client, name: &str) {
    assert_eq!(snapshot(client, name).await, BTreeMap::new());
    for path in RECORDS {
        let left: Vec<String> = items(client, path)
            .await
            .iter()
            .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
            .filter(|own| is_called(own, name))
            .collect();
        assert!(left.is_empty(), "{path}: {left:?}");
    }
}
