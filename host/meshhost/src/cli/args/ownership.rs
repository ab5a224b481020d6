//! What can be typed about objects and fields that others have too.

use clap::{Args, ValueEnum};

/// Whose objects and fields are whose.
#[derive(Debug, Args)]
pub(crate) struct Ownership {
    /// Take fields from other field managers that have set them otherwise
    ///
    /// Rules for single objects and fields go under `fields` in the settings.
    #[arg(long)]
    pub(crate) force_conflicts: bool,
    /// Agree to delete and create again what cannot be changed in place; what holds data must be named
    #[arg(
        long,
        value_name = "KIND|OBJECT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    pub(crate) replace: Vec<String>,
    /// Which objects that are there already may become part of the installation
    #[arg(long, value_name = "WHICH", default_value = "unowned")]
    pub(crate) adopt: Adopt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Adopt {
    /// None but those that are part of it already
    Match,
    /// Those that are part of no installation
    Unowned,
    /// All, also those of other installations
    All,
}
