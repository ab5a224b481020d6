//! Trying a piece natively, as its author's tests do: no host, no WebAssembly, no cluster. Owns making requests, looking
//! into answers, and what must hold of every answer; must not know any piece.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use serde_json::Value;

use crate::{Contribution, Facts, Failure, KubernetesVersion, Once, Piece, Request, ServedKind};

/// A piece on a cluster that is only told of.
///
/// ```
/// # use meshhost_piece::{Card, JsonSchema, Piece, json, schemars, trial::Trial};
/// # #[derive(serde::Deserialize, JsonSchema)] #[serde(default)] struct Settings {} impl Default for Settings { fn default() -> Self { Self {} } }
/// # struct Mine; impl Piece for Mine { type Settings = Settings; fn describe() -> Card { Card::default() } }
/// let trial = Trial::<Mine>::on(37, &[("v1", "ConfigMap")], &[("v1", "Namespace")]);
/// trial.holds(&json!({}));
/// ```
#[derive(Debug)]
pub struct Trial<P> {
    facts: Facts,
    cluster_scoped: BTreeSet<String>,
    piece: PhantomData<P>,
}

impl<P: Piece> Trial<P> {
    /// On Kubernetes 1.`minor`, which serves these kinds (`apiVersion`, kind): first those that live in a namespace.
    #[must_use]
    pub fn on(minor: u32, namespaced: &[(&str, &str)], cluster_scoped: &[(&str, &str)]) -> Self {
        let kinds = |kinds: &[(&str, &str)], namespaced| -> Vec<ServedKind> {
            let kinds = kinds.iter().map(|(api_version, kind)| ServedKind {
                api_version: (*api_version).to_owned(),
                kind: (*kind).to_owned(),
                namespaced,
            });
            kinds.collect()
        };
        let served = [kinds(namespaced, true), kinds(cluster_scoped, false)];
        Self {
            facts: Facts {
                kubernetes: KubernetesVersion {
                    major: 1,
                    minor,
                    git_version: format!("v1.{minor}.3"),
                },
                served: served.concat(),
                platform: "kubernetes".to_owned(),
            },
            cluster_scoped: cluster_scoped
                .iter()
                .map(|(_, kind)| (*kind).to_owned())
                .collect(),
            piece: PhantomData,
        }
    }

    /// What the piece contributes with these settings, to the installation `mesh` in `istio-system`.
    ///
    /// # Errors
    /// When the settings do not fit the piece's type, or the piece refuses.
    pub fn contribute(&self, settings: &Value) -> Result<Contribution, Failure> {
        P::contribute(Request {
            installation: "mesh".to_owned(),
            namespace: "istio-system".to_owned(),
            facts: self.facts.clone(),
            settings: crate::settings(&settings.to_string())?,
            files: Vec::new(),
            once: Once {
                seed: [7; 32],
                time: 1_577_836_800,
            },
        })
    }

    /// Why the piece refuses these settings: a line `path: message` for each problem.
    ///
    /// # Panics
    /// When it does not refuse them.
    #[must_use]
    pub fn refusal(&self, settings: &Value) -> String {
        match self.contribute(settings) {
            Err(Failure::Rejected(problems)) => problems
                .iter()
                .map(|problem| format!("{}: {}", problem.path, problem.message))
                .collect::<Vec<_>>()
                .join("\n"),
            other => panic!("{settings}: {other:?}"),
        }
    }

    /// Checks what must hold with any settings: every object is one that the card declares, is there once and has a
    /// namespace unless its kind is cluster-scoped, and the same settings give the same objects.
    ///
    /// # Panics
    /// When it does not hold, or when the piece refuses.
    pub fn holds(&self, settings: &Value) {
        let contribute = || match self.contribute(settings) {
            Ok(contribution) => contribution,
            Err(failure) => panic!("{settings}: {failure:?}"),
        };
        let contribution = contribute();
        let emits = P::describe().emits;
        let mut seen = BTreeSet::new();
        for object in &contribution.objects {
            let metadata = &object["metadata"];
            let id = format!(
                "{} {} {}",
                object["kind"], metadata["namespace"], metadata["name"]
            );
            assert!(
                emits.iter().any(|selector| selector.chooses(object)),
                "{settings}: {id} is not in what the piece says that it emits"
            );
            assert_eq!(
                metadata["namespace"].is_string(),
                !object["kind"]
                    .as_str()
                    .is_some_and(|kind| self.cluster_scoped.contains(kind)),
                "{settings}: namespace of {id}"
            );
            assert!(seen.insert(id.clone()), "{settings}: {id} is there twice");
        }
        assert_eq!(
            contribution.objects,
            contribute().objects,
            "{settings}: the same settings give the same objects"
        );
    }
}

/// The value at a JSON pointer of the object `Kind/name`; null when there is nothing.
///
/// # Panics
/// When there is no such object.
#[must_use]
pub fn at(contribution: &Contribution, object: &str, pointer: &str) -> Value {
    contribution
        .objects
        .iter()
        .find(|candidate| name(candidate) == object)
        .unwrap_or_else(|| panic!("no {object}"))
        .pointer(pointer)
        .cloned()
        .unwrap_or_default()
}

/// `Kind/name` of every object, sorted.
#[must_use]
pub fn names(contribution: &Contribution) -> Vec<String> {
    let mut names: Vec<String> = contribution.objects.iter().map(name).collect();
    names.sort();
    names
}

fn name(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!(
        "{}/{}",
        text(&object["kind"]),
        text(&object["metadata"]["name"])
    )
}
