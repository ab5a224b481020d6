//! What a Kubernetes release serves: the facts that `--kube-version` stands for when there is no cluster to ask.
//!
//! Owns the table of built-in kinds by release (from the API deprecation guide and the releases' API references); must not
//! know any cluster.

use crate::facts::{Facts, KubernetesVersion, ServedKind};

/// The release that is meant when neither a cluster nor a version is given.
pub const NEWEST: &str = "1.37";

const OLDEST_MINOR: u32 = 13;

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Not `1.N` with anything after.
    #[error("\"{0}\" is not a Kubernetes version such as 1.37 or v1.16.3")]
    Unreadable(String),
    /// Before the first release in the table.
    #[error("Kubernetes {0} is older than 1.13, the oldest that can be installed on")]
    TooOld(String),
}

/// Facts of a plain cluster of a release, given as `1.16`, `v1.16.3`, `1.37.2+vendor`.
///
/// # Errors
/// When the text is no version, or older than the table.
pub fn facts(version: &str) -> Result<Facts, VersionError> {
    let unreadable = || VersionError::Unreadable(version.escape_debug().take(40).collect());
    let plain = version.strip_prefix('v').unwrap_or(version);
    let mut parts = plain.splitn(3, '.');
    let major: u32 = parts.next().and_then(number).ok_or_else(unreadable)?;
    let minor: u32 = parts.next().and_then(number).ok_or_else(unreadable)?;
    if major != 1 {
        return Err(unreadable());
    }
    let patch = match parts.next() {
        None => "0",
        Some(patch) if patch.starts_with(|first: char| first.is_ascii_digit()) => patch,
        Some(_) => return Err(unreadable()),
    };
    if minor < OLDEST_MINOR {
        return Err(VersionError::TooOld(plain.to_owned()));
    }
    let mut served: Vec<ServedKind> = SERVED
        .iter()
        .filter(|row| row.first <= minor && minor <= row.last)
        .flat_map(|row| {
            row.kinds.iter().map(|kind| ServedKind {
                api_version: row.api_version.to_owned(),
                kind: (*kind).to_owned(),
                namespaced: row.namespaced,
            })
        })
        .collect();
    served.sort();
    Ok(Facts {
        kubernetes: KubernetesVersion {
            major,
            minor,
            git_version: format!("v1.{minor}.{patch}"),
        },
        served,
        platform: "kubernetes".to_owned(),
    })
}

fn number(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// Kinds that one version of a group serves from the minor release `first` to `last`.
struct Row {
    api_version: &'static str,
    namespaced: bool,
    first: u32,
    last: u32,
    kinds: &'static [&'static str],
}

const fn row(
    api_version: &'static str,
    namespaced: bool,
    (first, last): (u32, u32),
    kinds: &'static [&'static str],
) -> Row {
    Row {
        api_version,
        namespaced,
        first,
        last,
        kinds,
    }
}

/// Served until today.
const ON: u32 = u32::MAX;

#[rustfmt::skip]
const SERVED: &[Row] = &[
    row("v1", true, (0, ON), &["ConfigMap", "Endpoints", "Event", "LimitRange", "PersistentVolumeClaim", "Pod", "PodTemplate", "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount"]),
    row("v1", false, (0, ON), &["Namespace", "Node", "PersistentVolume"]),
    row("apps/v1", true, (9, ON), &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]),
    row("apps/v1beta1", true, (6, 15), &["ControllerRevision", "Deployment", "StatefulSet"]),
    row("apps/v1beta2", true, (8, 15), &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]),
    row("extensions/v1beta1", true, (1, 15), &["DaemonSet", "Deployment", "NetworkPolicy", "ReplicaSet"]),
    row("extensions/v1beta1", false, (1, 15), &["PodSecurityPolicy"]),
    row("extensions/v1beta1", true, (1, 21), &["Ingress"]),
    row("batch/v1", true, (0, ON), &["Job"]),
    row("batch/v1", true, (21, ON), &["CronJob"]),
    row("batch/v1beta1", true, (8, 24), &["CronJob"]),
    row("autoscaling/v1", true, (0, ON), &["HorizontalPodAutoscaler"]),
    row("autoscaling/v2", true, (23, ON), &["HorizontalPodAutoscaler"]),
    row("autoscaling/v2beta1", true, (8, 24), &["HorizontalPodAutoscaler"]),
    row("autoscaling/v2beta2", true, (12, 25), &["HorizontalPodAutoscaler"]),
    row("policy/v1", true, (21, ON), &["PodDisruptionBudget"]),
    row("policy/v1beta1", true, (5, 24), &["PodDisruptionBudget"]),
    row("policy/v1beta1", false, (10, 24), &["PodSecurityPolicy"]),
    row("networking.k8s.io/v1", true, (7, ON), &["NetworkPolicy"]),
    row("networking.k8s.io/v1", true, (19, ON), &["Ingress"]),
    row("networking.k8s.io/v1", false, (19, ON), &["IngressClass"]),
    row("networking.k8s.io/v1beta1", true, (14, 21), &["Ingress"]),
    row("networking.k8s.io/v1beta1", false, (18, 21), &["IngressClass"]),
    row("discovery.k8s.io/v1", true, (21, ON), &["EndpointSlice"]),
    row("discovery.k8s.io/v1beta1", true, (17, 24), &["EndpointSlice"]),
    row("events.k8s.io/v1", true, (19, ON), &["Event"]),
    row("events.k8s.io/v1beta1", true, (8, 24), &["Event"]),
    row("coordination.k8s.io/v1", true, (14, ON), &["Lease"]),
    row("coordination.k8s.io/v1beta1", true, (12, 21), &["Lease"]),
    row("rbac.authorization.k8s.io/v1", true, (8, ON), &["Role", "RoleBinding"]),
    row("rbac.authorization.k8s.io/v1", false, (8, ON), &["ClusterRole", "ClusterRoleBinding"]),
    row("rbac.authorization.k8s.io/v1beta1", true, (6, 21), &["Role", "RoleBinding"]),
    row("rbac.authorization.k8s.io/v1beta1", false, (6, 21), &["ClusterRole", "ClusterRoleBinding"]),
    row("storage.k8s.io/v1", false, (6, ON), &["StorageClass"]),
    row("storage.k8s.io/v1", false, (13, ON), &["VolumeAttachment"]),
    row("storage.k8s.io/v1", false, (17, ON), &["CSINode"]),
    row("storage.k8s.io/v1", false, (18, ON), &["CSIDriver"]),
    row("storage.k8s.io/v1", true, (24, ON), &["CSIStorageCapacity"]),
    row("storage.k8s.io/v1beta1", false, (4, 21), &["StorageClass", "VolumeAttachment"]),
    row("storage.k8s.io/v1beta1", false, (14, 21), &["CSIDriver", "CSINode"]),
    row("scheduling.k8s.io/v1", false, (14, ON), &["PriorityClass"]),
    row("scheduling.k8s.io/v1beta1", false, (11, 21), &["PriorityClass"]),
    row("node.k8s.io/v1", false, (20, ON), &["RuntimeClass"]),
    row("node.k8s.io/v1beta1", false, (14, 24), &["RuntimeClass"]),
    row("apiextensions.k8s.io/v1", false, (16, ON), &["CustomResourceDefinition"]),
    row("apiextensions.k8s.io/v1beta1", false, (7, 21), &["CustomResourceDefinition"]),
    row("apiregistration.k8s.io/v1", false, (10, ON), &["APIService"]),
    row("apiregistration.k8s.io/v1beta1", false, (7, 21), &["APIService"]),
    row("admissionregistration.k8s.io/v1", false, (16, ON), &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]),
    row("admissionregistration.k8s.io/v1", false, (30, ON), &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]),
    row("admissionregistration.k8s.io/v1beta1", false, (9, 21), &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]),
    row("certificates.k8s.io/v1", false, (19, ON), &["CertificateSigningRequest"]),
    row("certificates.k8s.io/v1beta1", false, (4, 21), &["CertificateSigningRequest"]),
    row("flowcontrol.apiserver.k8s.io/v1", false, (29, ON), &["FlowSchema", "PriorityLevelConfiguration"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_as_people_write_them() {
        for (text, minor, git_version) in [
            ("1.16", 16, "v1.16.0"),
            ("v1.16.3", 16, "v1.16.3"),
            ("1.37.2+vendor", 37, "v1.37.2+vendor"),
        ] {
            let kubernetes = facts(text).unwrap().kubernetes;
            assert_eq!(
                (kubernetes.minor, &*kubernetes.git_version),
                (minor, git_version)
            );
        }
        for text in [
            "",
            "1",
            "one",
            "1.x",
            "2.0",
            "1.-3",
            "1.+7",
            "1.16.x",
            "1.12",
            "1.99999999999",
        ] {
            assert!(facts(text).is_err(), "{text}");
        }
    }

    #[test]
    fn serves_what_the_release_served() {
        for (version, api_version, kind, namespaced) in [
            ("1.16", "policy/v1beta1", "PodDisruptionBudget", Some(true)),
            ("1.16", "policy/v1", "PodDisruptionBudget", None),
            (
                "1.16",
                "apiextensions.k8s.io/v1beta1",
                "CustomResourceDefinition",
                Some(false),
            ),
            (
                "1.22",
                "apiextensions.k8s.io/v1beta1",
                "CustomResourceDefinition",
                None,
            ),
            ("1.22", "policy/v1beta1", "PodDisruptionBudget", Some(true)),
            ("1.25", "policy/v1beta1", "PodDisruptionBudget", None),
            (
                "1.25",
                "autoscaling/v2beta2",
                "HorizontalPodAutoscaler",
                Some(true),
            ),
            (
                "1.37",
                "autoscaling/v2beta2",
                "HorizontalPodAutoscaler",
                None,
            ),
            (
                NEWEST,
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                Some(true),
            ),
        ] {
            assert_eq!(
                facts(version).unwrap().namespaced(api_version, kind),
                namespaced,
                "{version} {api_version} {kind}"
            );
        }
    }
}
