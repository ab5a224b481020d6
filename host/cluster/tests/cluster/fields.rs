//! Whose field is it: rules, what controllers fill in, and what installers of before leave behind.

use std::path::Path;
use std::process::Command;

use meshhost_cluster::{Adopt, ApplyOptions, Cluster, Installation, PlanOptions};
use meshhost_core::bundle::Bundle;
use meshhost_core::field_path::FieldPath;
use meshhost_core::managed_fields::owners;
use meshhost_core::ownership::{FieldRule, Policy};
use meshhost_core::plan::{Action, Plan};
use meshhost_core::selector::Selector;
use meshhost_local_cluster::KubeVersion;
use serde_json::{Value, json};

use crate::manifests::{bundle, config_map, deployment, namespace};
use crate::started::{apply, cluster, get, kubeconfig, plan, request, send};

fn rule(kind: &str, path: Option<&str>, policy: Policy) -> FieldRule {
    FieldRule {
        select: Selector {
            kind: Some(kind.to_owned()),
            ..Selector::default()
        },
        path: path.map(|path| FieldPath::parse(path).unwrap()),
        policy,
    }
}

async fn plan_with(bundle: &Bundle, name: &str, options: &PlanOptions) -> Plan {
    let cluster = cluster().await;
    let plan = cluster
        .plan(bundle, &Installation::new(name), options)
        .await;
    plan.expect("a plan can be made")
}

async fn apply_with(bundle: &Bundle, name: &str, options: &PlanOptions) {
    let plan = plan_with(bundle, name, options).await;
    let options = ApplyOptions {
        wait: false,
        ..ApplyOptions::default()
    };
    let cluster: Cluster = cluster().await;
    let applied = cluster
        .apply(plan, request("same"), &options, &|_| {})
        .await;
    applied.expect("it is applied");
}

/// What others have made of an object, as a tool of that name.
async fn meddle(path: &str, manager: &str, patch: Value) {
    let path = format!("{path}?fieldManager={manager}");
    send("PATCH", &path, Some(patch)).await.unwrap();
}

fn with(rules: Vec<FieldRule>) -> PlanOptions {
    PlanOptions {
        fields: rules,
        ..PlanOptions::default()
    }
}

#[tokio::test]
async fn rules_settle_who_has_a_field() {
    let name = "rules";
    let wish = bundle(vec![
        namespace(name),
        config_map(name, "c", &json!({"a": "1", "b": "1", "once": "1"})),
    ]);
    apply(&wish, name).await.0.expect("it is applied");
    let path = format!("/api/v1/namespaces/{name}/configmaps/c");
    meddle(&path, "somebody", json!({"data": {"a": "2", "b": "2"}})).await;
    assert_eq!(plan(&wish, name).await.refusals.len(), 2, "both conflict");

    // One is left, the other still conflicts.
    let yields = rule("ConfigMap", Some("data.a"), Policy::Yield);
    let half = plan_with(&wish, name, &with(vec![yields.clone()])).await;
    let told: Vec<String> = half.refusals.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("sets .data.b, which somebody"), "{told:?}");

    let rules = with(vec![
        yields,
        rule("ConfigMap", Some("data.b"), Policy::Own),
        rule("ConfigMap", Some("data.once"), Policy::CreateOnly),
    ]);
    let changed = bundle(vec![
        namespace(name),
        config_map(name, "c", &json!({"a": "3", "b": "3", "once": "3"})),
    ]);
    let planned = plan_with(&changed, name, &rules).await;
    let object = &planned.objects[1];
    let Action::Change { fields } = &object.action else {
        panic!("{:?}", object.action)
    };
    let paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(paths, ["data.b"]);
    assert_eq!(object.takes[0].field, ".data.b");
    assert_eq!(object.leaves[0].manager, "somebody");
    apply_with(&changed, name, &rules).await;
    let live = get(&path).await.unwrap();
    assert_eq!(live["data"], json!({"a": "2", "b": "3", "once": "1"}));
    // Nothing of it is work the next time.
    assert!(plan_with(&changed, name, &rules).await.is_empty());
    // Who takes what is made once has it.
    meddle(&path, "somebody", json!({"data": {"once": "2"}})).await;
    assert!(plan_with(&changed, name, &rules).await.is_empty());
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
}

#[tokio::test]
async fn an_object_that_is_only_made_is_never_changed() {
    let name = "only-made";
    let rules = with(vec![rule("ConfigMap", None, Policy::CreateOnly)]);
    let wish = |value: &str| {
        bundle(vec![
            namespace(name),
            config_map(name, "ours", &json!({ "a": value })),
            config_map(name, "theirs", &json!({ "a": value })),
        ])
    };
    send("POST", "/api/v1/namespaces", Some(namespace(name)))
        .await
        .unwrap();
    let list = format!("/api/v1/namespaces/{name}/configmaps");
    let theirs = config_map(name, "theirs", &json!({"a": "0"}));
    send("POST", &list, Some(theirs)).await.unwrap();
    apply_with(&wish("1"), name, &rules).await;
    assert!(plan_with(&wish("2"), name, &rules).await.is_empty());
    for (object, value) in [("ours", "1"), ("theirs", "0")] {
        let live = get(&format!("{list}/{object}")).await.unwrap();
        assert_eq!(live["data"]["a"], value, "{object}");
    }
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
    assert!(get(&format!("{list}/ours")).await.is_none());
    let theirs = get(&format!("{list}/theirs")).await.unwrap();
    assert_eq!(theirs["metadata"].get("labels"), None);
}

#[tokio::test]
async fn what_controllers_fill_in_is_left_alone() {
    let name = "filled";
    let webhook = |bundle: &str| {
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": name},
            "webhooks": [{"name": "v.filled.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Ignore",
                "clientConfig": {"caBundle": bundle, "url": "https://filled.example.com"},
                "rules": [{"apiGroups": ["filled.example.com"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["nothing"]}]}]})
    };
    let wish = bundle(vec![
        namespace(name),
        webhook("b2xk"),
        deployment(name, "web", 1),
    ]);
    apply(&wish, name).await.0.expect("it is applied");
    let hook =
        format!("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{name}");
    let mut filled = get(&hook).await.unwrap()["webhooks"].clone();
    filled[0]["clientConfig"]["caBundle"] = json!("bmV3");
    meddle(&hook, "pilot-discovery", json!({ "webhooks": filled })).await;
    // As an autoscaler does it.
    let scale = format!("/apis/apps/v1/namespaces/{name}/deployments/web/scale");
    meddle(
        &scale,
        "kube-controller-manager",
        json!({"spec": {"replicas": 3}}),
    )
    .await;

    let planned = plan(&wish, name).await;
    assert_eq!(planned.refusals, []);
    assert!(planned.is_empty(), "{planned:#?}");
    apply(&wish, name).await.0.expect("nothing is to be done");
    let live = get(&hook).await.unwrap();
    assert_eq!(live["webhooks"][0]["clientConfig"]["caBundle"], "bmV3");
    let web = format!("/apis/apps/v1/namespaces/{name}/deployments/web");
    assert_eq!(get(&web).await.unwrap()["spec"]["replicas"], 3);

    // A person at the same fields is another matter.
    meddle(&scale, "kubectl", json!({"spec": {"replicas": 2}})).await;
    let told: Vec<String> = plan(&wish, name)
        .await
        .refusals
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("sets .spec.replicas, which kubectl has"),
        "{told:?}"
    );
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
}

#[tokio::test]
async fn adoption_goes_by_its_policy() {
    let name = "adoption";
    send("POST", "/api/v1/namespaces", Some(namespace(name)))
        .await
        .unwrap();
    let list = format!("/api/v1/namespaces/{name}/configmaps");
    let theirs = config_map(name, "c", &json!({"a": "1"}));
    send("POST", &list, Some(theirs.clone())).await.unwrap();
    let wish = bundle(vec![namespace(name), theirs]);
    let adopt = |adopt| PlanOptions {
        adopt,
        ..PlanOptions::default()
    };
    let planned = plan_with(&wish, name, &adopt(Adopt::Match)).await;
    let told: Vec<String> = planned.refusals.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [format!(
            "ConfigMap {name}/c: piece piece contributes it, but it is there already and not this installation's; \
             --adopt=unowned takes it in"
        )]
    );
    apply_with(&wish, name, &adopt(Adopt::Unowned)).await;

    // Another installation may not have it, unless it is taken away.
    let other = "adoption-two";
    assert_eq!(plan(&wish, other).await.refusals.len(), 1);
    let planned = plan_with(&wish, other, &adopt(Adopt::All)).await;
    assert_eq!(planned.refusals, []);
    apply_with(&wish, other, &adopt(Adopt::All)).await;
    let set = meshhost_core::inventory::Inventory::new(other, "kube-system").set_id();
    let live = get(&format!("{list}/c")).await.unwrap();
    assert_eq!(
        live["metadata"]["labels"]["applyset.kubernetes.io/part-of"],
        set
    );
    let told = plan(&wish, name).await.refusals;
    assert!(
        told[0]
            .to_string()
            .contains("belongs to installation adoption-two"),
        "{told:?}"
    );
    for installation in [name, other] {
        apply(&Bundle::default(), installation)
            .await
            .0
            .expect("it is removed");
    }
    assert_eq!(get(&format!("{list}/c")).await.unwrap()["data"]["a"], "1");
}

/// Each field of an object with its owners, apart from the status.
fn owned_twice(live: &Value) -> Vec<String> {
    let mut seen = std::collections::BTreeMap::new();
    for owner in owners(live)
        .iter()
        .filter(|owner| owner.subresource.is_empty())
    {
        for path in owner.fields.clone().without("status").leaves() {
            let field = meshhost_core::field_set::spelled(&path);
            seen.entry(field)
                .or_insert_with(Vec::new)
                .push(owner.manager.to_owned());
        }
    }
    seen.retain(|_, managers| managers.len() > 1);
    seen.into_iter()
        .map(|(field, managers)| format!("{field} {managers:?}"))
        .collect()
}

/// The real kubectl, of the control plane's own version.
fn kubectl() -> Command {
    let program = meshhost_local_cluster::find_or_build(KubeVersion::default()).unwrap();
    let mut command = Command::new(program.path);
    command.arg("kubectl");
    command
}

/// The real Helm, with a chart of these manifests.
fn helm(folder: &Path, manifests: &[Value]) -> Command {
    let chart = folder.join("chart");
    std::fs::create_dir_all(chart.join("templates")).unwrap();
    let about = json!({"apiVersion": "v2", "name": "web", "version": "1.0.0"});
    std::fs::write(chart.join("Chart.yaml"), about.to_string()).unwrap();
    for (number, manifest) in manifests.iter().enumerate() {
        let path = chart.join(format!("templates/{number}.yaml"));
        std::fs::write(path, manifest.to_string()).unwrap();
    }
    let mut command = Command::new(meshhost_local_cluster::helm().unwrap());
    command.args(["install", "web"]).arg(chart);
    command
}

/// How the manifests came to the cluster.
#[derive(Debug, Clone, Copy)]
enum Tool {
    /// `kubectl apply`, on the client's side.
    Kubectl,
    /// As Helm 3 does it.
    HelmUpdates,
    /// As Helm 4 does it.
    HelmApplies,
}

impl Tool {
    fn manager(self) -> &'static str {
        match self {
            Self::Kubectl => "kubectl-client-side-apply",
            Self::HelmUpdates | Self::HelmApplies => "helm",
        }
    }

    async fn install(self, namespace: &str, manifests: Vec<Value>) {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.json");
        let items = json!({"apiVersion": "v1", "kind": "List", "items": manifests});
        std::fs::write(&list, items.to_string()).unwrap();
        let mut command = match self {
            Self::Kubectl => {
                let mut kubectl = kubectl();
                kubectl.args(["apply", "--filename"]).arg(list);
                kubectl
            }
            Self::HelmUpdates | Self::HelmApplies => helm(folder.path(), &manifests),
        };
        command
            .args(match self {
                Self::Kubectl => &[][..],
                Self::HelmUpdates => &["--server-side=false"],
                Self::HelmApplies => &["--server-side=true"],
            })
            .args(["--namespace", namespace])
            .env("KUBECONFIG", kubeconfig())
            .env("HOME", folder.path());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = output.await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{self:?}: {said}");
    }
}

#[tokio::test]
async fn installers_of_before_leave_nothing_behind() {
    for tool in [Tool::Kubectl, Tool::HelmUpdates, Tool::HelmApplies] {
        let (manager, told) = (tool.manager(), format!("{tool:?}"));
        let name = &format!("from-{}", told.to_lowercase());
        send("POST", "/api/v1/namespaces", Some(namespace(name)))
            .await
            .unwrap();
        let service = |ports: Value| {
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": name},
            "spec": {"selector": {"app": "web"}, "ports": ports}})
        };
        let mut before = deployment(name, "web", 1);
        before["metadata"]["labels"] = json!({"old": "label", "kept": "label"});
        before["spec"]["template"]["spec"]["containers"][0]["env"] =
            json!([{"name": "OLD", "value": "1"}, {"name": "KEPT", "value": "1"}]);
        before["spec"]["minReadySeconds"] = json!(1);
        let both = json!([{"name": "http", "port": 80, "protocol": "TCP"}, {"name": "old", "port": 81, "protocol": "TCP"}]);
        let config = config_map(name, "c", &json!({"old": "1", "kept": "1"}));
        tool.install(name, vec![before, service(both), config])
            .await;
        let mut after = deployment(name, "web", 1);
        after["metadata"]["labels"] = json!({"kept": "label"});
        after["spec"]["template"]["spec"]["containers"][0]["env"] =
            json!([{"name": "KEPT", "value": "1"}]);
        let wish = bundle(vec![
            namespace(name),
            after,
            service(json!([{"name": "http", "port": 80}])),
            config_map(name, "c", &json!({"kept": "2"})),
        ]);

        // A field that is left to others is not left to who goes.
        let yields = with(vec![rule("ConfigMap", None, Policy::Yield)]);
        let planned = plan_with(&wish, name, &yields).await;
        let config = planned.objects.iter().find(|it| it.id.kind == "ConfigMap");
        assert_eq!(config.unwrap().leaves, [], "{told}");
        assert_eq!(
            config.unwrap().desired["data"],
            json!({"kept": "2"}),
            "{told}"
        );

        let planned = plan(&wish, name).await;
        assert_eq!(planned.refusals, []);
        let mut shown = Vec::new();
        for object in &planned.objects {
            if object.id.kind == "Namespace" {
                continue;
            }
            assert_eq!(object.migrates.len(), 1, "{object:?}");
            let Action::Adopt { fields } = &object.action else {
                panic!("{object:?}")
            };
            let of_tool = |path: &str| {
                path.contains("helm.sh")
                    || path.contains("managed-by")
                    || ["metadata.labels", "metadata.annotations"].contains(&path)
            };
            shown.extend(
                fields
                    .iter()
                    .filter(|field| !of_tool(&field.path))
                    .map(|field| format!("{} {}", object.id.kind, field.path)),
            );
        }
        assert_eq!(
            shown,
            [
                "ConfigMap data.kept",
                "ConfigMap data.old",
                "Service spec.ports[name=old]",
                "Deployment metadata.labels.old",
                "Deployment spec.minReadySeconds",
                "Deployment spec.template.spec.containers[name=c].env[name=OLD]",
            ],
            "{told}: what goes is shown, and nothing that comes back by itself"
        );
        apply(&wish, name).await.0.expect("it is applied");

        let web = get(&format!("/apis/apps/v1/namespaces/{name}/deployments/web"))
            .await
            .unwrap();
        let env = &web["spec"]["template"]["spec"]["containers"][0]["env"];
        assert_eq!(*env, json!([{"name": "KEPT", "value": "1"}]), "{told}");
        assert_eq!(web["metadata"]["labels"].get("old"), None, "{told}");
        assert_eq!(web["metadata"]["labels"]["kept"], "label", "{told}");
        assert_eq!(web["spec"].get("minReadySeconds"), None, "{told}");
        let service = get(&format!("/api/v1/namespaces/{name}/services/web"))
            .await
            .unwrap();
        assert_eq!(
            service["spec"]["ports"].as_array().unwrap().len(),
            1,
            "{told}"
        );
        let config = get(&format!("/api/v1/namespaces/{name}/configmaps/c"))
            .await
            .unwrap();
        assert_eq!(config["data"], json!({"kept": "2"}), "{told}");
        for live in [&web, &service, &config] {
            assert_eq!(owned_twice(live), Vec::<String>::new(), "{told}");
            let left: Vec<&str> = owners(live)
                .iter()
                .filter(|owner| owner.subresource.is_empty())
                .map(|owner| owner.manager)
                .filter(|is| *is == manager)
                .collect();
            assert!(left.is_empty(), "{told}: {left:?}");
            assert_eq!(
                live["metadata"]
                    .get("annotations")
                    .and_then(|all| all.get("meta.helm.sh/release-name")),
                None
            );
        }
        assert!(plan(&wish, name).await.is_empty(), "{told}");

        // It is the installation's now, and goes with it; the namespace stays with whoever made it.
        let removed = apply(&Bundle::default(), name)
            .await
            .0
            .expect("it is removed");
        let left: Vec<String> = removed.left.iter().map(ToString::to_string).collect();
        assert_eq!(
            left,
            [format!(
                "Namespace {name} stays: it was there before the installation"
            )]
        );
        assert!(
            get(&format!("/apis/apps/v1/namespaces/{name}/deployments/web"))
                .await
                .is_none()
        );
    }
}
