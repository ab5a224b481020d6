//! The piece's settings: rules, and what a rule must look like. Must not know objects.

use meshhost_piece::{Failure, JsonSchema, Problem, schemars};
use serde::{Deserialize, Serialize};

use crate::workload::Kind;

/// The higher of the two classes that every cluster has.
pub(crate) const NODE_CRITICAL: &str = "system-node-critical";
/// The lower of the two classes that every cluster has.
pub(crate) const CLUSTER_CRITICAL: &str = "system-cluster-critical";

/// Which workloads get which priority class.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Settings {
    /// Rules, in order: where two name the same workload, the later one is followed.
    pub rules: Vec<Rule>,
}

/// One priority class and the workloads whose pods get it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rule {
    /// `system-node-critical`, `system-cluster-critical`, or the name of a PriorityClass that the cluster has.
    pub class_name: String,
    /// The workloads.
    pub workloads: Vec<Workloads>,
}

/// Chooses workloads of the installation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Workloads {
    /// Only of this kind; every kind that makes pods when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Only in this namespace; every namespace when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name; one `*` at the end stands for any rest.
    pub name: String,
}

impl Default for Settings {
    /// The node's network comes first: a node whose CNI plug-in was evicted cannot start a pod of the mesh.
    fn default() -> Self {
        Self {
            rules: vec![Rule {
                class_name: NODE_CRITICAL.to_owned(),
                workloads: vec![Workloads {
                    kind: Some(Kind::DaemonSet),
                    namespace: Some("kube-system".to_owned()),
                    name: "istio-cni-node".to_owned(),
                }],
            }],
        }
    }
}

impl Settings {
    /// Whether the rules make sense, before any object is looked at.
    ///
    /// # Errors
    /// All the rules that do not.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let problems: Vec<Problem> = self
            .rules
            .iter()
            .enumerate()
            .flat_map(|(number, rule)| rule.problems(&format!("rules[{number}]")))
            .collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems.into())
        }
    }
}

impl Rule {
    /// Whether it is one of the two that Kubernetes makes itself.
    pub(crate) fn is_system_class(&self) -> bool {
        [NODE_CRITICAL, CLUSTER_CRITICAL].contains(&self.class_name.as_str())
    }

    fn problems(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let class = &self.class_name;
        if class.starts_with("system-") && !self.is_system_class() {
            problems.push(
                Problem::new(
                    format!("{path}.className"),
                    format!("Kubernetes has no priority class `{class}`, and nobody else may make one that starts with `system-`"),
                )
                .hint(format!("use {NODE_CRITICAL} or {CLUSTER_CRITICAL}")),
            );
        } else if !is_dns_subdomain(class) {
            problems.push(
                Problem::new(
                    format!("{path}.className"),
                    format!("`{class}` is not the name of a priority class"),
                )
                .hint(format!(
                    "use {NODE_CRITICAL}, {CLUSTER_CRITICAL} or the name of a PriorityClass of the cluster"
                )),
            );
        }
        if self.workloads.is_empty() {
            problems.push(
                Problem::new(format!("{path}.workloads"), "the rule names no workload")
                    .hint("name at least one, for example `- name: istio-pilot`"),
            );
        }
        for (number, workloads) in self.workloads.iter().enumerate() {
            let stem = workloads.name.strip_suffix('*').unwrap_or(&workloads.name);
            if workloads.name.is_empty() || stem.contains('*') {
                problems.push(
                    Problem::new(
                        format!("{path}.workloads[{number}].name"),
                        format!("`{}` is not a name", workloads.name),
                    )
                    .hint("write a name, with at most one `*`, at its end"),
                );
            }
        }
        problems
    }
}

impl Workloads {
    pub(crate) fn choose(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
            && self
                .namespace
                .as_ref()
                .is_none_or(|wanted| wanted == namespace)
            && match self.name.strip_suffix('*') {
                Some(stem) => name.starts_with(stem),
                None => name == self.name,
            }
    }
}

impl std::fmt::Display for Workloads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = self.kind.map_or("workload", Kind::name);
        write!(f, "{kind} {}", self.name)?;
        match &self.namespace {
            Some(namespace) => write!(f, " in {namespace}"),
            None => Ok(()),
        }
    }
}

/// RFC 1123: what Kubernetes takes as the name of most cluster-scoped objects.
fn is_dns_subdomain(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
            edge(label.as_bytes().first())
                && edge(label.as_bytes().last())
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        })
}
