//! Conditions, and kinds that nothing is known of but their conditions (the API conventions' `Ready`, and kstatus'
//! `Reconciling` and `Stalled`).

use serde_json::Value;

use super::{Readiness, number};

/// One entry of `status.conditions`.
pub(super) struct Condition<'a> {
    /// `True`, `False` or `Unknown`.
    pub(super) status: &'a str,
    /// One word.
    pub(super) reason: &'a str,
    /// A sentence.
    pub(super) message: &'a str,
}

impl Condition<'_> {
    pub(super) fn is_true(&self) -> bool {
        self.status == "True"
    }

    pub(super) fn is_false(&self) -> bool {
        self.status == "False"
    }

    /// Reason and message in one.
    pub(super) fn told(&self) -> String {
        match (self.reason, self.message) {
            ("", "") => "no reason given".to_owned(),
            (reason, "") => reason.to_owned(),
            ("", message) => message.to_owned(),
            (reason, message) => format!("{reason}: {message}"),
        }
    }
}

/// The condition of a type.
pub(super) fn condition<'a>(live: &'a Value, kind: &str) -> Option<Condition<'a>> {
    let conditions = live.pointer("/status/conditions")?.as_array()?;
    let found = conditions
        .iter()
        .find(|condition| condition.get("type").and_then(Value::as_str) == Some(kind))?;
    let text = |key: &str| found.get(key).and_then(Value::as_str).unwrap_or_default();
    Some(Condition {
        status: text("status"),
        reason: text("reason"),
        message: text("message"),
    })
}

pub(super) fn generic(live: &Value) -> Readiness {
    if let (Some(generation), Some(seen)) = (
        number(live, "/metadata/generation"),
        number(live, "/status/observedGeneration"),
    ) && seen < generation
    {
        return Readiness::Progressing("its controller has not seen the change yet".into());
    }
    if let Some(stalled) = condition(live, "Stalled").filter(Condition::is_true) {
        return Readiness::Failed(stalled.told());
    }
    if let Some(reconciling) = condition(live, "Reconciling").filter(Condition::is_true) {
        return Readiness::Progressing(reconciling.told());
    }
    match condition(live, "Ready") {
        Some(ready) if !ready.is_true() => Readiness::Progressing(ready.told()),
        _ => Readiness::Ready,
    }
}
