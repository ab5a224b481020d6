//! The command line: parse, run one command, turn its outcome into an exit code.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    cli::main()
}
