//! What a piece answers. Owns the shapes and the small ways to make them; must not know how they travel.

use serde_json::Value;

use crate::Selector;

/// What `contribute` adds to the installation.
#[derive(Debug, Clone, Default)]
pub struct Contribution {
    /// Kubernetes objects. Their order has no meaning. One without a namespace whose kind lives in one goes to that of the
    /// request.
    pub objects: Vec<Value>,
    /// Order beyond what kinds tell.
    pub order: Vec<OrderRule>,
    /// Which programs must start anew when their configuration changes.
    pub restarts: Vec<RestartRule>,
    /// What to tell the person.
    pub diagnostics: Vec<Diagnostic>,
    /// Shown after a successful apply.
    pub notes: Vec<String>,
    /// Objects for occasions.
    pub hooks: Vec<Hook>,
    /// Whether something in it comes from [`crate::Request::once`]: only then is that kept.
    pub used_once: bool,
}

/// An object that is made for an occasion and waited for, as a rule a Job. It is no part of what the installation keeps on
/// the cluster.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The object.
    pub manifest: Value,
    /// Its occasions; not empty, none twice.
    pub on: Vec<Occasion>,
    /// Hooks of one occasion run one after the other: the lowest first, and by name within a weight.
    pub weight: i32,
    /// When the object is removed; before it is made again when nothing is said.
    pub delete: Vec<DeletePolicy>,
}

/// When a hook is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Before the first apply of the piece writes anything of it.
    PreInstall,
    /// After the first apply of the piece, when everything is ready.
    PostInstall,
    /// Before a later apply writes anything of the piece.
    PreUpgrade,
    /// After a later apply, when everything is ready.
    PostUpgrade,
    /// Before anything of the piece is removed.
    PreDelete,
    /// After everything of the piece is removed.
    PostDelete,
    /// Before a rollback writes anything of the piece.
    PreRollback,
    /// After a rollback, when everything is ready.
    PostRollback,
    /// When the person asks whether the installation works.
    Test,
}

/// When the object of a hook is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletePolicy {
    /// Before it is made again.
    BeforeHookCreation,
    /// When it has succeeded.
    HookSucceeded,
    /// When it has failed.
    HookFailed,
}

/// `before` is applied, and ready, before `after`.
#[derive(Debug, Clone)]
pub struct OrderRule {
    /// Applied first.
    pub before: Selector,
    /// Applied only when all that `before` chooses is ready.
    pub after: Selector,
}

/// When what `changed` chooses has other content than at the last apply, the pods of `restart` are rolled.
#[derive(Debug, Clone)]
pub struct RestartRule {
    /// As a rule a ConfigMap or a Secret of this piece.
    pub changed: Selector,
    /// Objects of this piece with a pod template.
    pub restart: Selector,
}

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant.
    Warning,
}

/// Something to say without failing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// Where in the settings, a dotted path.
    pub path: Option<String>,
    /// One sentence, lower case, no full stop.
    pub message: String,
}

impl Diagnostic {
    /// A warning about one place in the settings.
    pub fn warning(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            path: Some(path.into()),
            message: message.into(),
        }
    }

    /// A note about the whole.
    pub fn note(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            path: None,
            message: message.into(),
        }
    }
}

/// One reason why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where in the settings, a dotted path; empty when it is about the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem at one place of the settings.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            hint: None,
        }
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The inputs cannot be worked with: all problems found.
    Rejected(Vec<Problem>),
    /// A fault of the piece itself.
    Internal(String),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Rejected(vec![problem])
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Rejected(problems)
    }
}

/// What `amend` changes.
#[derive(Debug, Clone, Default)]
pub struct Amendments {
    /// Applied in this order.
    pub changes: Vec<Amendment>,
    /// What to tell the person.
    pub diagnostics: Vec<Diagnostic>,
}

/// A change of one object of another piece.
#[derive(Debug, Clone)]
pub struct Amendment {
    /// Which one ([`crate::Selected::id`]).
    pub id: u32,
    /// RFC 7386 merge patch.
    pub patch: Value,
}

/// What became of one workload that a sidecar was to be put into.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The whole object; nothing when it stays exactly as it is.
    pub injected: Option<Value>,
    /// Why it could not be injected; paths are in the object.
    pub problems: Vec<Problem>,
    /// What to tell the person; paths are in the object.
    pub diagnostics: Vec<Diagnostic>,
}

/// A verdict on a live object, in words an operator can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    /// It works.
    Ready,
    /// Not yet, and what it waits for.
    Progressing(String),
    /// Waiting will not help: why, and what to do.
    Failed(String),
}
