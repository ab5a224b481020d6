//! What objects can do beyond what their kinds tell, and what a security team wants to be asked about. Owns the names, their
//! order and their words; which object needs which is not known here.
//!
//! An ability is written `NAME` or `NAME:OF`: `privileged`, `host-path:/opt/cni/bin`, `read-secrets:*`. In a grant, one `*`
//! at the end of `OF` stands for any rest, as in a selector's name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::nearest;

/// The kinds of abilities, the most dangerous first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Power {
    /// A rule with every verb on every resource, or a binding to `cluster-admin`.
    ClusterAdmin,
    /// The same in one namespace.
    NamespaceAdmin,
    /// The RBAC verbs `escalate` and `bind`, which go round the rule that nobody gives more than they have.
    GrantRights,
    /// The RBAC verb `impersonate`.
    Impersonate,
    /// A binding to a role that is not the piece's own.
    BindRole,
    /// A role that is added to one of the cluster's own by aggregation, or that gathers others' rules.
    Aggregate,
    /// A binding for somebody who is not the piece's own service account.
    RightsFor,
    /// RBAC: reading Secrets.
    ReadSecrets,
    /// RBAC: writing Secrets.
    WriteSecrets,
    /// RBAC: making tokens of service accounts.
    CreateTokens,
    /// RBAC: commands in others' pods, and the API of nodes.
    Exec,
    /// RBAC: starting pods, with any service account of their namespace.
    RunPods,
    /// RBAC: changing who may see and change all requests.
    ChangeWebhooks,
    /// RBAC: approving certificates that the cluster trusts.
    SignCertificates,
    /// A webhook or policy that changes objects of the whole cluster.
    MutateAll,
    /// A webhook or policy that changes objects where its selector says.
    MutateSelected,
    /// A webhook or policy that sees objects of the whole cluster, and can refuse them.
    ReviewAll,
    /// A webhook or policy that sees objects where its selector says, and can refuse them.
    ReviewSelected,
    /// An APIService: answers for a whole API group.
    ServeApi,
    /// A privileged container.
    Privileged,
    /// A Windows container on the host itself.
    HostProcess,
    /// The host's processes.
    HostPid,
    /// The host's shared memory.
    HostIpc,
    /// A folder or file of the host.
    HostPath,
    /// The host's network.
    HostNetwork,
    /// A port of the host.
    HostPort,
    /// A Linux capability beyond the runtime's own.
    Capability,
    /// Without one of the usual confinements: `seccomp`, `apparmor`, `selinux`, `proc`.
    Unconfined,
    /// A kernel parameter.
    Sysctl,
    /// A service account that is not the piece's own, for pods.
    RunAs,
    /// A Secret that is not the piece's own, in pods.
    MountSecret,
    /// A token of the pod's service account in a file, for this audience.
    AccountToken,
    /// A Secret that the cluster fills with a token that does not expire.
    TokenSecret,
    /// A namespace without Pod Security.
    OpenNamespace,
    /// Anything in a namespace of the cluster itself.
    SystemNamespace,
}

use Power::*;

/// Name and words; `{}` in the words is what it is about, and one with `{}` always has an `OF`.
const POWERS: [(Power, &str, &str); 35] = [
    (
        ClusterAdmin,
        "cluster-admin",
        "do anything at all to the cluster",
    ),
    (
        NamespaceAdmin,
        "namespace-admin",
        "do anything at all in namespace {}",
    ),
    (
        GrantRights,
        "grant-rights",
        "give rights that it does not have itself (escalate, bind) in {}",
    ),
    (
        Impersonate,
        "impersonate",
        "act as any other user, group or service account in {}",
    ),
    (
        BindRole,
        "bind-role",
        "give out the rights of {}, which is not its own",
    ),
    (
        Aggregate,
        "aggregate",
        "add rights to roles by aggregation: {}",
    ),
    (
        RightsFor,
        "rights-for",
        "give rights to {}, which is not its own",
    ),
    (ReadSecrets, "read-secrets", "read Secrets in {}"),
    (WriteSecrets, "write-secrets", "write Secrets in {}"),
    (
        CreateTokens,
        "create-tokens",
        "make tokens of service accounts in {}",
    ),
    (
        Exec,
        "exec",
        "run commands in others' pods or on nodes in {}",
    ),
    (
        RunPods,
        "run-pods",
        "start and change pods, as any service account, in {}",
    ),
    (
        ChangeWebhooks,
        "change-webhooks",
        "change what admission webhooks and policies do in {}",
    ),
    (
        SignCertificates,
        "sign-certificates",
        "approve certificates that the cluster trusts in {}",
    ),
    (
        MutateAll,
        "mutate-all",
        "see and change every one of {} on the cluster",
    ),
    (
        MutateSelected,
        "mutate-selected",
        "see and change {} where a selector says",
    ),
    (
        ReviewAll,
        "review-all",
        "see and refuse every one of {} on the cluster",
    ),
    (
        ReviewSelected,
        "review-selected",
        "see and refuse {} where a selector says",
    ),
    (
        ServeApi,
        "serve-api",
        "answer all requests for the API group {}",
    ),
    (
        Privileged,
        "privileged",
        "run privileged containers: root on the node",
    ),
    (
        HostProcess,
        "host-process",
        "run Windows containers as processes of the node",
    ),
    (
        HostPid,
        "host-pid",
        "see and signal all processes of the node",
    ),
    (HostIpc, "host-ipc", "use the shared memory of the node"),
    (HostPath, "host-path", "use {} of the node's file system"),
    (HostNetwork, "host-network", "use the network of the node"),
    (HostPort, "host-port", "take port {} of the node"),
    (
        Capability,
        "capability",
        "run containers with the Linux capability {}",
    ),
    (
        Unconfined,
        "unconfined",
        "run containers without the confinement {}",
    ),
    (Sysctl, "sysctl", "set the kernel parameter {}"),
    (
        RunAs,
        "run-as",
        "run pods as service account {}, which is not its own",
    ),
    (
        MountSecret,
        "mount-secret",
        "hand Secret {}, which is not its own, to its pods",
    ),
    (
        AccountToken,
        "account-token",
        "hand its pods a service-account token for {}",
    ),
    (
        TokenSecret,
        "token-secret",
        "keep a service-account token that does not expire, of {}",
    ),
    (
        OpenNamespace,
        "open-namespace",
        "let privileged pods into namespace {}",
    ),
    (SystemNamespace, "system-namespace", "put something into {}"),
];

impl Power {
    fn row(self) -> &'static (Power, &'static str, &'static str) {
        POWERS
            .iter()
            .find(|(power, ..)| *power == self)
            .expect("every power has a row, which a test holds")
    }

    fn has_of(self) -> bool {
        self.row().2.contains("{}")
    }
}

/// An ability, as it is needed or granted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ability {
    /// What.
    pub power: Power,
    /// On what; empty when the power says it all.
    pub of: String,
}

impl Ability {
    /// One that says it all.
    #[must_use]
    pub fn plain(power: Power) -> Self {
        Self {
            power,
            of: String::new(),
        }
    }

    /// One on something.
    #[must_use]
    pub fn of(power: Power, of: impl Into<String>) -> Self {
        Self {
            power,
            of: of.into(),
        }
    }

    /// Whether whoever was granted this was granted `needed` too.
    #[must_use]
    pub fn covers(&self, needed: &Self) -> bool {
        self.power == needed.power
            && match self.of.strip_suffix('*') {
                Some(start) => needed.of.starts_with(start),
                None => self.of == needed.of,
            }
    }

    /// In words that finish "may".
    #[must_use]
    pub fn words(&self) -> String {
        let of = match self.of.as_str() {
            "*" if self.power <= SignCertificates => "every namespace",
            "*" => "all resources",
            of => of,
        };
        self.power.row().2.replace("{}", of)
    }
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.power.row().1)?;
        if !self.of.is_empty() {
            write!(f, ":{}", self.of)?;
        }
        Ok(())
    }
}

impl Serialize for Ability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|error| de::Error::custom(format!("{text:?} {error}")))
    }
}

/// What is no ability, and what may have been meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is no ability")]
pub struct NoAbility {
    /// What to do.
    pub hint: String,
}

impl FromStr for Ability {
    type Err = NoAbility;

    fn from_str(text: &str) -> Result<Self, NoAbility> {
        let (name, of) = text.split_once(':').unwrap_or((text, ""));
        let Some((power, ..)) = POWERS.iter().find(|(_, known, _)| *known == name) else {
            let names = POWERS.iter().map(|(_, name, _)| *name);
            return Err(NoAbility {
                hint: nearest::hint(name, names).unwrap_or_default(),
            });
        };
        match (power.has_of(), of.is_empty()) {
            (true, true) => Err(NoAbility {
                hint: format!("say of what: `{name}:…`; `{name}:*` is any"),
            }),
            (false, false) => Err(NoAbility {
                hint: format!("write `{name}` alone"),
            }),
            _ => Ok(Self::of(*power, of)),
        }
    }
}

#[cfg(test)]
mod tests;
