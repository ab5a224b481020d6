//! What can be typed after `meshhost plugin`. Owns the definitions; no logic.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::{Report, Settings};

#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// Show what a piece is, what it may emit and what can be set
    Inspect {
        /// A component file, or the name of a built-in piece
        piece: String,
        /// Output format
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        output: Report,
    },
    /// Show what pieces that are not built in want, ask, and write down what is approved
    ///
    /// What they want is found by rendering: the same settings as for `apply` give the same answer.
    Add(Add),
    /// Show what is approved
    Grants {
        #[command(flatten)]
        settings: Settings,
        /// Output format
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        output: Report,
    },
    /// Take an approval back
    Remove {
        /// The piece's name in the installation
        #[arg(required = true)]
        pieces: Vec<String>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Call a piece several times, with what has no order in another order, and compare
    ///
    /// Exits with 0 when every call gave the same, 1 when one did not: then it says which object and field.
    Verify {
        /// A component file, or the name of a piece of the installation
        #[arg(value_name = "[NAME=]FILE|NAME", value_hint = ValueHint::FilePath)]
        piece: String,
        #[command(flatten)]
        settings: Box<Settings>,
        /// Verify for this release of Kubernetes
        #[arg(long, value_name = "VERSION", default_value = meshhost_core::release::NEWEST)]
        kube_version: String,
        /// How many more times it is called in each order
        #[arg(long, value_name = "NUMBER", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
        runs: u64,
        /// Output format
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        output: Report,
    },
    /// Make a component from what `cargo build --target wasm32-unknown-unknown`, or Go for wasip1, left
    Pack {
        /// The core module
        #[arg(value_hint = ValueHint::FilePath)]
        module: PathBuf,
        /// Where to write the component
        #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Component files, as with `--plugin`; what the settings name needs none
    #[arg(value_name = "[NAME=]FILE", value_hint = ValueHint::FilePath)]
    pub(crate) pieces: Vec<String>,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// For this release of Kubernetes
    #[arg(long, value_name = "VERSION", default_value = meshhost_core::release::NEWEST)]
    pub(crate) kube_version: String,
    /// Approve without being asked: for scripts of whoever has looked at it
    #[arg(long)]
    pub(crate) agree: bool,
}
