//! `meshhost completion`: the script that completes command lines, without what nobody types.

use clap::{Command, CommandFactory};
use clap_complete::shells::{Bash, Fish, Zsh};

use crate::cli::args::{Cli, Shell};
use crate::cli::fault::{Fault, exit};
use crate::cli::report;

pub(crate) fn run(shell: Shell) -> Result<u8, Fault> {
    report::data(&script(shell));
    Ok(exit::DONE)
}

fn script(shell: Shell) -> String {
    let mut command = typed();
    let mut script = Vec::new();
    match shell {
        Shell::Bash => clap_complete::generate(Bash, &mut command, "meshhost", &mut script),
        Shell::Zsh => clap_complete::generate(Zsh, &mut command, "meshhost", &mut script),
        Shell::Fish => clap_complete::generate(Fish, &mut command, "meshhost", &mut script),
    }
    String::from_utf8_lossy(&script).into_owned()
}

/// The command line without hidden commands, which the scripts would name and a `Command` cannot lose.
fn typed() -> Command {
    let whole = Cli::command();
    let commands = whole.get_subcommands();
    Command::new("meshhost")
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .args(whole.get_arguments().cloned())
        .subcommands(commands.filter(|command| !command.is_hide_set()).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::COMPILE_PIECE;

    #[test]
    fn what_nobody_types_is_not_completed() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell);
            assert!(!script.contains(COMPILE_PIECE), "{shell:?}");
            for typed in ["uninstall", "--keep-settings", "kube-inject", "--version"] {
                let typed = match shell {
                    Shell::Fish => typed.trim_start_matches('-'),
                    _ => typed,
                };
                assert!(script.contains(typed), "{shell:?}: {typed}");
            }
        }
    }
}
