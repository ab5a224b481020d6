//! What makes an object or a field change. Owns the words; finding it out is not done here.

use serde::{Deserialize, Serialize};

/// What makes an object or a field change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "kebab-case")]
pub enum Cause {
    /// It was said otherwise in the last revision.
    Setting {
        /// As it can be typed after `--set`.
        path: String,
    },
    /// The piece is another than in the last revision.
    Piece {
        /// Version and digest in the last revision; absent when the piece was not part of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Version and digest now.
        to: String,
    },
    /// The pieces ask for the same as in the last revision: it was changed on the cluster since.
    Cluster,
    /// Annotations that tell where an object comes from were asked for, or no longer.
    Provenance,
}
