//! What a piece is and what it answers, in the host's words. Owns the types that loading pieces ends in; must not know
//! WebAssembly or the contract's bindings.

use serde::Serialize;
use serde_json::Value;

use crate::selector::Selector;

/// What a piece says of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// A DNS label.
    pub name: String,
    /// Semver.
    pub version: String,
    /// What it installs, one sentence.
    pub summary: String,
    /// JSON Schema of its settings.
    pub settings_schema: Value,
    /// Files it can use.
    pub files: Vec<WantedFile>,
    /// What it may contribute.
    pub emits: Vec<Selector>,
    /// What of others is handed to it for amending.
    pub amends: Vec<Selector>,
    /// What of its own it judges.
    pub assesses: Vec<Selector>,
    /// Images it refers to with default settings.
    pub images: Vec<String>,
}

/// A file, or a folder of files, that a piece can use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WantedFile {
    /// Name in `--grant PIECE:NAME=PATH`.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Whether it must be granted.
    pub required: bool,
}

/// A granted file, as the piece gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedFile {
    /// The wish it fulfils.
    pub wish: String,
    /// Path below the granted folder, `/` between parts.
    pub path: String,
    /// The bytes.
    pub content: Vec<u8>,
}

/// What a piece is asked to work from.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The installation's name.
    pub installation: String,
    /// Where objects go unless the settings say otherwise.
    pub namespace: String,
    /// Facts about the cluster.
    pub facts: crate::facts::Facts,
    /// The piece's settings, a JSON object.
    pub settings: Value,
    /// Granted files, sorted by wish and path.
    pub files: Vec<GrantedFile>,
    /// Where random values and times come from.
    pub once: Once,
}

/// Chance and time, made when a piece first needs them and handed back at each later render.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Once {
    /// What nobody can guess.
    pub seed: [u8; 32],
    /// Seconds since 1970.
    pub time: u64,
}

impl std::fmt::Debug for Once {
    /// Without the seed: private keys are made of it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once")
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

/// What a piece contributed, as it came: the objects are not checked yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contribution {
    /// One JSON text an object.
    pub objects: Vec<String>,
    /// Order beyond kinds.
    pub order: Vec<OrderRule>,
    /// Which programs must start anew when their configuration changes.
    pub restarts: Vec<RestartRule>,
    /// What it has to say.
    pub diagnostics: Vec<Diagnostic>,
    /// Shown after a successful apply.
    pub notes: Vec<String>,
    /// Objects for occasions.
    pub hooks: Vec<Hook>,
    /// Whether something in it comes from [`Request::once`].
    pub used_once: bool,
    /// Where objects go that say no namespace and live in one: that of the request. Empty when they go nowhere.
    pub namespace: String,
}

/// An object that is made for an occasion, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The object, JSON.
    pub manifest: String,
    /// When and how it is run.
    pub run: HookRun,
}

/// When a hook is run, and what becomes of its object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct HookRun {
    /// Its occasions.
    pub on: Vec<Occasion>,
    /// The lowest is run first.
    pub weight: i32,
    /// When its object is removed; before it is made again when nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delete: Vec<DeletePolicy>,
}

/// When a hook is run.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// Before the first apply of the piece.
    PreInstall,
    /// After it.
    PostInstall,
    /// Before a later apply.
    PreUpgrade,
    /// After it.
    PostUpgrade,
    /// Before the piece is removed.
    PreDelete,
    /// After it.
    PostDelete,
    /// Before a rollback.
    PreRollback,
    /// After it.
    PostRollback,
    /// When the person asks whether it works.
    Test,
}

/// When the object of a hook is removed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum DeletePolicy {
    /// Before it is made again.
    BeforeHookCreation,
    /// When it has succeeded.
    HookSucceeded,
    /// When it has failed.
    HookFailed,
}

/// `before` is ready before `after` is applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct OrderRule {
    /// Applied first.
    pub before: Selector,
    /// Applied when all that `before` chooses is ready.
    pub after: Selector,
}

/// The pods of `restart` are rolled when the content of `changed` changes; both are objects of the piece that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct RestartRule {
    /// As a rule a ConfigMap or a Secret.
    pub changed: Selector,
    /// Objects with a pod template.
    pub restart: Selector,
}

/// An object of another piece, handed over for amending.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// Number in this call.
    pub id: u32,
    /// Who contributed it.
    pub piece: String,
    /// The object, JSON.
    pub manifest: String,
}

/// What an amending piece answered, as it came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Amendments {
    /// Number of the object, and an RFC 7386 merge patch as JSON text.
    pub changes: Vec<(u32, String)>,
    /// What it has to say.
    pub diagnostics: Vec<Diagnostic>,
}

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant.
    Warning,
}

/// Something a piece has to say without failing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// Where in the piece's settings.
    pub path: Option<String>,
    /// One sentence.
    pub message: String,
}

/// One reason why a piece refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where in the piece's settings; empty for the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// What became of one workload that a piece was to put a sidecar into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The whole object, JSON; nothing when it stays as it is.
    pub injected: Option<String>,
    /// Why it could not be injected; paths are in the object.
    pub problems: Vec<Problem>,
    /// What the piece has to say; paths are in the object.
    pub diagnostics: Vec<Diagnostic>,
}

/// A piece's verdict on a live object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    /// It works.
    Ready,
    /// Not yet.
    Progressing(String),
    /// Waiting will not help.
    Failed(String),
}
