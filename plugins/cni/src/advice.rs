//! Settings that install, and then do not work. Owns what to say about them; changes nothing.

use meshhost_piece::{Diagnostic, Facts, Value};

use crate::names::NODE;

/// Where Kubernetes before 1.17 allows the two system classes.
const SYSTEM_NAMESPACE: &str = "kube-system";

/// On Kubernetes 1.16 pods with the class that these have can only be created in one namespace.
pub(crate) fn misplaced_class(
    objects: &[Value],
    namespace: &str,
    facts: &Facts,
) -> Option<Diagnostic> {
    let class = objects
        .iter()
        .filter(|object| object["kind"] == "DaemonSet")
        .find_map(|object| object["spec"]["template"]["spec"]["priorityClassName"].as_str())?;
    let refused = class.starts_with("system-")
        && namespace != SYSTEM_NAMESPACE
        && !facts.kubernetes.at_least(1, 17);
    refused.then(|| {
        Diagnostic::warning(
            "components.cni.namespace",
            format!(
                "no pod of {NODE} can be created in {namespace}: before Kubernetes 1.17 the class {class} is only allowed in {SYSTEM_NAMESPACE}, and this cluster is {}; set cni.components.cni.namespace={SYSTEM_NAMESPACE}",
                facts.kubernetes.git_version
            ),
        )
    })
}
