//! The entry that the installer adds to the node's CNI chain. Owns its format (CNI specification, configuration of a
//! plug-in in a list; the keys below `kubernetes` are those of istio-cni 1.4); must not know how it gets there.

use meshhost_piece::{json, serde_json};

use crate::values::Cni;

/// Key of the ConfigMap.
pub(crate) const KEY: &str = "cni_network_config";

/// The entry as JSON. The installer fills in the path of the kubeconfig that it writes.
pub(crate) fn text(cni: &Cni) -> String {
    let entry = json!({
        "type": "istio-cni",
        "log_level": cni.log_level,
        "kubernetes": {
            "kubeconfig": "__KUBECONFIG_FILEPATH__",
            "cni_bin_dir": cni.cni_bin_dir,
            "exclude_namespaces": cni.exclude_namespaces,
        },
    });
    serde_json::to_string_pretty(&entry).expect("a JSON value is always JSON text")
}
