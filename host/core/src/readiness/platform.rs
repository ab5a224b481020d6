//! Kinds that make no pods and have a rule of their own.

use serde_json::Value;

use super::condition::{Condition, condition};
use super::{Readiness, number, text, unseen};

pub(super) fn definition(live: &Value) -> Readiness {
    if let Some(names) = condition(live, "NamesAccepted").filter(Condition::is_false) {
        return Readiness::Failed(names.told());
    }
    match condition(live, "Established") {
        Some(established) if established.is_true() => Readiness::Ready,
        Some(established) if established.is_false() && established.reason != "Installing" => {
            Readiness::Failed(established.told())
        }
        _ => Readiness::Progressing("not established yet".into()),
    }
}

pub(super) fn api_service(live: &Value) -> Readiness {
    // Served by the API server itself.
    if live.pointer("/spec/service").is_none_or(Value::is_null) {
        return Readiness::Ready;
    }
    match condition(live, "Available") {
        Some(available) if available.is_true() => Readiness::Ready,
        Some(available) => Readiness::Progressing(available.told()),
        None => Readiness::Progressing("not looked at by the API server yet".into()),
    }
}

pub(super) fn namespace(live: &Value) -> Readiness {
    match text(live, "/status/phase") {
        Some("Terminating") => Readiness::Terminating,
        _ => Readiness::Ready,
    }
}

/// An address in the cluster suffices, also for a load balancer: there are clusters where nobody gives it one from outside,
/// and what is in the cluster works without.
pub(super) fn service(live: &Value) -> Readiness {
    if text(live, "/spec/type") == Some("ExternalName") {
        return Readiness::Ready;
    }
    match text(live, "/spec/clusterIP") {
        Some(address) if !address.is_empty() => Readiness::Ready,
        _ => Readiness::Progressing("it has no cluster IP yet".into()),
    }
}

pub(super) fn claim(live: &Value) -> Readiness {
    match text(live, "/status/phase") {
        Some("Bound") => Readiness::Ready,
        Some("Lost") => Readiness::Failed("its volume is lost".into()),
        _ => Readiness::Progressing("no volume is bound to it yet".into()),
    }
}

pub(super) fn volume(live: &Value) -> Readiness {
    match text(live, "/status/phase") {
        Some("Failed") => Readiness::Failed(
            text(live, "/status/message")
                .unwrap_or("the volume has failed")
                .to_owned(),
        ),
        _ => Readiness::Ready,
    }
}

pub(super) fn disruption_budget(live: &Value) -> Readiness {
    if let Some(unseen) = unseen(live) {
        return unseen;
    }
    match number(live, "/status/expectedPods") {
        Some(_) => Readiness::Ready,
        None => Readiness::Progressing("its pods are not counted yet".into()),
    }
}
