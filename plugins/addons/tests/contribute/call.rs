//! Calling the piece as the host does, and looking at what comes back.

use meshhost_piece::{
    Contribution, Facts, Failure, KubernetesVersion, Piece, Request, Selector, ServedKind, Value,
};
use meshhost_piece_addons::Addons;

/// What Kubernetes 1.16 serves, as far as this piece writes it.
const SERVED: &[(&str, &str)] = &[
    ("v1", "Service"),
    ("v1", "ServiceAccount"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "PersistentVolumeClaim"),
    ("apps/v1", "Deployment"),
    ("extensions/v1beta1", "Ingress"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
];

pub(crate) fn contribute_to(minor: u32, settings: &Value) -> Result<Contribution, Failure> {
    Addons::contribute(Request {
        installation: "mesh".to_owned(),
        namespace: "istio-system".to_owned(),
        facts: Facts {
            kubernetes: KubernetesVersion {
                major: 1,
                minor,
                git_version: format!("v1.{minor}.3"),
            },
            served: SERVED
                .iter()
                .map(|(api_version, kind)| ServedKind {
                    api_version: (*api_version).to_owned(),
                    kind: (*kind).to_owned(),
                })
                .collect(),
            platform: "kubernetes".to_owned(),
        },
        settings: meshhost_piece::settings(&settings.to_string())?,
        files: Vec::new(),
    })
}

pub(crate) fn contribute(settings: &Value) -> Contribution {
    contribute_to(16, settings).expect("settings that fit")
}

/// The value at a JSON pointer of the object `Kind/name`.
pub(crate) fn at(contribution: &Contribution, object: &str, pointer: &str) -> Value {
    let (kind, name) = object.split_once('/').expect("Kind/name");
    contribution
        .objects
        .iter()
        .find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
        .unwrap_or_else(|| panic!("no {object}"))
        .pointer(pointer)
        .cloned()
        .unwrap_or_default()
}

pub(crate) fn names(contribution: &Contribution) -> Vec<String> {
    let mut names: Vec<String> = contribution
        .objects
        .iter()
        .map(|object| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!(
                "{}/{}",
                text(&object["kind"]),
                text(&object["metadata"]["name"])
            )
        })
        .collect();
    names.sort();
    names
}

pub(crate) fn chooses(selector: &Selector, object: &Value) -> bool {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let fits = |wanted: &Option<String>, have: &str| {
        wanted
            .as_deref()
            .is_none_or(|wanted| match wanted.strip_suffix('*') {
                Some(stem) => have.starts_with(stem),
                None => wanted == have,
            })
    };
    fits(&selector.group, group)
        && fits(&selector.kind, object["kind"].as_str().unwrap_or_default())
        && fits(
            &selector.name,
            object["metadata"]["name"].as_str().unwrap_or_default(),
        )
}

/// What must hold with any settings.
pub(crate) fn holds(settings: &Value) {
    let contribution = contribute(settings);
    let emits = Addons::describe().emits;
    let mut seen = std::collections::BTreeSet::new();
    for object in &contribution.objects {
        let id = format!("{} {}", object["kind"], object["metadata"]);
        assert!(
            emits.iter().any(|selector| chooses(selector, object)),
            "{settings}: {id} is not in what the piece says that it emits"
        );
        let cluster_scoped = object["kind"]
            .as_str()
            .is_some_and(|kind| kind.starts_with("ClusterRole"));
        assert_eq!(
            object["metadata"]["namespace"].is_string(),
            !cluster_scoped,
            "{settings}: namespace of {id}"
        );
        let key = format!(
            "{} {} {}",
            object["kind"], object["metadata"]["namespace"], object["metadata"]["name"]
        );
        assert!(seen.insert(key), "{settings}: {id} twice");
    }
    assert_eq!(
        contribution.objects,
        contribute(settings).objects,
        "{settings}: the same settings give the same objects"
    );
}

/// One line of a table: settings, object, JSON pointer, and what is there.
pub(crate) type Line = (Value, &'static str, &'static str, Value);

pub(crate) fn check(table: Vec<Line>) {
    for (settings, object, pointer, expected) in table {
        let found = at(&contribute(&settings), object, pointer);
        assert_eq!(found, expected, "{settings}: {object} {pointer}");
        holds(&settings);
    }
}

pub(crate) fn refused(settings: &Value) -> String {
    match contribute_to(16, settings) {
        Err(Failure::Rejected(problems)) => problems
            .iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect::<Vec<_>>()
            .join("\n"),
        other => panic!("{settings}: {other:?}"),
    }
}
