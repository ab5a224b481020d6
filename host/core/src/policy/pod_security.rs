//! The Pod Security Standards of Kubernetes (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>). Owns
//! which field of which level is broken; must not know which level is asked for where.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::ability::Power;
use crate::needs::{Pod, needs, pods};
use crate::object::Object;
use crate::path::Path;

/// A level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything.
    Privileged,
    /// No known escalation.
    Baseline,
    /// Hardened.
    Restricted,
}

impl Level {
    /// All, the weakest first.
    pub const ALL: [Self; 3] = [Self::Privileged, Self::Baseline, Self::Restricted];
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        })
    }
}

impl FromStr for Level {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|level| level.to_string() == text).ok_or(())
    }
}

/// Capabilities that baseline lets a container add.
const USUAL: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
/// Kernel parameters that baseline lets a pod set.
const SAFE: [&str; 10] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
];
/// Volumes that restricted lets a pod have.
const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// Fields of an object's pods that break a level, and why.
pub(super) fn broken(object: &Object, level: Level) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if level == Level::Privileged {
        return found;
    }
    let own = BTreeSet::new();
    for need in needs([object], &own) {
        let of = need.ability.of.as_str();
        let breaks = match need.ability.power {
            Power::Capability => !USUAL.contains(&of),
            Power::Sysctl => !SAFE.contains(&of),
            Power::HostPath => object.id().kind != "PersistentVolume",
            Power::Privileged
            | Power::HostProcess
            | Power::HostPid
            | Power::HostIpc
            | Power::HostNetwork
            | Power::HostPort
            | Power::Unconfined => true,
            _ => false,
        };
        if breaks {
            found.push((need.field, format!("would {}", need.ability.words())));
        }
    }
    if level == Level::Restricted {
        for pod in pods(object) {
            restricted(&pod, &mut found);
        }
    }
    found
}

fn restricted(pod: &Pod<'_>, found: &mut Vec<(String, String)>) {
    let mut say = |path: &Path, why: &str| found.push((path.to_string(), why.to_owned()));
    let volumes = pod.spec.get("volumes").and_then(Value::as_array);
    for (number, volume) in volumes.into_iter().flatten().enumerate() {
        let kinds = volume.as_object().into_iter().flatten();
        let odd = kinds
            .map(|(key, _)| key)
            .find(|key| *key != "name" && *key != "hostPath" && !VOLUMES.contains(&key.as_str()));
        if let Some(kind) = odd {
            let path = pod.path.key("volumes").index(number);
            say(
                &path.key(kind),
                "is no volume that a restricted pod may have",
            );
        }
    }
    let of_pod = pod.spec.get("securityContext");
    for (path, container) in pod.containers() {
        let path = path.key("securityContext");
        let own = container.get("securityContext");
        let either = |pointer: &str| {
            let own = own.and_then(|own| own.pointer(pointer));
            own.or_else(|| of_pod.and_then(|of_pod| of_pod.pointer(pointer)))
        };
        let mine = |pointer: &str| own.and_then(|own| own.pointer(pointer));
        if mine("/allowPrivilegeEscalation") != Some(&Value::Bool(false)) {
            say(&path.key("allowPrivilegeEscalation"), "must be false");
        }
        if either("/runAsNonRoot") != Some(&Value::Bool(true)) {
            say(
                &path.key("runAsNonRoot"),
                "must be true, here or for the pod",
            );
        }
        if either("/runAsUser").and_then(Value::as_i64) == Some(0) {
            say(&path.key("runAsUser"), "must not be 0");
        }
        let profile = either("/seccompProfile/type").and_then(Value::as_str);
        if !matches!(profile, Some("RuntimeDefault" | "Localhost")) {
            let why = "must be RuntimeDefault or Localhost, here or for the pod";
            say(&path.key("seccompProfile").key("type"), why);
        }
        let list = |pointer: &str| -> Vec<&str> {
            let all = mine(pointer).and_then(Value::as_array);
            all.into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect()
        };
        if !list("/capabilities/drop").contains(&"ALL") {
            say(&path.key("capabilities").key("drop"), "must have ALL");
        }
        if list("/capabilities/add")
            .iter()
            .any(|added| *added != "NET_BIND_SERVICE")
        {
            let why = "must have nothing but NET_BIND_SERVICE";
            say(&path.key("capabilities").key("add"), why);
        }
    }
}
