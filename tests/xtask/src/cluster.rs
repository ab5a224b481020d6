//! `cargo xtask cluster`: named clusters on this machine that stay up until taken down.

use std::error::Error;

use clap::{Args, Subcommand};
use meshhost_local_cluster::detached::{self, DEFAULT_NAME, Up};
use meshhost_local_cluster::{Info, KubeVersion, Settings};

/// The subcommands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start a cluster and wait until it is ready (the first time, its control plane is built: minutes)
    Up {
        #[command(flatten)]
        cluster: Name,
        /// Version of Kubernetes: 1.37 or 1.16 [default: 1.37]
        #[arg(long, value_name = "VERSION")]
        kube_version: Option<KubeVersion>,
        /// How many nodes [default: 3]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
        nodes: Option<u32>,
    },
    /// Take a cluster down, with everything in it
    Down(Name),
    /// Print the path of a cluster's kubeconfig
    Kubeconfig(Name),
    /// List the clusters that are up
    Status,
}

/// Which cluster.
#[derive(Args)]
pub(crate) struct Name {
    /// Name of the cluster
    #[arg(long, default_value = DEFAULT_NAME)]
    name: String,
}

/// Runs one of them.
pub(crate) fn run(command: &Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Up {
            cluster,
            kube_version,
            nodes,
        } => up(&cluster.name, *kube_version, *nodes),
        Command::Down(Name { name }) => {
            let was_up = detached::down(name)?;
            println!(
                "cluster {name} {}",
                if was_up { "is down" } else { "was not up" }
            );
            Ok(())
        }
        Command::Kubeconfig(Name { name }) => {
            let info = detached::find(name)?.ok_or_else(|| not_up(name))?;
            println!("{}", info.kubeconfig.display());
            Ok(())
        }
        Command::Status => {
            let clusters = detached::list()?;
            if clusters.is_empty() {
                println!("no cluster is up");
            }
            for (name, info) in clusters {
                println!("{}", describe(&name, &info));
            }
            Ok(())
        }
    }
}

fn up(name: &str, version: Option<KubeVersion>, nodes: Option<u32>) -> Result<(), Box<dyn Error>> {
    let mut settings = Settings {
        version: version.unwrap_or_default(),
        ..Settings::default()
    };
    settings.nodes = nodes.unwrap_or(settings.nodes);
    let info = match detached::up(name, &settings)? {
        Up::Started(info) => {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of one start")]
            let seconds = info.ready_after_ms as f64 / 1000.0;
            println!("{} (after {seconds:.1} s)", describe(name, &info));
            info
        }
        Up::Already(info) => {
            // What was asked for in so many words and is not there must not look as if it were.
            let other_version =
                version.is_some_and(|v| !info.version.starts_with(&format!("v{v}.")));
            if other_version || nodes.is_some_and(|n| n != info.nodes) {
                let advice = format!(
                    "take it down first (cargo xtask cluster down --name {name}) or choose another --name"
                );
                return Err(format!("{}: {advice}", describe(name, &info)).into());
            }
            println!("{} (it was already)", describe(name, &info));
            info
        }
    };
    println!("export KUBECONFIG={}", info.kubeconfig.display());
    Ok(())
}

fn describe(name: &str, info: &Info) -> String {
    let plural = if info.nodes == 1 { "" } else { "s" };
    format!(
        "cluster {name} is up: Kubernetes {}, {} node{plural}, {}",
        info.version, info.nodes, info.server
    )
}

fn not_up(name: &str) -> String {
    format!("no cluster {name} is up; start it with: cargo xtask cluster up --name {name}")
}
