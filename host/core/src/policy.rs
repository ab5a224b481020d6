//! Policies of an installation: rules over the combined bundle, whoever contributed what. Owns evaluating them; who may do
//! what is not known here (that is a grant), and reading them neither ([`read`]).
//!
//! The expressions are those of Kubernetes' ValidatingAdmissionPolicy: CEL over `object`, with `message` and
//! `messageExpression`. As there with `failurePolicy: Fail`, an expression that cannot be evaluated refuses.

use std::collections::BTreeMap;

use crate::bundle::{Bundle, Contributed};
use crate::id::ObjectId;
use crate::selector::Selector;

mod expression;
mod images;
mod pod_security;
mod reader;

pub use expression::Expression;
pub use pod_security::Level;
pub use reader::{by_name, read};

/// A named set of rules.
#[derive(Debug)]
pub struct Policy {
    /// Its name in the installation.
    pub name: String,
    /// The objects that it looks at; all when there is none.
    pub chooses: Vec<Selector>,
    /// It looks at an object only when all of them hold.
    pub conditions: Vec<Expression>,
    /// What must hold.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug)]
pub enum Rule {
    /// A CEL expression that must be true.
    Validation {
        /// Number in the policy, from 0.
        number: usize,
        /// The expression.
        expression: Expression,
        /// What to say when it is not true.
        message: Option<String>,
        /// The same, made by CEL; counts more.
        message_expression: Option<Expression>,
    },
    /// Images come from these registries and folders only.
    Registries(Vec<String>),
    /// Images are named by digest.
    Digests,
    /// Labels that every object has.
    Labels(Vec<String>),
    /// Objects that nobody may bring.
    Forbidden(Vec<Selector>),
    /// The Pod Security Standard that pods keep, and other levels for single namespaces.
    PodSecurity {
        /// Everywhere else.
        level: Level,
        /// By namespace.
        namespaces: BTreeMap<String, Level>,
    },
}

/// A rule that an object breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{id} (piece {piece}): policy {policy}: {rule}: {message}")]
pub struct Violation {
    /// Which policy.
    pub policy: String,
    /// Which rule of it, as it is written in the installation.
    pub rule: String,
    /// The object.
    pub id: ObjectId,
    /// Who contributed it, and who amended it.
    pub piece: String,
    /// What is wrong.
    pub message: String,
}

/// What expressions know beside the object.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The installation's name.
    pub installation: String,
}

/// Everything in a bundle that breaks a policy, by object.
#[must_use]
pub fn violations(
    policies: &[Policy],
    bundle: &Bundle,
    surroundings: &Surroundings,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for contributed in bundle.contributed() {
        for policy in policies {
            policy.judge(contributed, surroundings, &mut violations);
        }
    }
    violations
}

impl Policy {
    fn judge(
        &self,
        contributed: &Contributed,
        surroundings: &Surroundings,
        violations: &mut Vec<Violation>,
    ) {
        let id = contributed.object.id();
        if !self.chooses.is_empty() && !self.chooses.iter().any(|selector| selector.chooses(id)) {
            return;
        }
        let mut broken = |rule: String, message: String| {
            let by = contributed.amended.iter().map(|(piece, _)| piece.as_str());
            let mut pieces = vec![contributed.piece.as_str()];
            pieces.extend(by);
            pieces.dedup();
            violations.push(Violation {
                policy: self.name.clone(),
                rule,
                id: id.clone(),
                piece: pieces.join(", amended by "),
                message,
            });
        };
        for (number, condition) in self.conditions.iter().enumerate() {
            match condition.holds(contributed, surroundings) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    let message = format!("cannot be evaluated: {error}");
                    broken(format!("matchConditions[{number}]"), message);
                    return;
                }
            }
        }
        for rule in &self.rules {
            rule.judge(contributed, surroundings, &mut broken);
        }
    }
}

impl Rule {
    fn judge(
        &self,
        contributed: &Contributed,
        surroundings: &Surroundings,
        broken: &mut impl FnMut(String, String),
    ) {
        let object = &contributed.object;
        match self {
            Self::Validation {
                number,
                expression,
                message,
                message_expression,
            } => {
                let rule = format!("validations[{number}]");
                match expression.holds(contributed, surroundings) {
                    Ok(true) => {}
                    Ok(false) => {
                        let made = message_expression
                            .as_ref()
                            .and_then(|made| made.text(contributed, surroundings).ok());
                        let plain = || format!("`{}` is not true", expression.source());
                        broken(rule, made.or_else(|| message.clone()).unwrap_or_else(plain));
                    }
                    Err(error) => {
                        let source = expression.source();
                        broken(rule, format!("`{source}` cannot be evaluated: {error}"));
                    }
                }
            }
            Self::Registries(allowed) => {
                for (path, image) in images::of(object) {
                    if !images::is_from(image, allowed) {
                        let allowed = allowed.join(", ");
                        let message = format!("{path}: {image:?} does not come from {allowed}");
                        broken("images.registries".to_owned(), message);
                    }
                }
            }
            Self::Digests => {
                for (path, image) in images::of(object) {
                    if !images::has_digest(image) {
                        let message = format!("{path}: {image:?} is not named by digest");
                        broken("images.digests".to_owned(), message);
                    }
                }
            }
            Self::Labels(labels) => {
                let has = |label: &String| {
                    let all = object.pointer("/metadata/labels");
                    all.and_then(|all| all.get(label)?.as_str()).is_some()
                };
                for label in labels.iter().filter(|label| !has(label)) {
                    broken("labels".to_owned(), format!("lacks the label {label}"));
                }
            }
            Self::Forbidden(selectors) => {
                if let Some(selector) = selectors.iter().find(|s| s.chooses(object.id())) {
                    broken("forbid".to_owned(), format!("{selector} is forbidden"));
                }
            }
            Self::PodSecurity { level, namespaces } => {
                let namespace = object.id().namespace.as_deref().unwrap_or_default();
                let level = namespaces.get(namespace).unwrap_or(level);
                for (field, why) in pod_security::broken(object, *level) {
                    broken(format!("podSecurity {level}"), format!("{field}: {why}"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
