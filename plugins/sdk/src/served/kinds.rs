//! The table of Kubernetes' own kinds: which forms each has had, newest first, and how an older one becomes the newest.
//!
//! From the Kubernetes deprecation guide and the API types of each release. Kinds that never changed their version
//! (ConfigMap, Service, ServiceAccount …) need no row.

use serde_json::Value;

use super::{autoscaling, budget, crd, ingress, small, webhooks, workloads};
use crate::Problem;

/// How an object of an older form becomes one of the newest form.
#[derive(Clone, Copy)]
pub(super) enum Lift {
    /// The fields are the same and mean the same, in both directions.
    Same,
    /// Fields move or defaults changed. Only forwards.
    By(fn(&mut Value) -> Result<(), Problem>),
}

impl Lift {
    pub(super) fn apply(self, object: &mut Value) -> Result<(), Problem> {
        match self {
            Self::Same => Ok(()),
            Self::By(convert) => convert(object),
        }
    }
}

/// One version in which a kind has been served.
pub(super) struct Form {
    pub(super) api_version: &'static str,
    pub(super) lift: Lift,
}

/// All forms of a kind.
pub(super) struct Family {
    pub(super) kind: &'static str,
    /// Newest first.
    pub(super) forms: &'static [Form],
    /// What to do where the kind is gone.
    pub(super) instead: Option<&'static str>,
}

/// The row of an object.
pub(super) fn find(api_version: &str, kind: &str) -> Option<(&'static Family, Lift)> {
    FAMILIES
        .iter()
        .filter(|family| family.kind == kind)
        .find_map(|family| {
            let form = family
                .forms
                .iter()
                .find(|form| form.api_version == api_version)?;
            Some((family, form.lift))
        })
}

macro_rules! families {
    ($($kind:literal: [$($version:literal $(by $convert:path)?),+] $(else $instead:literal)?;)+) => {
        &[$(Family {
            kind: $kind,
            forms: &[$(Form { api_version: $version, lift: families!(@lift $($convert)?) }),+],
            instead: families!(@instead $($instead)?),
        }),+]
    };
    (@lift) => { Lift::Same };
    (@lift $convert:path) => { Lift::By($convert) };
    (@instead) => { None };
    (@instead $instead:literal) => { Some($instead) };
}

#[rustfmt::skip]
static FAMILIES: &[Family] = families! {
    "CustomResourceDefinition": ["apiextensions.k8s.io/v1", "apiextensions.k8s.io/v1beta1" by crd::to_v1];
    "MutatingWebhookConfiguration": ["admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1" by webhooks::to_v1];
    "ValidatingWebhookConfiguration": ["admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1" by webhooks::to_v1];
    "HorizontalPodAutoscaler": ["autoscaling/v2", "autoscaling/v2beta2", "autoscaling/v2beta1" by autoscaling::from_v2beta1];
    "PodDisruptionBudget": ["policy/v1", "policy/v1beta1" by budget::to_v1];
    "Ingress": ["networking.k8s.io/v1", "networking.k8s.io/v1beta1" by ingress::to_v1, "extensions/v1beta1" by ingress::to_v1];
    "IngressClass": ["networking.k8s.io/v1", "networking.k8s.io/v1beta1"];
    "NetworkPolicy": ["networking.k8s.io/v1", "extensions/v1beta1"];
    "Deployment": ["apps/v1", "apps/v1beta2", "apps/v1beta1" by workloads::deployment_from_apps_v1beta1, "extensions/v1beta1" by workloads::deployment_from_extensions];
    "DaemonSet": ["apps/v1", "apps/v1beta2", "extensions/v1beta1" by workloads::daemon_set_from_extensions];
    "ReplicaSet": ["apps/v1", "apps/v1beta2", "extensions/v1beta1" by workloads::replica_set_from_extensions];
    "StatefulSet": ["apps/v1", "apps/v1beta2", "apps/v1beta1" by workloads::stateful_set_from_apps_v1beta1];
    "ControllerRevision": ["apps/v1", "apps/v1beta2", "apps/v1beta1"];
    "CronJob": ["batch/v1", "batch/v1beta1", "batch/v2alpha1"];
    "ClusterRole": ["rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1alpha1"];
    "Role": ["rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1alpha1"];
    "ClusterRoleBinding": ["rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1alpha1" by small::binding_from_v1alpha1];
    "RoleBinding": ["rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1alpha1" by small::binding_from_v1alpha1];
    "PriorityClass": ["scheduling.k8s.io/v1", "scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1alpha1"];
    "APIService": ["apiregistration.k8s.io/v1", "apiregistration.k8s.io/v1beta1"];
    "StorageClass": ["storage.k8s.io/v1", "storage.k8s.io/v1beta1"];
    "VolumeAttachment": ["storage.k8s.io/v1", "storage.k8s.io/v1beta1"];
    "CSIDriver": ["storage.k8s.io/v1", "storage.k8s.io/v1beta1"];
    "CSINode": ["storage.k8s.io/v1", "storage.k8s.io/v1beta1"];
    "CSIStorageCapacity": ["storage.k8s.io/v1", "storage.k8s.io/v1beta1"];
    "Lease": ["coordination.k8s.io/v1", "coordination.k8s.io/v1beta1"];
    "RuntimeClass": ["node.k8s.io/v1", "node.k8s.io/v1beta1"];
    "EndpointSlice": ["discovery.k8s.io/v1", "discovery.k8s.io/v1beta1" by small::endpoint_slice_to_v1];
    "CertificateSigningRequest": ["certificates.k8s.io/v1", "certificates.k8s.io/v1beta1" by small::signing_request_to_v1];
    "PodSecurityPolicy": ["policy/v1beta1", "extensions/v1beta1"]
        else "leave it out, and label the namespace for Pod Security admission instead (pod-security.kubernetes.io/enforce)";
};

/// Every kind in every form that has a row.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    FAMILIES.iter().flat_map(|family| {
        family
            .forms
            .iter()
            .map(|form| (form.api_version, family.kind))
    })
}

/// The newest form of every kind that still exists.
#[cfg(test)]
pub(super) fn newest() -> impl Iterator<Item = (&'static str, &'static str)> {
    FAMILIES
        .iter()
        .filter(|family| family.instead.is_none())
        .map(|family| (family.forms[0].api_version, family.kind))
}
