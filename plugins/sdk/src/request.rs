//! What a piece is handed: the typed request. Owns reading it; must not know what a piece answers.

use serde_json::Value;

/// One call's inputs, with the settings already read into the piece's own type.
#[derive(Debug, Clone)]
pub struct Request<S> {
    /// The installation's name, a DNS label.
    pub installation: String,
    /// Where objects go unless the settings say otherwise.
    pub namespace: String,
    /// What is known of the cluster.
    pub facts: Facts,
    /// The piece's settings, defaults filled in by its own serde attributes.
    pub settings: S,
    /// Granted files, sorted by wish and path.
    pub files: Vec<File>,
    /// Where random values and times come from.
    pub once: Once,
}

/// Chance and time, made when the piece first needs them in an installation and handed back at each later render. A piece
/// that uses any of it says so with [`crate::Contribution::used_once`].
#[derive(Clone, PartialEq, Eq)]
pub struct Once {
    /// 32 bytes that nobody can guess: the seed of a generator that is fit for keys (`rand_chacha`, or HKDF).
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

/// What is known of the cluster. The same facts and settings must give the same answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The API server's version.
    pub kubernetes: KubernetesVersion,
    /// Every kind in every version that is served, sorted.
    pub served: Vec<ServedKind>,
    /// `kubernetes`, or a flavour such as `openshift`.
    pub platform: String,
}

impl Facts {
    /// Whether `kind` is served in `api_version` (`group/version`, or `v1`).
    #[must_use]
    pub fn serves(&self, api_version: &str, kind: &str) -> bool {
        self.served
            .iter()
            .any(|served| served.api_version == api_version && served.kind == kind)
    }

    /// The first of `candidates` in which `kind` is served: name the version that you would rather have first.
    #[must_use]
    pub fn first_served<'a>(&self, kind: &str, candidates: &[&'a str]) -> Option<&'a str> {
        candidates
            .iter()
            .copied()
            .find(|api_version| self.serves(api_version, kind))
    }
}

/// The version of a Kubernetes API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubernetesVersion {
    /// For example 1.
    pub major: u32,
    /// For example 37.
    pub minor: u32,
    /// The whole text, for example `v1.37.2`.
    pub git_version: String,
}

impl KubernetesVersion {
    /// Whether it is `major.minor` or newer.
    #[must_use]
    pub fn at_least(&self, major: u32, minor: u32) -> bool {
        (self.major, self.minor) >= (major, minor)
    }
}

/// One kind in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedKind {
    /// `group/version`, or `v1`.
    pub api_version: String,
    /// For example `Deployment`.
    pub kind: String,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
}

/// A file that the piece wished for and the person granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The wish it fulfils.
    pub wish: String,
    /// Path below the granted folder, `/` between parts.
    pub path: String,
    /// The bytes.
    pub content: Vec<u8>,
}

/// An object of another piece, as it stands after all earlier amending pieces.
#[derive(Debug, Clone)]
pub struct Selected {
    /// Number of the object in this call.
    pub id: u32,
    /// The piece that contributed it.
    pub piece: String,
    /// The object.
    pub manifest: Value,
}
