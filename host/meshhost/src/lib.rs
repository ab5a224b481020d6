//! meshhost as a library: from pieces and settings to a bundle.
//!
//! The way through is one way: settings are resolved (`meshhost-core`), pieces are found ([`source`]), loaded, handed the
//! files that were granted to them ([`files`], [`charts`]) and asked ([`pipeline`]), what they return is combined, amended and held to
//! the installation's [`policies`], and the bundle is what a cluster (`meshhost-cluster`) is brought to. The command line
//! is another user of this library, and the only part of it that prints.

pub mod source;
pub mod files;
pub mod once;
pub mod charts;
pub mod pipeline;
pub mod assessors;
pub mod policies;
pub mod verify;
