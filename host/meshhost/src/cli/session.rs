//! A cluster to talk to, and what it knows of the installation. Owns connecting; must not know what a command does there.

use std::future::Future;

use meshhost_cluster::{Adopt, Cluster, Connect, Installation, PlanOptions};
use meshhost_core::ownership::FieldRule;
use meshhost_core::replace::Replace;
use meshhost_core::revision::{RecordedPiece, Revision, RevisionRequest};
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::args;
use crate::cli::fault::Fault;
use crate::cli::wish::Kept;

/// Runs a command that talks to a cluster.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Fault::from_error(&error))?
        .block_on(work)
}

/// Ends when the person (Ctrl-C) or the system (SIGTERM) asks this program to stop.
///
/// From then on the program does not end by itself on these signals: only what writes to a cluster waits for this, so that
/// it can give its lock back.
pub(crate) async fn asked_to_stop() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        // Without a handler the system's own way is kept.
        Ok(()) = tokio::signal::ctrl_c() => {}
        Some(()) = terminate.recv() => {}
        else => std::future::pending().await,
    }
}

pub(crate) async fn connect(args: &args::Cluster) -> Result<Cluster, Fault> {
    // Like kubectl: an empty variable is one that is not set.
    let unset = std::env::var_os("KUBECONFIG").is_some_and(|value| value.is_empty());
    let default = directories::BaseDirs::new()
        .filter(|_| unset)
        .map(|folders| folders.home_dir().join(".kube").join("config"));
    Cluster::connect(&Connect {
        kubeconfig: args.kubeconfig.clone().or(default),
        context: args.context.clone(),
    })
    .await
    .map_err(|error| Fault::from_error(&error))
}

/// An installation by its name, with its records where the flags say.
pub(crate) fn installation(args: &args::Cluster, name: &str) -> Installation {
    Installation {
        name: name.to_owned(),
        state_namespace: args.state_namespace.clone(),
    }
}

/// How a plan is made of a bundle, as the flags and the installation's rules about fields say.
pub(crate) fn plan_options(
    args: &args::Ownership,
    fields: Vec<FieldRule>,
    pieces: Vec<RecordedPiece>,
) -> PlanOptions {
    PlanOptions {
        pieces,
        force_conflicts: args.force_conflicts,
        fields,
        replace: Replace {
            harmless: args.replace.iter().any(String::is_empty),
            named: args.replace.clone(),
        },
        adopt: match args.adopt {
            args::Adopt::Match => Adopt::Match,
            args::Adopt::Unowned => Adopt::Unowned,
            args::Adopt::All => Adopt::All,
        },
        ..PlanOptions::default()
    }
}

/// How a plan in a file spells it.
pub(crate) fn word(adopt: Adopt) -> &'static str {
    match adopt {
        Adopt::Match => "match",
        Adopt::Unowned => "unowned",
        Adopt::All => "all",
    }
}

/// Reads [`word`].
pub(crate) fn adopt(word: &str) -> Option<Adopt> {
    [Adopt::Match, Adopt::Unowned, Adopt::All]
        .into_iter()
        .find(|adopt| self::word(*adopt) == word)
}

/// The last revision, if there is an installation.
pub(crate) async fn last_revision(
    cluster: &Cluster,
    installation: &Installation,
) -> Result<Option<Revision>, Fault> {
    cluster
        .last_revision(installation)
        .await
        .map_err(|error| Fault::from_error(&error))
}

/// The settings of a revision, to lay new ones over.
pub(crate) fn kept(revision: &Revision) -> Kept {
    let documents = revision
        .request
        .settings
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    Kept {
        name: format!("revision {}", revision.number),
        documents: meshhost_core::yaml::to_yaml_documents(
            documents.iter().collect::<Vec<&Value>>(),
        ),
    }
}

/// What a revision remembers of the command that made it. `bundle` is the digest of the bundle.
pub(crate) fn request(
    settings: Value,
    pieces: Vec<RecordedPiece>,
    bundle: String,
) -> RevisionRequest {
    RevisionRequest {
        tool: concat!("meshhost ", env!("CARGO_PKG_VERSION")).to_owned(),
        at: jiff::Timestamp::now().to_string(),
        by: who(),
        settings,
        pieces,
        bundle,
    }
}

/// `user@host`, or only the user where the host is not known.
fn who() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .filter_map(|variable| std::env::var(variable).ok())
        .find(|user| !user.is_empty())
        .unwrap_or_else(|| "somebody".to_owned());
    // Where the system tells it without a call that std does not have.
    let host = std::env::var("HOSTNAME")
        .or_else(|_| std::env::var("COMPUTERNAME"))
        .or_else(|_| std::fs::read_to_string("/proc/sys/kernel/hostname"));
    match host.as_deref().map(str::trim) {
        Ok(host) if !host.is_empty() => format!("{user}@{host}"),
        _ => user,
    }
}
