//! What the piece says of itself, and of a chart beside its objects.

use meshhost_core::card::Contribution;
use serde_json::{Value, json};

use crate::imports;
use crate::ours;
use crate::pieces::{self, CHART};

fn contribution(name: &str, settings: Value) -> Contribution {
    pieces::contribute(&pieces::request(&ours::named(name), settings)).unwrap()
}

#[test]
fn it_imports_nothing() {
    let component = meshhost_builtin::named("chart").unwrap().component();
    imports::there_are_none(&component);
    assert!(CHART.contributes() && !CHART.amends() && !CHART.injects());
}

#[test]
fn hooks_are_hooks() {
    let told: Vec<String> = contribution("hooks", json!({}))
        .hooks
        .iter()
        .map(|hook| {
            let object: Value = serde_json::from_str(&hook.manifest).unwrap();
            let name = &object["metadata"]["name"];
            format!("{name} {}", serde_json::to_string(&hook.run).unwrap())
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn notes_and_diagnostics() {
    assert_eq!(
        contribution("notes", json!({})).notes,
        ["Thank you for installing notes.\n\nYour release is named rel.\nIt is new, revision 1."]
    );
    let said: Vec<String> = ["plain", "lookup", "warnings", "hooks"]
        .into_iter()
        .flat_map(|name| {
            contribution(name, json!({}))
                .diagnostics
                .into_iter()
                .map(move |it| format!("{name}: {:?}: {}", it.severity, it.message))
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn settings_do_what_their_descriptions_say() {
    let value = |settings: Value, pointer: &str| -> Value {
        let objects = contribution("capabilities", settings).objects;
        let object: Value = serde_json::from_str(&objects[0]).unwrap();
        object.pointer(pointer).unwrap().clone()
    };
    assert_eq!(value(json!({}), "/metadata/name"), "rel-capabilities");
    assert_eq!(
        value(json!({"releaseName": "other"}), "/metadata/name"),
        "other-capabilities"
    );
    assert_eq!(value(json!({}), "/data/none"), "false");
    assert_eq!(
        value(json!({"apiVersions": ["example.org/v1"]}), "/data/none"),
        "true"
    );
    let release: Value = serde_json::from_str(
        value(json!({"isUpgrade": true}), "/data/release")
            .as_str()
            .unwrap(),
    )
    .unwrap();
    assert_eq!(
        (&release["IsUpgrade"], &release["IsInstall"]),
        (&json!(true), &json!(false))
    );
    let count = |settings| contribution("crds", settings).objects.len();
    assert_eq!(
        (count(json!({})), count(json!({"includeCRDs": false}))),
        (5, 2)
    );
    let bad = pieces::request(&ours::named("schema-error"), json!({}));
    insta::assert_snapshot!(pieces::contribute(&bad).unwrap_err());
    contribution(
        "schema-error",
        json!({"skipSchemaValidation": true, "values": {"child": {"port": 1}}}),
    );
}

#[test]
fn values_win_over_files_and_null_takes_away() {
    let objects = contribution(
        "plain",
        json!({"values": {"replicas": 7, "resources": null}}),
    )
    .objects;
    let deployment: Value = objects
        .iter()
        .map(|text| serde_json::from_str::<Value>(text).unwrap())
        .find(|object| object["kind"] == "Deployment")
        .unwrap();
    assert_eq!(deployment["spec"]["replicas"], 7);
    assert_eq!(deployment["metadata"]["name"], "something-else");
    assert!(
        deployment
            .pointer("/spec/template/spec/containers/0/resources")
            .is_none()
    );
}

#[test]
fn old_templates_are_taken_only_when_it_is_said() {
    let chart = ours::named("old-rules");
    let error = pieces::contribute(&pieces::request(&chart, json!({}))).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("can't give argument to non-function"),
        "{error}"
    );
    let objects = contribution("old-rules", json!({"oldTemplateRules": true})).objects;
    let object: Value = serde_json::from_str(&objects[0]).unwrap();
    assert_eq!(object["data"], json!({"taken": "})"}));
}

#[test]
fn an_object_of_the_whole_cluster_has_no_namespace() {
    let objects = contribution("namespaces", json!({})).objects;
    let role = objects
        .iter()
        .find(|text| text.contains("ClusterRole"))
        .unwrap();
    let role: Value = serde_json::from_str(role).unwrap();
    assert_eq!(
        role["metadata"],
        json!({"name": "everywhere", "annotations": {"a": "b", "meshhost.dev/written-namespace": "ns"}})
    );
    let realm = contribution("crds", json!({})).objects;
    let realm = realm
        .iter()
        .find(|text| text.contains("\"Realm\"") && text.contains("example.org/v1"))
        .unwrap();
    assert!(realm.contains("written-namespace"), "{realm}");
}
