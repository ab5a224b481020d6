//! The flags that were typed, as a command that can be typed again. Owns the spelling for a shell.

use std::path::Path;

use crate::cli::args::Settings;

/// `meshhost VERB` with the same settings.
pub(crate) fn command(verb: &str, settings: &Settings) -> String {
    let mut words = vec!["meshhost".to_owned(), verb.to_owned()];
    let mut flag = |name: &str, value: &str| {
        words.push(name.to_owned());
        words.push(quoted(value));
    };
    let path = |path: &Path| path.display().to_string();
    if let Some(name) = &settings.profile {
        flag("--profile", name);
    }
    for file in &settings.files {
        flag("-f", &path(file));
    }
    for (name, values) in [
        ("--plugin", &settings.plugins),
        ("--plain-http", &settings.plain_http),
        ("--set", &settings.set),
        ("--set-string", &settings.set_string),
        ("--grant", &settings.grants),
        ("--limit", &settings.limits),
    ] {
        for value in values {
            flag(name, value);
        }
    }
    if let Some(name) = &settings.name {
        flag("--name", name);
    }
    if let Some(file) = &settings.lock_file {
        flag("--lock-file", &path(file));
    }
    words.join(" ")
}

/// As a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Cli, Command};

    #[test]
    fn a_command_can_be_typed_again() {
        let typed = ["meshhost", "apply", "--yes", "-f", "a b.yaml"];
        let more = ["--plugin", "x.wasm", "--set", "a='b'"];
        let typed = typed.into_iter().chain(more);
        let Command::Apply(apply) = Cli::parse_from(typed).command else {
            panic!("is apply");
        };
        assert_eq!(
            command("plugin add", &apply.wanted.settings),
            r"meshhost plugin add -f 'a b.yaml' --plugin x.wasm --set 'a='\''b'\'''"
        );
    }
}
