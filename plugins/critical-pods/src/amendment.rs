//! From rules and objects to patches. Owns the rule of Kubernetes on where the two system classes may be used.

use std::collections::BTreeSet;

use meshhost_piece::{
    Amendment, Amendments, Diagnostic, Failure, KubernetesVersion, Problem, Selected,
};

use crate::settings::{Rule, Settings};
use crate::workload::Kind;

/// Where the two system classes were always allowed.
const SYSTEM_NAMESPACE: &str = "kube-system";

/// # Errors
/// A workload whose pods the API server would refuse with the class that a rule gives it.
pub(crate) fn amend(
    settings: &Settings,
    kubernetes: &KubernetesVersion,
    objects: &[Selected],
) -> Result<Amendments, Failure> {
    let mut amendments = Amendments::default();
    let mut problems = Vec::new();
    let mut outside = BTreeSet::new();
    let mut matched: Vec<Vec<bool>> = settings
        .rules
        .iter()
        .map(|rule| vec![false; rule.workloads.len()])
        .collect();

    for object in objects {
        let Some(kind) = Kind::of(&object.manifest) else {
            continue;
        };
        let namespace = text(object, "namespace");
        let name = text(object, "name");
        let mut chosen = None;
        for (number, rule) in settings.rules.iter().enumerate() {
            for (place, workloads) in rule.workloads.iter().enumerate() {
                if workloads.choose(kind, namespace, name) {
                    matched[number][place] = true;
                    chosen = Some((rule, format!("rules[{number}].workloads[{place}]")));
                }
            }
        }
        let Some((rule, path)) = chosen else { continue };
        if rule.is_system_class() && namespace != SYSTEM_NAMESPACE {
            if kubernetes.at_least(1, 17) {
                outside.insert(namespace);
            } else {
                problems.push(only_in_kube_system(
                    rule, path, kind, namespace, name, kubernetes,
                ));
                continue;
            }
        }
        if kind.class(&object.manifest) != rule.class_name {
            amendments.changes.push(Amendment {
                id: object.id,
                patch: kind.patch(&rule.class_name),
            });
        }
    }
    if !problems.is_empty() {
        return Err(problems.into());
    }
    amendments.diagnostics = diagnostics(settings, &matched, &outside);
    Ok(amendments)
}

fn only_in_kube_system(
    rule: &Rule,
    path: String,
    kind: Kind,
    namespace: &str,
    name: &str,
    kubernetes: &KubernetesVersion,
) -> Problem {
    let class = &rule.class_name;
    Problem::new(
        path,
        format!(
            "{} {namespace}/{name} cannot have the class {class}: before Kubernetes 1.17 it is only allowed in {SYSTEM_NAMESPACE}, and this cluster is {}",
            kind.name(),
            kubernetes.git_version
        ),
    )
    .hint(format!(
        "install {name} in {SYSTEM_NAMESPACE}, or give it a PriorityClass of your own"
    ))
}

fn diagnostics(
    settings: &Settings,
    matched: &[Vec<bool>],
    outside: &BTreeSet<&str>,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for (number, rule) in settings.rules.iter().enumerate() {
        for (place, workloads) in rule.workloads.iter().enumerate() {
            if !matched[number][place] {
                diagnostics.push(Diagnostic::warning(
                    format!("rules[{number}].workloads[{place}]"),
                    format!("no piece of this installation has a {workloads}"),
                ));
            }
        }
        if !rule.is_system_class() && matched[number].contains(&true) {
            let mut note = Diagnostic::note(format!(
                "the cluster must have a PriorityClass {}: without it no pod of these workloads can be created",
                rule.class_name
            ));
            note.path = Some(format!("rules[{number}].className"));
            diagnostics.push(note);
        }
    }
    if !outside.is_empty() {
        let namespaces: Vec<&str> = outside.iter().copied().collect();
        diagnostics.push(Diagnostic::note(format!(
            "a cluster that limits the system priority classes needs a ResourceQuota with a scopeSelector on PriorityClass in {}",
            namespaces.join(", ")
        )));
    }
    diagnostics
}

fn text<'a>(object: &'a Selected, key: &str) -> &'a str {
    object.manifest["metadata"][key]
        .as_str()
        .unwrap_or_default()
}
