//! What can be typed after `meshhost adopt`. Owns the definitions; no logic.

use clap::{Args, Subcommand};

use super::{Cluster, Consent, Keep, Lock, Patience, Report};

#[derive(Debug, Subcommand)]
pub(crate) enum Adoption {
    /// Take over what Helm has installed, as it is: nothing of it is changed or restarted
    ///
    /// Prints the Installation that the release is from now on.
    HelmRelease(HelmRelease),
}

#[derive(Debug, Args)]
pub(crate) struct HelmRelease {
    /// The release's name
    pub(crate) release: String,
    /// The release's namespace, where several have that name
    #[arg(short = 'n', long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Where the chart comes from, to be written into the Installation: a path, oci://HOST/PATH:VERSION or a URL
    /// [default: ./CHART-VERSION.tgz]
    #[arg(long, value_name = "SOURCE")]
    pub(crate) chart: Option<String>,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    /// Name of the installation that it becomes part of
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) consent: Consent,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) keep: Keep,
    #[command(flatten)]
    pub(crate) lock: Lock,
    /// Output format of what happens
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Report,
}
