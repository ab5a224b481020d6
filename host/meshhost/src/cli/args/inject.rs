//! What can be typed after `meshhost inject`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::Settings;

/// Where workloads, and what to put into them, come from.
#[derive(Debug, Args)]
pub(crate) struct Inject {
    /// Files of workloads; `-` is stdin, which is also read when nothing is named
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) named: Vec<PathBuf>,
    /// The same as an option, as kube-inject has it
    #[arg(short = 'f', long = "filename", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// Where to write [default: stdout]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Leave pods alone that the webhook would pass over because they, or their labels, say so
    #[arg(long)]
    pub(crate) skip_opted_out: bool,
    /// The settings of the mesh: a name from `profile list`, or a file
    #[arg(
        long,
        value_name = "NAME|FILE",
        help_heading = "A mesh by its settings"
    )]
    pub(crate) profile: Option<String>,
    /// An Installation or IstioControlPlane document, as `-f` of `render` takes it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "A mesh by its settings")]
    pub(crate) settings: Vec<PathBuf>,
    /// One setting of the mesh
    #[arg(
        long = "set",
        value_name = "PATH=VALUE",
        help_heading = "A mesh by its settings"
    )]
    pub(crate) set: Vec<String>,
    /// One setting whose value is a text, whatever it looks like
    #[arg(
        long = "set-string",
        value_name = "PATH=TEXT",
        help_heading = "A mesh by its settings"
    )]
    pub(crate) set_string: Vec<String>,
    /// A piece to add to those settings, or to take instead of the one with the same name
    #[arg(long = "plugin", value_name = "[NAME=]FILE", value_hint = ValueHint::FilePath, help_heading = "A mesh by its settings")]
    pub(crate) plugins: Vec<String>,
    /// The release of Kubernetes that the mesh is rendered for
    #[arg(long, value_name = "VERSION", default_value = meshhost_core::release::NEWEST, help_heading = "A mesh by its settings")]
    pub(crate) kube_version: String,
    /// Key `config` of ConfigMap istio-sidecar-injector, in a file
    #[arg(long, alias = "injectConfigFile", value_name = "FILE", requires_all = ["values_file", "mesh_config_file"], value_hint = ValueHint::FilePath, help_heading = "A mesh by files")]
    pub(crate) inject_config_file: Option<PathBuf>,
    /// Key `values` of ConfigMap istio-sidecar-injector, in a file
    #[arg(long, alias = "valuesFile", value_name = "FILE", requires = "inject_config_file", value_hint = ValueHint::FilePath, help_heading = "A mesh by files")]
    pub(crate) values_file: Option<PathBuf>,
    /// Key `mesh` of ConfigMap istio, in a file
    #[arg(long, alias = "meshConfigFile", value_name = "FILE", requires = "inject_config_file", value_hint = ValueHint::FilePath, help_heading = "A mesh by files")]
    pub(crate) mesh_config_file: Option<PathBuf>,
    /// The kubeconfig file [default: $KUBECONFIG, then ~/.kube/config]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "The mesh on a cluster (when nothing else is said)")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "The mesh on a cluster (when nothing else is said)"
    )]
    pub(crate) context: Option<String>,
    /// Where the injector's ConfigMap is [default: istio-system, else the only one there is]
    #[arg(
        short = 'i',
        long,
        alias = "istioNamespace",
        value_name = "NAMESPACE",
        help_heading = "The mesh on a cluster (when nothing else is said)"
    )]
    pub(crate) istio_namespace: Option<String>,
    /// The piece that injects, instead of the built-in one
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) injector: Option<PathBuf>,
    /// Approve that piece, and what it makes workloads able to do, without being asked: once, for whoever has looked at it
    #[arg(long, requires = "injector")]
    pub(crate) agree: bool,
    /// What pieces that are not built in were approved for [default: meshhost.lock beside the first file of settings, or in
    /// the current folder]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) lock_file: Option<PathBuf>,
    /// Fail when a piece is not approved, instead of asking
    #[arg(long, conflicts_with = "agree")]
    pub(crate) locked: bool,
    /// How much a piece may use, for example `injection.time=30s`
    #[arg(long = "limit", value_name = "PIECE.LIMIT=VALUE")]
    pub(crate) limits: Vec<String>,
}

impl Inject {
    /// The settings of the mesh, if any are given.
    pub(crate) fn mesh(&self) -> Option<Settings> {
        let given = self.profile.is_some()
            || [&self.set, &self.set_string, &self.plugins]
                .iter()
                .any(|flags| !flags.is_empty())
            || !self.settings.is_empty();
        given.then(|| Settings {
            files: self.settings.clone(),
            set: self.set.clone(),
            set_string: self.set_string.clone(),
            profile: self.profile.clone(),
            plugins: self.plugins.clone(),
            limits: self.limits.clone(),
            lock_file: self.lock_file.clone(),
            locked: self.locked,
            ..Settings::default()
        })
    }
}
