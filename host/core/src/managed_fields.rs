//! Who owns which fields of a live object. Owns the reading of `managedFields`; must not know what follows from it.

use serde_json::Value;

use crate::field_set::FieldSet;

/// One entry of `managedFields`.
#[derive(Debug, Clone, PartialEq)]
pub struct Owner<'a> {
    /// The field manager.
    pub manager: &'a str,
    /// Whether it applies (server-side), or else updates.
    pub applies: bool,
    /// The version in which the fields are named.
    pub api_version: &'a str,
    /// `status`, `scale`; empty for the object itself.
    pub subresource: &'a str,
    /// What it owns.
    pub fields: FieldSet,
}

impl Owner<'_> {
    /// Whether this is what an installation applies.
    #[must_use]
    pub fn is(&self, field_manager: &str) -> bool {
        self.applies && self.subresource.is_empty() && self.manager == field_manager
    }

    /// Whether a program in the cluster is behind it, as far as its name tells: not somebody's kubectl, nor a tool that
    /// installs things.
    #[must_use]
    pub fn is_controller(&self) -> bool {
        let tool = [
            "kubectl",
            "helm",
            "Helm",
            "tiller",
            "istioctl",
            "before-first-apply",
            "meshhost-",
        ]
        .iter()
        .any(|tool| self.manager.starts_with(tool));
        !tool && !self.manager.is_empty()
    }
}

/// All owners of a live object's fields.
#[must_use]
pub fn owners(live: &Value) -> Vec<Owner<'_>> {
    entries(live)
        .iter()
        .map(|entry| {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
            Owner {
                manager: text("manager"),
                applies: text("operation") == "Apply",
                api_version: text("apiVersion"),
                subresource: text("subresource"),
                fields: entry
                    .get("fieldsV1")
                    .map(FieldSet::read)
                    .unwrap_or_default(),
            }
        })
        .collect()
}

/// `metadata.managedFields`, as it is.
#[must_use]
pub fn entries(live: &Value) -> &[Value] {
    live.pointer("/metadata/managedFields")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tells_programs_from_people_and_installers() {
        let live = json!({"metadata": {"managedFields": [
            {"manager": "kube-controller-manager", "operation": "Update", "subresource": "scale", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
            {"manager": "kubectl-edit", "operation": "Update"},
            {"manager": "helm", "operation": "Apply"},
            {"manager": "meshhost-default", "operation": "Apply"},
            {"manager": "pilot-discovery", "operation": "Update"},
        ]}});
        let owners = owners(&live);
        let controllers: Vec<bool> = owners.iter().map(Owner::is_controller).collect();
        assert_eq!(controllers, [true, false, false, false, true]);
        assert!(owners[3].is("meshhost-default"));
        assert!(!owners[2].is("meshhost-default"));
        assert_eq!(owners[0].subresource, "scale");
        assert_eq!(owners[0].fields.leaves(), [["f:spec", "f:replicas"]]);
    }
}
