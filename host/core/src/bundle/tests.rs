use serde_json::{Value, json};

use super::*;
use crate::card::{Card, Contribution, Hook, Occasion};
use crate::facts::{Facts, KubernetesVersion, ServedKind};
use crate::selector::Selector;

pub(crate) fn facts() -> Facts {
    let served = |api_version: &str, kind: &str, namespaced| ServedKind {
        api_version: api_version.into(),
        kind: kind.into(),
        namespaced,
    };
    Facts {
        kubernetes: KubernetesVersion {
            major: 1,
            minor: 37,
            git_version: "v1.37.2".into(),
        },
        served: vec![
            served("v1", "ConfigMap", true),
            served("v1", "Namespace", false),
        ],
        platform: "kubernetes".into(),
    }
}

pub(crate) fn card(name: &str, emits: Vec<Selector>, amends: Vec<Selector>) -> Card {
    Card {
        name: name.into(),
        version: "1.0.0".into(),
        summary: String::new(),
        settings_schema: json!({}),
        files: Vec::new(),
        emits,
        amends,
        assesses: Vec::new(),
        images: Vec::new(),
    }
}

fn contribution(objects: &[Value]) -> Contribution {
    Contribution {
        objects: objects.iter().map(ToString::to_string).collect(),
        ..Contribution::default()
    }
}

fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "ns"}})
}

fn problems(objects: &[Value]) -> Vec<String> {
    let card = card("a", vec![Selector::default()], Vec::new());
    match Bundle::combine(vec![(&card, contribution(objects))], &facts()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn sorts_by_identity_whoever_came_first() {
    let (a, b) = (
        card("a", vec![Selector::default()], Vec::new()),
        card("b", vec![Selector::default()], Vec::new()),
    );
    let bundle = Bundle::combine(
        vec![
            (&b, contribution(&[config_map("z"), config_map("x")])),
            (&a, contribution(&[config_map("y")])),
        ],
        &facts(),
    )
    .unwrap();
    let names: Vec<_> = bundle
        .objects
        .iter()
        .map(|contributed| (contributed.object.id().name.as_str(), &*contributed.piece))
        .collect();
    assert_eq!(names, [("x", "b"), ("y", "a"), ("z", "b")]);
}

#[test]
fn two_authors_of_one_object_are_both_named() {
    let (a, b) = (
        card("a", vec![Selector::default()], Vec::new()),
        card("b", vec![Selector::default()], Vec::new()),
    );
    let problems = Bundle::combine(
        vec![
            (&a, contribution(&[config_map("x")])),
            (&b, contribution(&[config_map("x")])),
        ],
        &facts(),
    )
    .unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "ConfigMap ns/x comes from piece a and from piece b: only one may contribute it"
    );
}

#[test]
fn refuses_what_is_not_declared() {
    let card = card("a", vec![Selector::kind("", "Secret")], Vec::new());
    let problems =
        Bundle::combine(vec![(&card, contribution(&[config_map("x")]))], &facts()).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "piece a: ConfigMap ns/x is outside of what it declares to emit"
    );
}

#[test]
fn refuses_what_reaches_beyond_its_own_object() {
    for (field, value) in [
        ("generateName", json!("x-")),
        ("uid", json!("1")),
        ("resourceVersion", json!("1")),
        ("ownerReferences", json!([{"name": "x"}])),
        ("managedFields", json!([])),
        ("deletionTimestamp", json!("2026-01-01T00:00:00Z")),
    ] {
        let mut object = config_map("x");
        object["metadata"][field] = value;
        let problems = problems(&[object]);
        assert!(
            problems[0].starts_with(&format!(
                "piece a: ConfigMap ns/x: metadata.{field} must not be set"
            )),
            "{problems:?}"
        );
    }
    let mut object = config_map("x");
    object["metadata"]["labels"] = json!({"applyset.kubernetes.io/part-of": "x"});
    assert_eq!(
        problems(&[object]),
        [
            "piece a: ConfigMap ns/x: metadata.labels[applyset.kubernetes.io/part-of] must not be set: the inventory sets it"
        ]
    );
}

#[test]
fn what_meshhost_says_on_objects_nobody_else_says() {
    let mut object = config_map("x");
    object["metadata"]["annotations"] = json!({"meshhost.dev/on-remove": "keep"});
    assert_eq!(problems(&[object.clone()]), [""; 0]);
    object["metadata"]["annotations"]["meshhost.dev/piece"] = json!("cni");
    assert_eq!(
        problems(&[object]),
        [
            "piece a: ConfigMap ns/x: metadata.annotations[meshhost.dev/piece] must not be set: only meshhost sets it"
        ]
    );
}

#[test]
fn checks_scope_against_the_server_and_the_bundles_own_definitions() {
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.org"},
        "spec": {"group": "example.org", "scope": "Cluster", "names": {"kind": "Thing"}},
    });
    let object = |api_version: &str, kind: &str, namespace: Option<&str>| json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": namespace}});
    for (api_version, kind, namespace, wrong) in [
        ("v1", "ConfigMap", Some("ns"), None),
        (
            "v1",
            "ConfigMap",
            None,
            Some("metadata.namespace is missing"),
        ),
        (
            "v1",
            "Namespace",
            Some("ns"),
            Some("metadata.namespace is set"),
        ),
        (
            "example.org/v1",
            "Thing",
            Some("ns"),
            Some("metadata.namespace is set"),
        ),
        ("example.org/v1", "Thing", None, None),
        ("example.org/v1", "Unheard", None, None),
    ] {
        let problems = problems(&[crd.clone(), object(api_version, kind, namespace)]);
        assert_eq!(problems.is_empty(), wrong.is_none(), "{problems:?}");
        if let Some(wrong) = wrong {
            assert!(problems[0].ends_with(wrong), "{problems:?}");
        }
    }
}

#[test]
fn a_bad_object_among_good_ones_fails_the_whole_and_says_which() {
    let card = card("a", vec![Selector::default()], Vec::new());
    let mut contribution = contribution(&[config_map("x")]);
    contribution.objects.push("{".into());
    contribution
        .objects
        .push(r#"{"kind":"A","kind":"B"}"#.into());
    contribution.objects.push(
        json!({"kind": "List", "apiVersion": "v1", "metadata": {"name": "l"}, "items": []})
            .to_string(),
    );
    let problems = Bundle::combine(vec![(&card, contribution)], &facts()).unwrap_err();
    insta::assert_snapshot!(
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        @r#"
    piece a: object 2 is not JSON: EOF while parsing an object at line 1 column 1
    piece a: object 3 is not JSON: key "kind" is there twice at line 1 column 23
    piece a: List l: items must not be set: objects are returned one by one, not as a list
    "#
    );
}

fn hook(manifest: &Value, on: &[Occasion]) -> Hook {
    Hook {
        manifest: manifest.to_string(),
        run: HookRun {
            on: on.to_vec(),
            ..HookRun::default()
        },
    }
}

fn combined(objects: &[Value], hooks: Vec<Hook>) -> Result<Bundle, Vec<String>> {
    let card = card("a", vec![Selector::kind("", "ConfigMap")], Vec::new());
    let contribution = Contribution {
        hooks,
        namespace: "own".into(),
        ..contribution(objects)
    };
    Bundle::combine(vec![(&card, contribution)], &facts())
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[test]
fn what_names_no_namespace_goes_to_that_of_the_piece_and_is_printed_without() {
    let bare =
        |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    let bundle = combined(
        &[bare("a"), config_map("b")],
        vec![hook(&bare("c"), &[Occasion::Test])],
    )
    .unwrap();
    let told: Vec<_> = bundle
        .contributed()
        .map(|contributed| {
            let printed = written::as_written(&contributed.object);
            (
                contributed.object.id().to_string(),
                Value::Object(printed)["metadata"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                "ConfigMap ns/b".to_owned(),
                json!({"name": "b", "namespace": "ns"})
            ),
            ("ConfigMap own/a".to_owned(), json!({"name": "a"})),
            ("ConfigMap own/c".to_owned(), json!({"name": "c"})),
        ]
    );
    let kept = serde_json::to_string(&bundle).unwrap();
    assert_eq!(serde_json::from_str::<Bundle>(&kept).unwrap(), bundle);
}

#[test]
fn hooks_are_held_to_what_objects_are_held_to() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "ns", "uid": "x"}});
    let twice = [Occasion::PreInstall, Occasion::PreInstall];
    let problems = combined(
        &[config_map("a")],
        vec![
            hook(&json!("text"), &[Occasion::Test]),
            hook(&secret, &[Occasion::Test]),
            hook(&config_map("never"), &[]),
            hook(&config_map("twice"), &twice),
            hook(&config_map("a"), &[Occasion::Test]),
        ],
    )
    .unwrap_err();
    assert_eq!(
        problems,
        [
            "piece a: object 2: is a text, not an object",
            "piece a: Secret ns/s: metadata.uid must not be set: the API server sets it",
            "piece a: Secret ns/s is outside of what it declares to emit",
            "piece a: hook ConfigMap ns/never: it names no occasion, so it would never run",
            "piece a: hook ConfigMap ns/twice: it names an occasion twice",
            "ConfigMap ns/a comes from piece a and from piece a (as a hook): only one may contribute it",
        ]
    );
}
