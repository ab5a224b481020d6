//! Calling the piece as the host does, with what Kubernetes 1.16 serves of the kinds that it writes.

use meshhost_piece::trial::Trial;
use meshhost_piece::{Contribution, Value};
use meshhost_piece_gateway::Gateways;

pub(crate) use meshhost_piece::trial::{at, names};

const NAMESPACED: &[(&str, &str)] = &[
    ("v1", "Service"),
    ("v1", "ServiceAccount"),
    ("apps/v1", "Deployment"),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler"),
    ("policy/v1beta1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
];

const CLUSTER_SCOPED: &[(&str, &str)] = &[];

pub(crate) fn on(minor: u32) -> Trial<Gateways> {
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
