//! What is kept of a bundle to plan it again: with a revision, to go back to it, and in a file of a plan. Owns what belongs to
//! that; must not know where it is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bundle::Bundle;
use crate::card::Once;
use crate::ownership::FieldRule;

/// A bundle and the rules that it was planned with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The objects, as they were rendered.
    pub bundle: Bundle,
    /// Whose fields are whose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldRule>,
    /// What pieces have made random values and times from, to be handed back at the next render.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub once: BTreeMap<String, Once>,
}
