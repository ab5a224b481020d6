//! Every profile on every release: what is rendered for a release is what its API server takes.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use kube::ResourceExt as _;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, ValidationDirective};
use kube::discovery::{ApiResource, Discovery, Scope};
use meshhost_core::facts::Facts;
use meshhost_core::release;
use meshhost_local_cluster::KubeVersion;
use serde_json::Value;

#[expect(
    dead_code,
    reason = "what other tests of installations need is not needed here"
)]
mod lab;

use lab::{Lab, differences};

const PROFILES: [&str; 5] = ["default", "demo", "minimal", "remote", "sds"];
/// The guide's own release, the last ones before kinds were taken away, and today's.
const RELEASES: [&str; 4] = ["1.16", "1.22", "1.25", "1.37"];

fn render(profile: &str, version: &str) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_meshhost"))
        .args(["render", "--profile", profile, "--kube-version", version])
        .args(["--output", "json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{profile} for {version}");
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    list["items"].as_array().unwrap().clone()
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Kind, namespace and name, whatever version it is sent in.
fn identity(object: &Value) -> String {
    format!(
        "{} {}/{}",
        text(object, "/kind"),
        text(object, "/metadata/namespace"),
        text(object, "/metadata/name")
    )
}

/// The versions and kinds that definitions of a rendering make the server serve.
fn defined(objects: &[Value]) -> BTreeSet<(String, String)> {
    objects
        .iter()
        .filter(|object| text(object, "/kind") == "CustomResourceDefinition")
        .flat_map(|crd| {
            let group = text(crd, "/spec/group");
            let kind = text(crd, "/spec/names/kind");
            let several = crd.pointer("/spec/versions").and_then(Value::as_array);
            several
                .into_iter()
                .flatten()
                .filter(|version| version["served"] == true)
                .map(|version| text(version, "/name"))
                .chain(crd.pointer("/spec/version").and_then(Value::as_str))
                .map(|version| (format!("{group}/{version}"), kind.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn served(facts: &Facts, defined: &BTreeSet<(String, String)>, object: &Value) -> bool {
    let (version, kind) = (text(object, "/apiVersion"), text(object, "/kind"));
    facts.namespaced(version, kind).is_some()
        || defined.contains(&(version.to_owned(), kind.to_owned()))
}

#[test]
fn each_release_serves_what_is_rendered_for_it_and_the_content_is_the_same() {
    for profile in PROFILES {
        let mut first: Option<BTreeSet<String>> = None;
        for version in RELEASES {
            let facts = release::facts(version).unwrap();
            let objects = render(profile, version);
            let defined = defined(&objects);
            for object in &objects {
                assert!(
                    served(&facts, &defined, object),
                    "{profile} for {version}: {} as {}",
                    identity(object),
                    text(object, "/apiVersion")
                );
            }
            let identities: BTreeSet<String> = objects.iter().map(identity).collect();
            match &first {
                None => first = Some(identities),
                Some(first) => assert_eq!(*first, identities, "{profile} for {version}"),
            }
        }
    }
}

/// Every object that is rendered for a release and that this server serves, each once.
fn renderings(releases: &[&str]) -> BTreeMap<String, (String, Value)> {
    let mut all = BTreeMap::new();
    for profile in PROFILES {
        for version in releases {
            for object in render(profile, version) {
                let from = format!("{profile} for {version}: {}", identity(&object));
                all.entry(object.to_string()).or_insert((from, object));
            }
        }
    }
    all
}

/// Has the server try each, strictly; it must serve most of them.
async fn accepted_by(lab: &Lab, releases: &[&str]) {
    let discovery = Discovery::new(lab.client.clone()).run().await.unwrap();
    let kinds: BTreeMap<(String, String), (ApiResource, Scope)> = discovery
        .groups()
        .flat_map(|group| {
            group
                .versions()
                .flat_map(|version| group.versioned_resources(version))
                .collect::<Vec<_>>()
        })
        .map(|(resource, capabilities)| {
            let key = (resource.api_version.clone(), resource.kind.clone());
            (key, (resource, capabilities.scope))
        })
        .collect();
    let params = PatchParams {
        dry_run: true,
        force: true,
        field_manager: Some("another".to_owned()),
        field_validation: Some(ValidationDirective::Strict),
    };
    let all = renderings(releases);
    let mut refused = Vec::new();
    let mut tried = 0;
    for (from, object) in all.values() {
        let key = (
            text(object, "/apiVersion").to_owned(),
            text(object, "/kind").to_owned(),
        );
        let Some((resource, scope)) = kinds.get(&key) else {
            continue;
        };
        let api: Api<DynamicObject> = match scope {
            Scope::Cluster => Api::all_with(lab.client.clone(), resource),
            Scope::Namespaced => Api::namespaced_with(
                lab.client.clone(),
                text(object, "/metadata/namespace"),
                resource,
            ),
        };
        tried += 1;
        let name = text(object, "/metadata/name");
        if let Err(error) = api.patch(name, &params, &Patch::Apply(object)).await {
            refused.push(format!("{from}: {error}"));
        }
    }
    assert_eq!(refused, Vec::<String>::new());
    assert!(tried * 10 > all.len() * 9, "{tried} of {}", all.len());
}

/// Each profile installed and removed again.
async fn come_and_go(lab: &Lab, also: impl AsyncFn(&str)) {
    let untouched = lab.state().await;
    for profile in PROFILES {
        let said = lab.succeed(&["apply", "--yes", "--profile", profile]);
        assert!(!said.contains("warning"), "{profile}:\n{said}");
        also(profile).await;
        lab.succeed(&["uninstall", "--yes"]);
        assert_eq!(
            differences(&untouched, &lab.state().await),
            Vec::<String>::new(),
            "{profile}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn todays_server_accepts_every_profile_and_keeps_nothing_of_it() {
    let lab = Lab::new().await;
    come_and_go(&lab, async |profile| {
        // With every kind defined.
        if profile == "demo" {
            accepted_by(&lab, &["1.37", "1.25", "1.22"]).await;
        }
    })
    .await;
}

/// Puts the label on nodes that kubelets of 1.16 put there and workloads of Istio 1.4 ask for: nobody plays kubelets here.
async fn labelled_as_kubelets_did(lab: &Lab) {
    let node = ApiResource {
        group: String::new(),
        version: "v1".to_owned(),
        api_version: "v1".to_owned(),
        kind: "Node".to_owned(),
        plural: "nodes".to_owned(),
    };
    let nodes: Api<DynamicObject> = Api::all_with(lab.client.clone(), &node);
    let label = serde_json::json!({"metadata": {"labels": {"beta.kubernetes.io/arch": "amd64"}}});
    for node in nodes.list(&ListParams::default()).await.unwrap() {
        nodes
            .patch(
                &node.name_any(),
                &PatchParams::default(),
                &Patch::Merge(&label),
            )
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guides_own_server_accepts_every_profile_and_keeps_nothing_of_it() {
    let lab = Lab::of(KubeVersion::V1_16).await;
    labelled_as_kubelets_did(&lab).await;
    come_and_go(&lab, async |_| ()).await;
}
