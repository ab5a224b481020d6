//! Kinds that make pods.

use serde_json::Value;

use super::condition::{Condition, condition};
use super::{Readiness, number, text, unseen};

pub(super) fn deployment(live: &Value) -> Readiness {
    if let Some(unseen) = unseen(live) {
        return unseen;
    }
    if let Some(progress) = condition(live, "Progressing")
        .filter(|progress| progress.is_false() && progress.reason == "ProgressDeadlineExceeded")
    {
        return Readiness::Failed(progress.told());
    }
    let wanted = number(live, "/spec/replicas").unwrap_or(1);
    let updated = number(live, "/status/updatedReplicas").unwrap_or(0);
    let all = number(live, "/status/replicas").unwrap_or(0);
    let available = number(live, "/status/availableReplicas").unwrap_or(0);
    if updated < wanted {
        if live.pointer("/spec/paused") == Some(&Value::Bool(true)) {
            return Readiness::Progressing("the roll-out is paused".into());
        }
        return refused(live).unwrap_or_else(|| counted(updated, wanted, "started"));
    }
    if all > updated {
        return Readiness::Progressing(format!("{} of the old pods still there", all - updated));
    }
    if available < wanted {
        return refused(live).unwrap_or_else(|| counted(available, wanted, "available"));
    }
    Readiness::Ready
}

pub(super) fn daemon_set(live: &Value) -> Readiness {
    if let Some(unseen) = unseen(live) {
        return unseen;
    }
    let wanted = number(live, "/status/desiredNumberScheduled").unwrap_or(0);
    let updated = number(live, "/status/updatedNumberScheduled").unwrap_or(0);
    let available = number(live, "/status/numberAvailable").unwrap_or(0);
    // With OnDelete old pods stay until somebody deletes them.
    let rolls = text(live, "/spec/updateStrategy/type") != Some("OnDelete");
    if rolls && updated < wanted {
        return counted(updated, wanted, "started");
    }
    if available < wanted {
        return counted(available, wanted, "available");
    }
    Readiness::Ready
}

pub(super) fn stateful_set(live: &Value) -> Readiness {
    if let Some(unseen) = unseen(live) {
        return unseen;
    }
    let wanted = number(live, "/spec/replicas").unwrap_or(1);
    let ready = number(live, "/status/readyReplicas").unwrap_or(0);
    let updated = number(live, "/status/updatedReplicas").unwrap_or(0);
    let kept = number(live, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0);
    let rolls = text(live, "/spec/updateStrategy/type") != Some("OnDelete");
    if rolls && updated < wanted - kept {
        return counted(updated, wanted - kept, "updated");
    }
    if ready < wanted {
        return counted(ready, wanted, "ready");
    }
    let all = number(live, "/status/replicas").unwrap_or(0);
    if all > wanted {
        return Readiness::Progressing(format!("{} pods too many still there", all - wanted));
    }
    Readiness::Ready
}

pub(super) fn replica_set(live: &Value) -> Readiness {
    if let Some(unseen) = unseen(live) {
        return unseen;
    }
    let wanted = number(live, "/spec/replicas").unwrap_or(1);
    let available = number(live, "/status/availableReplicas").unwrap_or(0);
    if available < wanted {
        return refused(live).unwrap_or_else(|| counted(available, wanted, "available"));
    }
    Readiness::Ready
}

pub(super) fn job(live: &Value) -> Readiness {
    for failed in ["Failed", "FailureTarget"] {
        if let Some(failed) = condition(live, failed).filter(Condition::is_true) {
            return Readiness::Failed(failed.told());
        }
    }
    if condition(live, "Complete").is_some_and(|complete| complete.is_true()) {
        return Readiness::Ready;
    }
    // Asked not to run: there is nothing to wait for.
    if live.pointer("/spec/suspend") == Some(&Value::Bool(true)) {
        return Readiness::Ready;
    }
    let wanted = number(live, "/spec/completions").unwrap_or(1);
    let done = number(live, "/status/succeeded").unwrap_or(0);
    counted(done, wanted, "complete")
}

/// The controller was refused when it made pods: quota, admission, a missing service account.
fn refused(live: &Value) -> Option<Readiness> {
    condition(live, "ReplicaFailure")
        .filter(Condition::is_true)
        .map(|refused| Readiness::Progressing(refused.told()))
}

fn counted(is: i64, wanted: i64, what: &str) -> Readiness {
    Readiness::Progressing(format!("{is} of {wanted} pods {what}"))
}
