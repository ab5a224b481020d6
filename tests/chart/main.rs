//! Helm charts in the sandbox: what the piece makes of them, held against the real Helm, and what becomes of hostile ones.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

#[path = "../imports.rs"]
mod imports;
mod archive;
mod charts;
mod files;
mod ours;
mod pieces;
mod template;

mod compared;
mod hostile;
mod once;
mod what_is_said;
