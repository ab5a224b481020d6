//! Texts that pieces return: combined, amended, ordered and written out, or refused.

use meshhost_core::bundle::Bundle;
use meshhost_core::card::{Amendments, Card, Contribution, OrderRule, RestartRule};
use meshhost_core::desired::{Belonging, desired};
use meshhost_core::selector::Selector;
use meshhost_core::source::{Source, SourceKind};
use meshhost_core::{release, waves, yaml};
use meshhost_fuzz::Target;
use serde_json::{Value, json};

use crate::harmless;

const WORDS: &[&str] = &[
    "\"apiVersion\":\"v1\",",
    "\"kind\":\"List\",",
    "\"kind\":\"CustomResourceDefinition\",",
    "\"kind\":\"MutatingWebhookConfiguration\",",
    "\"metadata\":{\"name\":\"x\"}",
    "\"namespace\":\"kube-system\"",
    "\"generateName\":\"x-\",",
    "\"ownerReferences\":[],",
    "\"finalizers\":[\"x\"]",
    "\"clientConfig\":{\"service\":{\"name\":\"a\",\"namespace\":\"b\"}}",
    "null",
    "[]",
    "{}",
    "1e999",
    "-0",
    "18446744073709551616",
    "\\u0000",
    "\\u001b",
    "\\ud800",
    "\u{202e}",
    "\"\"",
    "..",
    "/",
    "~1",
    "\n",
    "%0 ",
];

/// One text a line; `%N TEXT` is an amendment of object N.
#[test]
fn bundles() {
    Target::new("bundles", WORDS).run(3_000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let (mut contribution, mut amendments) = (Contribution::default(), Amendments::default());
        for line in text.lines() {
            let change = line
                .strip_prefix('%')
                .and_then(|line| line.split_once(' '))
                .and_then(|(number, patch)| Some((number.parse().ok()?, patch.to_owned())));
            match change {
                Some(change) => amendments.changes.push(change),
                None => contribution.objects.push(line.to_owned()),
            }
        }
        contribution.order.push(OrderRule {
            before: Selector::kind("", "Service"),
            after: Selector::kind("apps", "Deployment"),
        });
        contribution.restarts.push(RestartRule {
            changed: Selector::kind("", "ConfigMap"),
            restart: Selector::default(),
        });
        through(contribution, amendments);
    });
}

/// All that is done with an answer before a cluster is asked.
pub(crate) fn through(contribution: Contribution, amendments: Amendments) {
    let facts = release::facts("1.37").expect("is a release");
    let (author, amender) = (card("author"), card("amender"));
    let mut bundle = match Bundle::combine(vec![(&author, contribution)], &facts) {
        Ok(bundle) => bundle,
        Err(problems) => {
            for problem in problems {
                harmless(&problem.to_string());
            }
            return;
        }
    };
    let before = bundle.clone();
    if let Err(error) = bundle.amend(&amender, &amendments) {
        harmless(&error.to_string());
        assert_eq!(
            bundle, before,
            "a refused amendment leaves the bundle alone"
        );
    }
    for (amended, before) in bundle.objects.iter().zip(&before.objects) {
        assert_eq!(
            amended.object.id(),
            before.object.id(),
            "an amendment changes no identity"
        );
    }
    match waves::waves(&bundle) {
        Ok(waves) => {
            let ordered: usize = waves.iter().map(|wave| wave.objects.len()).sum();
            assert_eq!(ordered, bundle.objects.len(), "every object is in one wave");
        }
        Err(cycle) => harmless(&cycle.to_string()),
    }
    for contributed in &bundle.with_restarts().objects {
        let value = Value::Object(contributed.object.manifest().clone());
        let text = yaml::to_yaml(&value);
        let source = Source::new(SourceKind::File, "written.yaml", &*text);
        assert_eq!(
            yaml::read_values(&source).expect("what was written can be read"),
            [value],
            "{text}"
        );
        let _ = desired(&contributed.object, "set", Belonging::Made);
    }
}

/// Emits and amends everything.
fn card(name: &str) -> Card {
    Card {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        summary: String::new(),
        settings_schema: json!({}),
        files: Vec::new(),
        emits: vec![Selector::default()],
        amends: vec![Selector::default()],
        assesses: Vec::new(),
        images: Vec::new(),
    }
}
