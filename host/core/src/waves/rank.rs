//! The order that kinds alone tell. Owns the table; must not know single objects.

use crate::id::ObjectId;

/// How early a kind is applied; removal goes the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Rank {
    /// What others live in or are made of: namespaces and definitions of kinds.
    Ground,
    /// What pods, and others' admission, look up when they are made: accounts, rights, configuration, classes, quotas.
    Foundation,
    /// What refers to the foundation: role bindings (the server reads the role to see whether the giver has the rights
    /// himself) and volumes.
    Binding,
    /// Everything else: services, workloads, custom resources.
    Rest,
    /// What makes the API server call a program in the cluster: only when that program answers.
    Callback,
}

impl Rank {
    /// The rank of an object's kind.
    pub(crate) fn of(id: &ObjectId) -> Self {
        match (id.group.as_str(), id.kind.as_str()) {
            ("", "Namespace") | ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                Self::Ground
            }
            (
                "",
                "ServiceAccount" | "ConfigMap" | "Secret" | "ResourceQuota" | "LimitRange"
                | "PersistentVolume",
            )
            | ("rbac.authorization.k8s.io", "ClusterRole" | "Role")
            | ("networking.k8s.io", "NetworkPolicy")
            | (
                "scheduling.k8s.io"
                | "storage.k8s.io"
                | "node.k8s.io"
                | "networking.k8s.io"
                | "gateway.networking.k8s.io",
                "PriorityClass" | "StorageClass" | "RuntimeClass" | "IngressClass" | "GatewayClass",
            )
            | ("policy", "PodSecurityPolicy")
            | ("security.openshift.io", "SecurityContextConstraints")
            | ("k8s.cni.cncf.io", "NetworkAttachmentDefinition") => Self::Foundation,
            ("rbac.authorization.k8s.io", "ClusterRoleBinding" | "RoleBinding")
            | ("", "PersistentVolumeClaim") => Self::Binding,
            (
                "admissionregistration.k8s.io",
                "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration",
            )
            | ("apiregistration.k8s.io", "APIService") => Self::Callback,
            _ => Self::Rest,
        }
    }
}
