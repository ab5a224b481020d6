//! The Lease as it is written and read. Must not know when that is done.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use meshhost_core::inventory::{INSTALLATION, Inventory};
use serde_json::{Value, json};

use crate::event::LockHolder;
use crate::state::Installation;

/// A name for this run, to be told from every other: who, and a number that nobody else has.
pub(super) fn holder(by: &str) -> String {
    let who = if by.is_empty() { "somebody" } else { by };
    // The standard library's keys are random; nothing secret depends on them.
    let run = RandomState::new().build_hasher().finish();
    format!("{who} (process {}, run {run:016x})", std::process::id())
}

pub(super) fn leases(installation: &Installation) -> String {
    format!(
        "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
        installation.state_namespace
    )
}

pub(super) fn path(installation: &Installation) -> String {
    let inventory = Inventory::new(&installation.name, &installation.state_namespace);
    format!("{}/{}", leases(installation), inventory.parent_name())
}

pub(super) fn manifest(
    installation: &Installation,
    holder: &str,
    lasts: Duration,
    transitions: u64,
) -> Value {
    let inventory = Inventory::new(&installation.name, &installation.state_namespace);
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": inventory.parent_name(),
            "namespace": installation.state_namespace,
            "labels": { INSTALLATION: installation.name },
        },
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": lasts.as_secs().max(1),
            "acquireTime": now(),
            "renewTime": now(),
            "leaseTransitions": transitions,
        },
    })
}

pub(super) fn version(live: &Value) -> Value {
    live.pointer("/metadata/resourceVersion")
        .cloned()
        .unwrap_or_default()
}

/// How long it lasts by its own word; client-go's default when it does not say.
pub(super) fn lasts(live: &Value) -> Duration {
    let seconds = live
        .pointer("/spec/leaseDurationSeconds")
        .and_then(Value::as_u64)
        .unwrap_or(15);
    Duration::from_secs(seconds.clamp(1, 300))
}

pub(super) fn holder_of(live: &Value) -> LockHolder {
    let text = |key: &str| {
        live.pointer("/spec")
            .and_then(|spec| spec.get(key)?.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    LockHolder {
        holder: text("holderIdentity"),
        since: text("acquireTime"),
        seen: text("renewTime"),
    }
}

/// The time, as `MicroTime` is written.
pub(super) fn now() -> String {
    k8s_openapi::jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_tells_who_holds_it() {
        let installation = Installation::new("mesh");
        let mut lease = manifest(&installation, "me", Duration::from_secs(15), 2);
        lease["spec"]["acquireTime"] = json!("a");
        lease["spec"]["renewTime"] = json!("b");
        assert_eq!(lasts(&lease), Duration::from_secs(15));
        let expected = LockHolder {
            holder: "me".into(),
            since: "a".into(),
            seen: "b".into(),
        };
        assert_eq!(holder_of(&lease), expected);
        assert_ne!(holder("me"), holder("me"));
        lease["spec"] = json!({"leaseDurationSeconds": 1_000_000});
        assert_eq!(lasts(&lease), Duration::from_secs(300));
        assert_eq!(holder_of(&lease).holder, "");
    }

    #[test]
    fn times_are_those_of_the_api() {
        let now = now();
        assert_eq!(
            (now.len(), &now[10..11], &now[26..]),
            (27, "T", "Z"),
            "{now}"
        );
    }
}
