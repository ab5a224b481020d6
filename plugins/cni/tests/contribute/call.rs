//! Calling the piece as the host does, with what Kubernetes 1.16 serves of the kinds that it writes.

use meshhost_piece::trial::Trial;
use meshhost_piece::{Contribution, Value};
use meshhost_piece_cni::CniPlugin;

pub(crate) use meshhost_piece::trial::{at, names};

const NAMESPACED: &[(&str, &str)] = &[
    ("apps/v1", "DaemonSet"),
    ("v1", "ConfigMap"),
    ("v1", "ServiceAccount"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
];

const CLUSTER_SCOPED: &[(&str, &str)] = &[
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
];

pub(crate) fn on(minor: u32) -> Trial<CniPlugin> {
    Trial::on(minor, NAMESPACED, CLUSTER_SCOPED)
}

pub(crate) fn contribute(settings: &Value) -> Contribution {
    on(16).contribute(settings).expect("settings that fit")
}

/// What must hold with any settings.
pub(crate) fn holds(settings: &Value) {
    on(16).holds(settings);
}

/// One line of a table: settings, object, JSON pointer, and what is there.
pub(crate) type Line = (Value, &'static str, &'static str, Value);

pub(crate) fn check(table: Vec<Line>) {
    for (settings, object, pointer, expected) in table {
        let found = at(&contribute(&settings), object, pointer);
        assert_eq!(found, expected, "{settings}: {object} {pointer}");
        holds(&settings);
    }
}

pub(crate) fn refused(settings: &Value) -> String {
    on(16).refusal(settings)
}
