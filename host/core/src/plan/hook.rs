//! A hook that a plan runs, and when in a run that is. Must not know which are run.

use serde::Serialize;
use serde_json::Value;

use crate::card::{DeletePolicy, Occasion};
use crate::id::ObjectId;

/// A hook that is run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedHook {
    /// Its object.
    pub id: ObjectId,
    /// In which version it is sent.
    pub api_version: String,
    /// The piece it comes from.
    pub piece: String,
    /// When it is run.
    pub on: Occasion,
    /// Hooks of one piece and occasion are run in this order.
    pub weight: i32,
    /// When its object is removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delete: Vec<DeletePolicy>,
    /// What is sent.
    #[serde(skip)]
    pub desired: Value,
}

/// When in a run an occasion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Before anything of the bundle is written, except for what others live in or are made of.
    BeforeWriting,
    /// Before anything is removed.
    BeforeRemoving,
    /// After everything was removed.
    AfterRemoving,
    /// When everything is ready.
    AfterReady,
    /// When the person asks.
    Asked,
}

impl Occasion {
    /// When in a run it is.
    #[must_use]
    pub fn phase(self) -> Phase {
        match self {
            Self::PreInstall | Self::PreUpgrade | Self::PreRollback => Phase::BeforeWriting,
            Self::PostInstall | Self::PostUpgrade | Self::PostRollback => Phase::AfterReady,
            Self::PreDelete => Phase::BeforeRemoving,
            Self::PostDelete => Phase::AfterRemoving,
            Self::Test => Phase::Asked,
        }
    }

    /// As charts spell it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PreInstall => "pre-install",
            Self::PostInstall => "post-install",
            Self::PreUpgrade => "pre-upgrade",
            Self::PostUpgrade => "post-upgrade",
            Self::PreDelete => "pre-delete",
            Self::PostDelete => "post-delete",
            Self::PreRollback => "pre-rollback",
            Self::PostRollback => "post-rollback",
            Self::Test => "test",
        }
    }
}
