//! From client-side to server-side apply: fields that an installer of before owns become ours, so that none is owned twice
//! and one that is left out later really goes. Owns which owners of before those are, and the `managedFields` after; must
//! not know when it is done.
//!
//! Who has applied on the client's side owns fields as one who updates: server-side apply takes such a field for another's,
//! so that it stays when it is left out (kubernetes/client-go `csaupgrade` has the same remedy). What is taken over:
//! - what `kubectl apply` has written: its own name, and whoever owns the annotation with the last applied manifest;
//! - what Helm (2, 3 and 4), istioctl and `kubectl apply --server-side` have written;
//! - of `before-first-apply`, which stands for everybody before a server kept account of owners (Kubernetes 1.18), what the
//!   last applied manifest names.

use serde_json::{Value, json};

use crate::field_set::FieldSet;
use crate::managed_fields::{Owner, entries, owners};

/// Annotation of `kubectl apply`: the manifest that it applied last.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Whoever had written before there were owners.
pub const BEFORE: &str = "before-first-apply";

/// What is taken over from installers of before.
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    /// From whom, in words.
    pub from: Vec<String>,
    /// The field managers that are no more.
    pub managers: Vec<String>,
    /// `metadata.managedFields` as it is to be.
    pub managed_fields: Value,
    /// The fields that become ours.
    pub moved: FieldSet,
}

/// What there is to take over on a live object; `None` when there is nothing.
#[must_use]
pub fn migration(live: &Value, field_manager: &str) -> Option<Migration> {
    let owners = owners(live);
    let installers: Vec<bool> = owners.iter().map(|owner| installs(owner, live)).collect();
    let before = applied_before(&owners, live);
    if !installers.contains(&true) && before.is_none() {
        return None;
    }
    let (mut from, mut managers) = (Vec::new(), Vec::new());
    let mut moved = FieldSet::default();
    let mut ours: Option<&Owner<'_>> = None;
    let mut kept = Vec::new();
    for ((owner, entry), installer) in owners.iter().zip(entries(live)).zip(installers) {
        if owner.is(field_manager) {
            ours = Some(owner);
        } else if installer {
            // What a program does to the status is no part of a manifest.
            moved = moved.union(owner.fields.clone().without("status"));
            from.push(named(owner.manager, live));
            managers.push(owner.manager.to_owned());
        } else {
            kept.push((owner, entry));
        }
    }
    if let Some(before) = before {
        from.push(named("kubectl-client-side-apply", live));
        moved = moved.union(before);
    }
    from.sort();
    from.dedup();
    let all = match ours {
        Some(owner) => owner.fields.clone().union(moved.clone()),
        None => moved.clone(),
    };
    let api_version = match ours {
        Some(owner) => owner.api_version,
        None => live.get("apiVersion").and_then(Value::as_str)?,
    };
    let mut list = vec![json!({
        "manager": field_manager, "operation": "Apply", "apiVersion": api_version,
        "fieldsType": "FieldsV1", "fieldsV1": all.write(),
    })];
    for (owner, entry) in kept {
        let mut entry = entry.clone();
        if owner.manager == BEFORE {
            let rest = owner.fields.only_in(&all);
            if rest.is_empty() {
                continue;
            }
            entry["fieldsV1"] = rest.write();
        }
        list.push(entry);
    }
    Some(Migration {
        from,
        managers,
        managed_fields: Value::Array(list),
        moved,
    })
}

/// Whether an object that is no member was installed by what is left behind, or was on its way to us when a run was cut off.
#[must_use]
pub fn was_installed(live: &Value, field_manager: &str) -> bool {
    let owners = owners(live);
    // Before there were owners, only the annotation tells.
    (owners.is_empty() && annotation(live, LAST_APPLIED).is_some())
        || owners
            .iter()
            .any(|owner| owner.is(field_manager) || installs(owner, live))
        || applied_before(&owners, live).is_some()
}

/// Whether an owner is an installer that is left behind.
fn installs(owner: &Owner<'_>, live: &Value) -> bool {
    if !owner.subresource.is_empty() {
        return false;
    }
    match (owner.applies, owner.manager) {
        (true, "kubectl" | "kubectl-last-applied" | "helm" | "istio-operator") => true,
        (true, _) => false,
        (false, "kubectl-client-side-apply" | "helm" | "Helm" | "tiller" | "istioctl") => true,
        // Many programs that do not say their name are called so.
        (false, "Go-http-client") => helm_release(live).is_some(),
        (false, BEFORE) => false,
        (false, _) => {
            owner
                .fields
                .is_leaf(&["f:metadata", "f:annotations", &format!("f:{LAST_APPLIED}")])
        }
    }
}

/// What of `before-first-apply` was applied by kubectl.
fn applied_before(owners: &[Owner<'_>], live: &Value) -> Option<FieldSet> {
    let before = owners.iter().find(|owner| owner.manager == BEFORE)?;
    let applied: Value = serde_json::from_str(annotation(live, LAST_APPLIED)?).ok()?;
    // The annotation itself is not in it.
    let note = json!({"metadata": {"annotations": {LAST_APPLIED: ""}}});
    let before = before.fields.clone().without("status");
    let set = before.there_in(&applied).union(before.there_in(&note));
    (!set.is_empty()).then_some(set)
}

/// An installer's name, with what tells more.
fn named(manager: &str, live: &Value) -> String {
    let release = helm_release(live);
    match (manager, release) {
        ("helm" | "Helm" | "tiller" | "Go-http-client", Some(release)) => {
            format!("Helm release {release}")
        }
        ("kubectl" | "kubectl-client-side-apply" | "kubectl-last-applied", _) => {
            "kubectl apply".to_owned()
        }
        (manager, _) => manager.to_owned(),
    }
}

/// The release that Helm (3 by annotations, 2 by labels) says an object is of.
fn helm_release(live: &Value) -> Option<String> {
    if let Some(name) = annotation(live, "meta.helm.sh/release-name") {
        return Some(match annotation(live, "meta.helm.sh/release-namespace") {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_owned(),
        });
    }
    let labels = live.pointer("/metadata/labels")?;
    let label = |key: &str| labels.get(key).and_then(Value::as_str);
    label("heritage").filter(|heritage| matches!(*heritage, "Tiller" | "Helm"))?;
    label("release").map(str::to_owned)
}

fn annotation<'a>(live: &'a Value, key: &str) -> Option<&'a str> {
    live.pointer("/metadata/annotations")?.get(key)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(manager: &str, operation: &str, fields: Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    fn live(annotations: Value, entries: Vec<Value>) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "annotations": annotations, "managedFields": entries}})
    }

    fn data(keys: &[&str]) -> Value {
        let keys = keys.iter().map(|key| (format!("f:{key}"), json!({})));
        json!({"f:data": Value::Object(keys.collect())})
    }

    #[test]
    fn takes_over_from_those_who_install() {
        let helm =
            json!({"meta.helm.sh/release-name": "base", "meta.helm.sh/release-namespace": "mesh"});
        let last_applied =
            json!({"f:metadata": {"f:annotations": {(format!("f:{LAST_APPLIED}")): {}}}});
        let none = json!({});
        for (annotations, manager, operation, fields, from) in [
            (
                &none,
                "kubectl-client-side-apply",
                "Update",
                data(&["a"]),
                Some("kubectl apply"),
            ),
            (
                &none,
                "kubectl",
                "Apply",
                data(&["a"]),
                Some("kubectl apply"),
            ),
            // kubectl before 1.20, and one with a --field-manager, are known by their annotation.
            (
                &none,
                "kubectl",
                "Update",
                last_applied.clone(),
                Some("kubectl apply"),
            ),
            (&none, "ci", "Update", last_applied, Some("ci")),
            (&none, "ci", "Update", data(&["a"]), None),
            (&none, "kubectl-edit", "Update", data(&["a"]), None),
            (
                &helm,
                "helm",
                "Update",
                data(&["a"]),
                Some("Helm release mesh/base"),
            ),
            (
                &helm,
                "helm",
                "Apply",
                data(&["a"]),
                Some("Helm release mesh/base"),
            ),
            (
                &helm,
                "Go-http-client",
                "Update",
                data(&["a"]),
                Some("Helm release mesh/base"),
            ),
            (&none, "Go-http-client", "Update", data(&["a"]), None),
            (&none, "argocd-controller", "Apply", data(&["a"]), None),
            (&none, "meshhost-m", "Apply", data(&["a"]), None),
        ] {
            let live = live(annotations.clone(), vec![entry(manager, operation, fields)]);
            let found = migration(&live, "meshhost-m").map(|migration| migration.from);
            let expected = from.map(|from| vec![from.to_owned()]);
            assert_eq!(found, expected, "{manager} {operation}");
        }
    }

    #[test]
    fn nothing_is_lost_and_nothing_owned_twice() {
        let mut status = entry(
            "kubectl-client-side-apply",
            "Update",
            json!({"f:status": {"f:x": {}}}),
        );
        status["subresource"] = json!("status");
        let live = live(
            json!({}),
            vec![
                entry(
                    "kubectl-client-side-apply",
                    "Update",
                    data(&["old", "both"]),
                ),
                entry("meshhost-m", "Apply", data(&["both", "new"])),
                entry("somebody", "Update", data(&["other"])),
                status.clone(),
            ],
        );
        let migration = migration(&live, "meshhost-m").unwrap();
        assert_eq!(migration.moved.write(), data(&["both", "old"]));
        assert_eq!(
            migration.managed_fields,
            json!([
                entry("meshhost-m", "Apply", data(&["both", "new", "old"])),
                entry("somebody", "Update", data(&["other"])),
                status,
            ])
        );
    }

    #[test]
    fn of_what_was_before_owners_the_last_applied_manifest_tells() {
        let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"old": "1"}});
        let before = json!({"f:data": {".": {}, "f:old": {}, "f:others": {}},
            "f:metadata": {"f:annotations": {".": {}, (format!("f:{LAST_APPLIED}")): {}}}, "f:status": {"f:old": {}}});
        let live = live(
            json!({LAST_APPLIED: manifest.to_string()}),
            vec![
                entry(BEFORE, "Update", before),
                entry("meshhost-m", "Apply", data(&["new"])),
            ],
        );
        let migration = migration(&live, "meshhost-m").unwrap();
        assert_eq!(migration.from, ["kubectl apply"]);
        assert_eq!(
            migration.managed_fields[0]["fieldsV1"],
            json!({"f:data": {".": {}, "f:new": {}, "f:old": {}}, "f:metadata": {"f:annotations": {".": {}, (format!("f:{LAST_APPLIED}")): {}}}})
        );
        assert_eq!(
            migration.managed_fields[1]["fieldsV1"],
            json!({"f:data": {"f:others": {}}, "f:status": {"f:old": {}}})
        );
    }
}
