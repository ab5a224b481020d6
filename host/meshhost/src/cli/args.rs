//! What can be typed. Owns the clap definitions and their help; no logic, no environment, no files.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

mod adopt;
mod inject;
mod ownership;
mod plugin;
mod revisions;

pub(crate) use adopt::{Adoption, HelmRelease};
pub(crate) use inject::Inject;
pub(crate) use ownership::{Adopt, Ownership};
pub(crate) use plugin::{Add, Plugin};
pub(crate) use revisions::{History, Hooks, Keep, Lock, Rollback};

/// The child process in which a piece is compiled; nobody types it.
pub(crate) const COMPILE_PIECE: &str = "compile-piece";

/// Install a service mesh from sandboxed pieces.
#[derive(Debug, Parser)]
#[command(
    name = "meshhost",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the objects that the pieces return
    Render(Render),
    /// Show what `apply` would change on the cluster
    ///
    /// Exits with 0 when nothing would change, 1 when something would, 2 and more on errors.
    Diff(Diff),
    /// Install, upgrade or change the mesh, and wait until it works
    Apply(Apply),
    /// Put sidecars into workloads, as the webhook does
    ///
    /// The mesh is described by --profile, --set and --settings, or is the one on the cluster. What is not injected comes
    /// out as it was written.
    #[command(visible_alias = "kube-inject")]
    Inject(Inject),
    /// Remove everything that this installation brought
    Uninstall(Uninstall),
    /// Take over what another tool has installed
    #[command(subcommand)]
    Adopt(Adoption),
    /// Tell what is installed and whether it works
    Status(Status),
    /// List the revisions of an installation
    History(History),
    /// Bring back the objects of an earlier revision
    Rollback(Rollback),
    /// Tell what can be set: type, default, what it changes, and which piece reads it
    Explain(Explain),
    /// List, print and compare profiles
    #[command(subcommand)]
    Profile(Profile),
    /// Look into pieces, and make them
    #[command(subcommand)]
    Plugin(Plugin),
    /// The same under the names that istioctl 1.4 users type
    #[command(subcommand)]
    Manifest(Manifest),
    /// Print a completion script
    Completion {
        /// Which shell
        shell: Shell,
    },
    /// Compile one component for the process that has started this one
    #[command(name = COMPILE_PIECE, hide = true)]
    CompilePiece {
        /// Bytes of memory
        memory: u64,
        /// Milliseconds
        millis: u64,
    },
}

/// What is to be installed: the same flags for every command that renders.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Settings {
    /// An Installation or IstioControlPlane document; later files win; `-` is stdin
    #[arg(short = 'f', long = "filename", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// One setting; wins over files; `a.b=1,c=2` and several flags both work
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// One setting whose value is a text, whatever it looks like
    #[arg(long = "set-string", value_name = "PATH=TEXT")]
    pub(crate) set_string: Vec<String>,
    /// The settings to start from: a name from `profile list`, or a file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) profile: Option<String>,
    /// A piece to add, or to take instead of the one with the same name; `NAME=chart:SOURCE` is a Helm chart: a folder, an
    /// archive, oci://HOST/PATH:VERSION or a URL
    #[arg(long = "plugin", value_name = "[NAME=]FILE", value_hint = ValueHint::FilePath)]
    pub(crate) plugins: Vec<String>,
    /// A host that charts may be fetched from in plain HTTP; one on this machine always may
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) plain_http: Vec<String>,
    /// A file or folder for a piece that asks for it by that name, for example `dashboards:files=./conf`
    #[arg(long = "grant", value_name = "PIECE:NAME=PATH")]
    pub(crate) grants: Vec<String>,
    /// Name of the installation [default: default]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// How much a piece may use, for example `cni.time=30s` or `cni.memory=1GiB`
    #[arg(long = "limit", value_name = "PIECE.LIMIT=VALUE")]
    pub(crate) limits: Vec<String>,
    /// What pieces that are not built in were approved for [default: meshhost.lock beside the first Installation file, or
    /// in the current folder]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) lock_file: Option<PathBuf>,
    /// Fail when a piece is not approved, instead of asking or saying so
    #[arg(long)]
    pub(crate) locked: bool,
}

/// Which cluster.
#[derive(Debug, Args)]
pub(crate) struct Cluster {
    /// The kubeconfig file [default: $KUBECONFIG, then ~/.kube/config]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Where the records of installations are; it must be there before and after
    #[arg(long, value_name = "NAMESPACE", default_value = "kube-system")]
    pub(crate) state_namespace: String,
}

#[derive(Debug, Args)]
pub(crate) struct Render {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Render for this release of Kubernetes, without asking a cluster
    #[arg(long, value_name = "VERSION", default_value = meshhost_core::release::NEWEST)]
    pub(crate) kube_version: String,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    pub(crate) output: Format,
    /// Say which piece each object comes from, and which piece has amended which field of it
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "comments")]
    pub(crate) provenance: Option<Provenance>,
    /// First call every piece again, with what has no order in another order, and print nothing when one gives something
    /// else
    #[arg(long)]
    pub(crate) verify: bool,
}

/// What is to be on which cluster.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    /// Lay these settings over those of the last revision instead of taking them as the whole
    #[arg(long)]
    pub(crate) keep_settings: bool,
    /// Make passwords, keys and times anew that charts have made by chance: of one piece, or of all
    #[arg(long, value_name = "PIECE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) regenerate: Vec<String>,
    #[command(flatten)]
    pub(crate) ownership: Ownership,
    /// Tell on each object, with annotations, which piece it comes from and which piece has amended which field of it
    #[arg(long, value_name = "HOW", require_equals = true, value_parser = ["annotations"])]
    pub(crate) provenance: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    #[command(flatten)]
    pub(crate) wanted: Wanted,
    /// Write the plan to a file, for `apply FILE`; only its owner may read it, since Secrets are in it as they are
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Report,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// A plan that `diff --out` wrote: it is done exactly, or refused when the cluster has moved since
    #[arg(
        value_name = "PLAN",
        value_hint = ValueHint::FilePath,
        conflicts_with_all = [
            "files", "set", "set_string", "profile", "plugins", "plain_http", "grants", "name", "limits",
            "keep_settings", "regenerate", "prune", "force_conflicts", "replace", "adopt", "dry_run",
            "provenance",
        ],
    )]
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) wanted: Wanted,
    #[command(flatten)]
    pub(crate) consent: Consent,
    /// Agree to the removal of objects that are no longer part of the installation
    #[arg(long)]
    pub(crate) prune: bool,
    /// Stop before changing anything: `client` after rendering, `server` after the plan
    #[arg(long, value_name = "WHERE")]
    pub(crate) dry_run: Option<DryRun>,
    /// Do not wait until everything works
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// When it fails, go back to the last revision that ended well, or remove everything when there is none
    #[arg(long)]
    pub(crate) atomic: bool,
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

/// An installation that is on a cluster, and how to tell of it.
#[derive(Debug, Args)]
pub(crate) struct Installed {
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
pub(crate) struct Uninstall {
    #[command(flatten)]
    pub(crate) installed: Installed,
    #[command(flatten)]
    pub(crate) consent: Consent,
    #[command(flatten)]
    pub(crate) hooks: Hooks,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) lock: Lock,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) installed: Installed,
    /// Also list the pods and Services
    #[arg(long)]
    pub(crate) pods: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A setting, for example `values.pilot.traceSampling`, or something above it
    pub(crate) path: Option<String>,
    /// A piece to add, or to take instead of the one with the same name
    #[arg(long = "plugin", value_name = "[NAME=]FILE", value_hint = ValueHint::FilePath)]
    pub(crate) plugins: Vec<String>,
    /// Output format; `markdown` is a page of every setting
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Explanation,
}

/// Agreeing without being asked.
#[derive(Debug, Args)]
pub(crate) struct Consent {
    /// Agree to the plan; without a terminal nothing is done unless this is given
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}

/// How long to wait.
#[derive(Debug, Args)]
pub(crate) struct Patience {
    /// Give up when it does not work after this long (`90s`, `10m`)
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    pub(crate) timeout: Duration,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Profile {
    /// The names, and what each is for
    List,
    /// Print one, with the settings that are laid over it
    Dump(Dump),
    /// What differs between two; exits with 1 when something does
    Diff {
        /// Name or file
        from: String,
        /// Name or file
        to: String,
        #[command(flatten)]
        api: Api,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// Name or file [default: what the files say, else default]
    pub(crate) profile: Option<String>,
    /// Settings to lay over it: an Installation or IstioControlPlane document; `-` is stdin
    #[arg(short = 'f', long = "filename", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// One setting to lay over it
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Only what is under this path, for example `trafficManagement.components.pilot`
    #[arg(short = 'p', long, value_name = "PATH")]
    pub(crate) config_path: Option<String>,
    /// The values of the Istio 1.4 charts that it is translated to
    #[arg(long, conflicts_with = "api")]
    pub(crate) helm_values: bool,
    #[command(flatten)]
    pub(crate) api: Api,
}

/// In which of the two APIs a profile is shown.
#[derive(Debug, Args)]
pub(crate) struct Api {
    /// As an IstioControlPlane, as istioctl 1.4 does, or as an Installation
    #[arg(long, value_name = "API", default_value = "istio-control-plane")]
    pub(crate) api: ApiForm,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Manifest {
    /// Like `render`
    Generate(Box<Render>),
    /// Like `apply`
    Apply(Box<Apply>),
    /// Turn the values of a Helm installation of Istio 1.4 into an IstioControlPlane, on stdout
    Migrate {
        /// Values files, later ones laid over earlier ones; `-`, or none, is stdin
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
    },
    /// Compare two rendered files, as `istioctl manifest diff` does; exits with 1 when they differ
    Diff {
        /// Rendered objects
        #[arg(value_hint = ValueHint::FilePath)]
        from: PathBuf,
        /// Rendered objects
        #[arg(value_hint = ValueHint::FilePath)]
        to: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Yaml,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Provenance {
    /// Above each object, in YAML
    Comments,
    /// On each object
    Annotations,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Explanation {
    Text,
    Markdown,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DryRun {
    Client,
    Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApiForm {
    IstioControlPlane,
    Installation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// `90s`, `10m`, `1h`, `1m30s`; a bare number is refused, as tools differ in what it means.
fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a time with its unit, such as 90s, 10m or 1h".to_owned();
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest[..digits].parse().map_err(|_| expected())?;
        let seconds = match rest[digits..].chars().next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            _ => return Err(expected()),
        };
        total = number
            .checked_mul(seconds)
            .and_then(|seconds| total.checked_add(Duration::from_secs(seconds)))
            .ok_or_else(expected)?;
        rest = &rest[digits + 1..];
    }
    if total.is_zero() {
        return Err(expected());
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_need_a_unit() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h", 3600), ("1m30s", 90)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "10",
            "m",
            "0s",
            "-1s",
            "1d",
            "1.5h",
            "99999999999999999999h",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
