//! Which object is meant. Owns the identity of a Kubernetes object and its spelling in messages; must not know contents.

use std::fmt;

/// The identity of an object for as long as it lives: the version of its API is not part of it, as one object is served
/// in several.
///
/// Ordered by group, kind, namespace and name, so that output does not depend on who contributed what when.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct ObjectId {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind, for example `Deployment`.
    pub kind: String,
    /// Namespace; `None` for a cluster-scoped object.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl ObjectId {
    /// `Kind.group`, or only `Kind` for the core group: how ApplySets (KEP-3659) and messages name a kind.
    #[must_use]
    pub fn group_kind(&self) -> String {
        if self.group.is_empty() {
            self.kind.clone()
        } else {
            format!("{}.{}", self.kind, self.group)
        }
    }
}

/// `Deployment.apps istio-system/istio-pilot`, `ClusterRole.rbac.authorization.k8s.io istio-reader`.
impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.group_kind())?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_spelled_as_kubernetes_users_do() {
        let id = |group: &str, namespace: Option<&str>| {
            ObjectId {
                group: group.into(),
                kind: "Kind".into(),
                namespace: namespace.map(Into::into),
                name: "name".into(),
            }
            .to_string()
        };
        assert_eq!(id("", None), "Kind name");
        assert_eq!(id("", Some("ns")), "Kind ns/name");
        assert_eq!(id("apps", Some("ns")), "Kind.apps ns/name");
    }
}
