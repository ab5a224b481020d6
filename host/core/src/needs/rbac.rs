//! Rights: what rules allow (RBAC, rbac.authorization.k8s.io), and who gets whose rights. Owns the table of rules that are
//! worth a question.

use serde_json::Value;

use super::{At, entries, named, text, texts};
use crate::ability::Power;
use crate::object::Object;
use crate::path::Path;

const GROUP: &str = "rbac.authorization.k8s.io";
const WRITE: &[&str] = &["create", "update", "patch"];
const CHANGE: &[&str] = &["create", "update", "patch", "delete", "deletecollection"];
/// More names than these in one rule are as good as all.
const FEW: usize = 16;

/// A rule on any of the resources of the group with any of the verbs needs the power. The escalation paths are those of
/// Kubernetes' "RBAC good practices".
const RULES: &[(Power, &str, &[&str], &[&str])] = &[
    (
        Power::GrantRights,
        GROUP,
        &["roles", "clusterroles"],
        &["escalate", "bind"],
    ),
    (
        Power::Impersonate,
        "",
        &["users", "groups", "serviceaccounts"],
        &["impersonate"],
    ),
    (
        Power::Impersonate,
        "authentication.k8s.io",
        &["uids", "userextras"],
        &["impersonate"],
    ),
    (
        Power::ReadSecrets,
        "",
        &["secrets"],
        &["get", "list", "watch"],
    ),
    (Power::WriteSecrets, "", &["secrets"], CHANGE),
    (
        Power::CreateTokens,
        "",
        &["serviceaccounts/token"],
        &["create"],
    ),
    (
        Power::Exec,
        "",
        &["pods/exec", "pods/attach", "nodes/proxy"],
        &["create", "get"],
    ),
    (
        Power::Exec,
        "",
        &["pods/ephemeralcontainers"],
        &["update", "patch"],
    ),
    (
        Power::RunPods,
        "",
        &["pods", "replicationcontrollers"],
        WRITE,
    ),
    (
        Power::RunPods,
        "apps",
        &["deployments", "daemonsets", "statefulsets", "replicasets"],
        WRITE,
    ),
    (
        Power::RunPods,
        "extensions",
        &["deployments", "daemonsets", "replicasets"],
        WRITE,
    ),
    (Power::RunPods, "batch", &["jobs", "cronjobs"], WRITE),
    (
        Power::ChangeWebhooks,
        "admissionregistration.k8s.io",
        &[
            "mutatingwebhookconfigurations",
            "validatingwebhookconfigurations",
            "mutatingadmissionpolicies",
            "validatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
            "validatingadmissionpolicybindings",
        ],
        CHANGE,
    ),
    (
        Power::SignCertificates,
        "certificates.k8s.io",
        &[
            "certificatesigningrequests/approval",
            "certificatesigningrequests/status",
            "signers",
        ],
        &["update", "patch", "approve", "sign"],
    ),
];

pub(super) fn look(object: &Object, at: &mut At<'_, '_>) {
    match object.id().kind.as_str() {
        "ClusterRole" | "Role" => role(object, at),
        "ClusterRoleBinding" | "RoleBinding" => binding(object, at),
        _ => {}
    }
}

fn role(object: &Object, at: &mut At<'_, '_>) {
    let scope = object
        .id()
        .namespace
        .clone()
        .unwrap_or_else(|| "*".to_owned());
    for (number, rule) in entries(object.pointer("/rules")) {
        self::rule(rule, &scope, &Path::of("rules").index(number), at);
    }
    if object
        .pointer("/aggregationRule")
        .is_some_and(|rule| !rule.is_null())
    {
        at.need(
            Power::Aggregate,
            "rules of others",
            &Path::of("aggregationRule"),
        );
    }
    let labels = object
        .pointer("/metadata/labels")
        .and_then(Value::as_object);
    for (label, value) in labels.into_iter().flatten() {
        if let Some(role) = label.strip_prefix("rbac.authorization.k8s.io/aggregate-to-")
            && value == "true"
        {
            at.need(
                Power::Aggregate,
                named(role),
                &Path::of("metadata.labels").key(label),
            );
        }
    }
}

fn rule(rule: &Value, scope: &str, path: &Path, at: &mut At<'_, '_>) {
    let has = |field: &str, wanted: &str| {
        texts(rule.get(field)).any(|entry| entry == "*" || entry == wanted)
    };
    if ["apiGroups", "resources", "verbs"]
        .iter()
        .all(|field| texts(rule.get(field)).any(|entry| entry == "*"))
    {
        if scope == "*" {
            at.need(Power::ClusterAdmin, "", path);
        } else {
            at.need(Power::NamespaceAdmin, scope, path);
        }
        return;
    }
    let names: Vec<&str> = texts(rule.get("resourceNames")).collect();
    for (power, group, resources, verbs) in RULES {
        let matches = has("apiGroups", group)
            && resources.iter().any(|resource| {
                let below = resource
                    .split_once('/')
                    .map(|(_, below)| format!("*/{below}"));
                has("resources", resource) || below.is_some_and(|below| has("resources", &below))
            })
            && verbs.iter().any(|verb| has("verbs", verb));
        if !matches {
            continue;
        }
        if names.is_empty() || names.len() > FEW {
            at.need(*power, scope, path);
        }
        for name in names.iter().take(FEW).filter(|_| names.len() <= FEW) {
            at.need(*power, format!("{scope}/{}", named(name)), path);
        }
    }
}

fn binding(object: &Object, at: &mut At<'_, '_>) {
    let kind = text(object.pointer("/roleRef/kind"));
    let name = text(object.pointer("/roleRef/name"));
    let namespace = object.id().namespace.as_deref();
    let path = Path::of("roleRef");
    let in_namespace = (kind == "Role").then_some(namespace).flatten();
    if !at.owns(GROUP, kind, in_namespace, name) {
        match (name, namespace) {
            ("cluster-admin", None) => at.need(Power::ClusterAdmin, "", &path),
            ("cluster-admin", Some(namespace)) => {
                at.need(Power::NamespaceAdmin, namespace, &path);
            }
            (name, namespace) => {
                let namespace = namespace.map(|n| format!(" in {n}")).unwrap_or_default();
                at.need(
                    Power::BindRole,
                    format!("{} {}{namespace}", named(kind), named(name)),
                    &path,
                );
            }
        }
    }
    for (number, subject) in entries(object.pointer("/subjects")) {
        let path = Path::of("subjects").index(number);
        let kind = text(subject.get("kind"));
        let name = text(subject.get("name"));
        if kind == "ServiceAccount" {
            let namespace = text(subject.get("namespace"));
            if !at.owns("", kind, Some(namespace), name) {
                let account = format!("ServiceAccount {}/{}", named(namespace), named(name));
                at.need(Power::RightsFor, account, &path);
            }
        } else {
            let subject = format!("{} {}", named(kind), named(name));
            at.need(Power::RightsFor, subject, &path);
        }
    }
}
