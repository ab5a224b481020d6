//! `cargo xtask`: what people and CI do with the project besides building it. One file a subcommand; this one only
//! dispatches.

mod shell;
mod cluster;
mod checks;
mod main_job;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

/// The project's own commands.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Command {
    /// A real Kubernetes control plane on this machine
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// The main job, from nothing: build, start a cluster, install the guide's mesh, show its pods
    Try,
    /// Everything that CI runs
    Test,
}

fn main() -> ExitCode {
    let result: Result<(), Box<dyn Error>> = match Command::parse() {
        Command::Cluster(command) => cluster::run(&command),
        Command::Try => main_job::run(),
        Command::Test => checks::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
