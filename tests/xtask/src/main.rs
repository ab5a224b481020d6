//! `cargo xtask`: what people and CI do with the project besides building it. One file a subcommand; this one only
//! dispatches.

mod cluster;

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
}

fn main() -> ExitCode {
    let result: Result<(), Box<dyn Error>> = match Command::parse() {
        Command::Cluster(command) => cluster::run(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
