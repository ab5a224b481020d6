//! Names of the objects, which refer to each other by them.

/// Name of the DaemonSet, and its pods' label `k8s-app`.
pub(crate) const NODE: &str = "istio-cni-node";
/// Name of roles and of the service account.
pub(crate) const NAME: &str = "istio-cni";
/// Name of the ConfigMap.
pub(crate) const CONFIG: &str = "istio-cni-config";
