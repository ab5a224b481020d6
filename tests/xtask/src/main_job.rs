//! `cargo xtask try`: the main job, from nothing to a mesh whose pods are ready.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use meshhost_local_cluster::detached::{self, Up};
use meshhost_local_cluster::{Info, Settings};

use crate::shell;

/// The cluster that is started, or used when it is up.
const CLUSTER: &str = "try";

/// What the guide types, in meshhost's words.
const GUIDE: &[&str] = &[
    "--set",
    "profile=demo",
    "--set",
    "cni.enabled=true",
    "--set",
    "cni.components.cni.namespace=kube-system",
    "--set",
    "values.gateways.istio-ingressgateway.type=ClusterIP",
];

/// Builds, starts, installs and shows.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    shell::wasm_target()?;
    shell::step(
        "build meshhost and its pieces",
        shell::cargo().args(["build", "--release", "--package", "meshhost"]),
    )?;
    eprintln!("==> start a local cluster (the first time, its control plane is built)");
    let info = match detached::up(CLUSTER, &Settings::default())? {
        Up::Started(info) => info,
        Up::Already(info) => {
            eprintln!("    it is up already");
            info
        }
    };
    eprintln!("    Kubernetes {}, {} nodes", info.version, info.nodes);
    let target = shell::target();
    let meshhost = target.join("release").join("meshhost");
    let cni = relative(&target.join("pieces").join("cni.wasm"));
    shell::step(
        "install the guide's mesh",
        Command::new(&meshhost)
            .current_dir(shell::root())
            .env("KUBECONFIG", &info.kubeconfig)
            .args(["apply", "--yes", "--plugin"])
            .arg(cni)
            .args(GUIDE),
    )?;
    shell::step(
        "show what runs",
        Command::new(&meshhost)
            .env("KUBECONFIG", &info.kubeconfig)
            .args(["status", "--pods"]),
    )?;
    show(&info);
    Ok(())
}

fn show(info: &Info) {
    println!();
    println!(
        "the cluster stays up; to look around:  export KUBECONFIG={}",
        info.kubeconfig.display()
    );
    println!("to take it down:                       cargo xtask cluster down --name {CLUSTER}");
}

/// Paths are shown as a person at the project's root would type them.
fn relative(path: &Path) -> std::path::PathBuf {
    path.strip_prefix(shell::root()).unwrap_or(path).to_owned()
}
