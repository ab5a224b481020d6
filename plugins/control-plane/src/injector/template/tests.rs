use std::collections::BTreeSet;

use meshhost_piece::{Value, json};

use super::TEXT;
use crate::values::Values;

/// What follows each `start`, as far as it is of `these` characters.
fn after(start: &str, these: fn(char) -> bool) -> impl Iterator<Item = &'static str> {
    TEXT.match_indices(start).map(move |(at, _)| {
        let rest = &TEXT[at + start.len()..];
        &rest[..rest.find(|c| !these(c)).unwrap_or(rest.len())]
    })
}

fn of_name(c: char) -> bool {
    c != '"'
}

fn of_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

#[test]
fn every_part_is_defined_and_used() {
    let defined: Vec<_> = after("define \"", of_name).collect();
    let used: BTreeSet<_> = after("template \"", of_name).collect();
    assert!(defined.len() > 8, "{defined:?}");
    assert_eq!(
        defined.iter().copied().collect::<BTreeSet<_>>(),
        used,
        "each part is defined, and nothing else is used"
    );
    assert_eq!(defined.len(), used.len(), "no part is defined twice");
}

#[test]
fn every_value_that_is_read_is_there() {
    let values: Value = json!(Values::default());
    let global = &values["global"];
    let mut read = 0;
    let mut check = |root: &Value, path: &str| {
        read += 1;
        assert!(
            !path.is_empty()
                && root
                    .pointer(&format!("/{}", path.replace('.', "/")))
                    .is_some(),
            "{path} is not among the values"
        );
    };
    for path in after(".Values.", of_path) {
        check(&values, path);
    }
    for path in after("$global.", of_path) {
        check(global, path);
    }
    for path in after("$proxy.", of_path) {
        check(&global["proxy"], path);
    }
    assert!(read > 50, "{read}");
}

#[test]
fn every_action_is_closed() {
    let opening = ["if ", "with ", "range ", "define "]
        .iter()
        .map(|word| {
            let plain = TEXT.matches(&format!("{{{{ {word}")).count();
            let trimmed = TEXT.matches(&format!("{{{{- {word}")).count();
            plain + trimmed
        })
        .sum::<usize>();
    let closing = TEXT.matches("{{ end }}").count() + TEXT.matches("{{- end }}").count();
    assert_eq!(opening, closing);
}
