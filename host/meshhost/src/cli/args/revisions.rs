//! What can be typed about revisions, plans in files and the lock.

use std::time::Duration;

use clap::Args;

use super::{Cluster, Consent, Ownership, Patience, Report, duration};

#[derive(Debug, Args)]
pub(crate) struct History {
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    /// Name of the installation
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) name: String,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Report,
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// A number from `history` [default: the last revision before this one that ended well]
    pub(crate) revision: Option<u64>,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    /// Name of the installation
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) consent: Consent,
    #[command(flatten)]
    pub(crate) ownership: Ownership,
    /// Do not wait until everything works
    #[arg(long)]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) hooks: Hooks,
    #[command(flatten)]
    pub(crate) keep: Keep,
    #[command(flatten)]
    pub(crate) lock: Lock,
    /// Output format of what happens
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Report,
}

/// What pieces want to have run before and after.
#[derive(Debug, Args)]
pub(crate) struct Hooks {
    /// Do not run the hooks of charts
    #[arg(long)]
    pub(crate) no_hooks: bool,
}

/// How much of the past is kept.
#[derive(Debug, Args)]
pub(crate) struct Keep {
    /// Keep the records of so many revisions, and that of the last good one
    #[arg(long, value_name = "NUMBER", default_value = "10", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) history_max: u64,
}

/// Only one run at a time works on an installation.
#[derive(Debug, Args)]
pub(crate) struct Lock {
    /// Wait this long for another run on the same installation, instead of giving up
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) wait_for_lock: Option<Duration>,
    /// How long a run that shows no life keeps others out
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = duration, hide = true)]
    pub(crate) lock_lease: Duration,
}
