//! Commands. A command is: flags, one call of the library, one thing printed. Only [`report`] and [`progress`] print.
//!
//! Modules are declared in the order of their imports: a module may only import from modules above it.

mod args;
mod fault;
mod report;
mod ask;
mod progress;
mod typed;
mod limits;
mod granted_files;
mod wish;
mod approval_text;
mod lock_file;
mod approval;
mod session;
mod past;
mod causes;
mod plan_text;
mod verify;
mod render;
mod plan_file;
mod diff;
mod consent;
mod apply;
mod inject;
mod saved;
mod rollback;
mod history;
mod adopt;
mod uninstall;
mod drift;
mod status;
mod explain;
mod profile;
mod plugin_grants;
mod plugin;
mod migrate;
mod manifest;
mod completion;
mod compile_piece;

use std::process::ExitCode;

use clap::Parser;
use meshhost_runtime::CompileRequest;

use args::{Cli, Command};
use fault::{Fault, exit};

/// Runs the command that was typed.
pub(crate) fn main() -> ExitCode {
    let command = Cli::parse().command;
    let comparing = matches!(command, Command::Diff(_));
    match run(command) {
        Ok(code) => ExitCode::from(code),
        Err(fault) => {
            report::fault(&fault);
            ExitCode::from(match fault.code {
                // `diff` says with 1 that something would change.
                exit::FAILED if comparing => exit::DIFF_FAILED,
                code => code,
            })
        }
    }
}

fn run(command: Command) -> Result<u8, Fault> {
    match command {
        Command::Render(args) => render::run(&args),
        Command::Diff(args) => session::block_on(diff::run(&args)),
        Command::Inject(args) => inject::run(&args),
        Command::Apply(args) => saved::run(&args),
        Command::Uninstall(args) => session::block_on(uninstall::run(&args)),
        Command::Adopt(args) => session::block_on(adopt::run(&args)),
        Command::Status(args) => session::block_on(status::run(&args)),
        Command::History(args) => session::block_on(history::run(&args)),
        Command::Rollback(args) => session::block_on(rollback::run(&args)),
        Command::Explain(args) => explain::run(&args),
        Command::Profile(args) => profile::run(&args),
        Command::Plugin(args) => plugin::run(&args),
        Command::Manifest(args) => manifest::run(&args),
        Command::Completion { shell } => completion::run(shell),
        Command::CompilePiece { memory, millis } => {
            compile_piece::run(CompileRequest { memory, millis })
        }
    }
}
