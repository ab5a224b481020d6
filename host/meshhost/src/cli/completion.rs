//! `meshhost completion`: the script that completes command lines.

use clap::CommandFactory;
use clap_complete::shells::{Bash, Fish, Zsh};

use crate::cli::args::{Cli, Shell};
use crate::cli::fault::{Fault, exit};
use crate::cli::report;

pub(crate) fn run(shell: Shell) -> Result<u8, Fault> {
    let mut command = Cli::command();
    let mut script = Vec::new();
    match shell {
        Shell::Bash => clap_complete::generate(Bash, &mut command, "meshhost", &mut script),
        Shell::Zsh => clap_complete::generate(Zsh, &mut command, "meshhost", &mut script),
        Shell::Fish => clap_complete::generate(Fish, &mut command, "meshhost", &mut script),
    }
    report::data(&String::from_utf8_lossy(&script));
    Ok(exit::DONE)
}
