//! The trait an author implements, and the card that describes a piece. Must not know how a call reaches it.

use serde_json::Value;

use crate::{
    Amendments, Assessment, Contribution, Failure, JsonSchema, Outcome, Request, Selected,
};

/// A piece of an installation. All functions are called in a fresh instance: nothing is kept from call to call.
pub trait Piece {
    /// The piece's settings. Use `#[serde(default, deny_unknown_fields)]`: doc comments become the descriptions that
    /// `meshhost plugin inspect` shows.
    type Settings: serde::de::DeserializeOwned + JsonSchema;

    /// What the piece says of itself.
    fn describe() -> Card;

    /// Objects of its own.
    ///
    /// # Errors
    /// [`Failure::Rejected`] when the settings cannot be worked with: name all the problems.
    fn contribute(_request: Request<Self::Settings>) -> Result<Contribution, Failure> {
        Ok(Contribution::default())
    }

    /// Changes to the objects of others that [`Card::amends`] chooses.
    ///
    /// # Errors
    /// As [`Piece::contribute`].
    fn amend(
        _request: Request<Self::Settings>,
        _objects: Vec<Selected>,
    ) -> Result<Amendments, Failure> {
        Ok(Amendments::default())
    }

    /// Whether a live object that [`Card::assesses`] chooses works.
    fn assess(_object: Value, _pods: Vec<Value>) -> Assessment {
        Assessment::Ready
    }

    /// Sidecars in workloads, for `meshhost inject`: one outcome for each object, in the same order.
    ///
    /// # Errors
    /// [`Failure::Rejected`] when nothing can be injected at all; what is wrong with one object is in its outcome.
    fn inject(
        _request: Request<Self::Settings>,
        objects: Vec<Value>,
    ) -> Result<Vec<Outcome>, Failure> {
        Ok(vec![Outcome::default(); objects.len()])
    }
}

/// The card of a piece. The settings' schema is added by the SDK from [`Piece::Settings`].
#[derive(Debug, Clone, Default)]
pub struct Card {
    /// A DNS label.
    pub name: String,
    /// Semver; `env!("CARGO_PKG_VERSION")` as a rule.
    pub version: String,
    /// What it installs, one sentence.
    pub summary: String,
    /// Files it can use.
    pub files: Vec<WantedFile>,
    /// What `contribute` may return with any settings at all.
    pub emits: Vec<Selector>,
    /// Which objects of others are handed to `amend`.
    pub amends: Vec<Selector>,
    /// Which objects of its own are handed to `assess`.
    pub assesses: Vec<Selector>,
    /// Images that the objects refer to with default settings.
    pub images: Vec<String>,
}

/// A file, or a folder of files, that a piece can use.
#[derive(Debug, Clone)]
pub struct WantedFile {
    /// The name used in `--grant PIECE:NAME=PATH`.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Whether nothing works without it.
    pub required: bool,
}

/// Chooses objects; what is `None` matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// API group; empty for the core group.
    pub group: Option<String>,
    /// Kind.
    pub kind: Option<String>,
    /// Namespace; empty chooses cluster-scoped objects.
    pub namespace: Option<String>,
    /// Name; one `*` at the end stands for any rest.
    pub name: Option<String>,
}

impl Selector {
    /// Every object of a kind.
    pub fn kind(group: impl Into<String>, kind: impl Into<String>) -> Self {
        Self {
            group: Some(group.into()),
            kind: Some(kind.into()),
            ..Self::default()
        }
    }

    /// The same, only with this name (one `*` at the end stands for any rest).
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same, only in this namespace.
    #[must_use]
    pub fn within(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Whether it chooses this object, as the host decides it.
    #[must_use]
    pub fn chooses(&self, object: &Value) -> bool {
        let api_version = object["apiVersion"].as_str().unwrap_or_default();
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let metadata = &object["metadata"];
        let is = |wish: &Option<String>, is: &str| wish.as_deref().is_none_or(|wish| wish == is);
        let name = metadata["name"].as_str().unwrap_or_default();
        is(&self.group, group)
            && is(&self.kind, object["kind"].as_str().unwrap_or_default())
            && is(
                &self.namespace,
                metadata["namespace"].as_str().unwrap_or_default(),
            )
            && self
                .name
                .as_deref()
                .is_none_or(|wish| match wish.strip_suffix('*') {
                    Some(start) => name.starts_with(start),
                    None => wish == name,
                })
    }
}
