//! `--set PATH=VALUE[,PATH=VALUE…]`. Owns the grammar of the flag and how an assignment changes a tree; which settings exist
//! is not known here.
//!
//! The grammar is that of Helm's `--set`: dots between keys, `[0]` for an entry of a list, `{a,b}` for a whole list, commas
//! between assignments, `\` before a character that is meant as it is. `true`, `false` (also `True`, as YAML and istioctl
//! have it), `null` (takes the setting away) and numbers are guessed from their looks, with what was typed kept: where a text is expected it is that text, so that
//! `tag=1.4` works. A number with a leading zero is a text.
//!
//! istioctl 1.4 has no commas, lists or escapes: it splits at `=` once and takes the rest as it is. Here a part behind a
//! comma that has no `=` still belongs to the value before it, which Helm refuses and istioctl accepts
//! (`values.global.proxy.includeIPRanges=10.0.0.0/8,10.1.0.0/16`). Unlike istioctl, no `--set` silently sets
//! `defaultNamespace`, and none turns a map into something else.

use std::sync::Arc;

use serde_json::Number;

use crate::path::{Path, Step};
use crate::problem::{Problem, Problems};
use crate::setting::{Setting, Tree};
use crate::source::{Origin, Source};

mod assign;

pub use assign::assign;

/// Deeper than any setting; low enough that recursion over what was set is safe.
const MAX_STEPS: usize = 64;

/// One `PATH=VALUE`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// What is set.
    pub path: Path,
    /// Where the path stands in the argument.
    pub key: Origin,
    /// To what; [`Tree::Null`] takes the setting away.
    pub value: Setting,
}

/// Reads one argument. With `as_text` (`--set-string`) no value is guessed to be anything but a text.
///
/// # Errors
/// All that is wrong with it, each at its place.
pub fn parse(source: &Arc<Source>, as_text: bool) -> Result<Vec<Assignment>, Problems> {
    let mut assignments: Vec<Assignment> = Vec::new();
    let mut problems = Problems::default();
    for (start, end) in pairs(&source.text) {
        match pair(source, start, end, as_text) {
            Ok(assignment) => {
                if let Some(twice) = assignments
                    .iter()
                    .find(|before| before.path == assignment.path)
                {
                    problems.push(
                        Problem::at(&assignment.key, &twice.path, "is set twice in one --set")
                            .hint("keep one of the two"),
                    );
                }
                assignments.push(assignment);
            }
            Err(problem) => problems.push(problem),
        }
    }
    problems.or(assignments)
}

/// Byte ranges of the assignments: cut at commas that are not escaped, not in `{}`, and have a `=` behind them before the
/// next such comma.
fn pairs(text: &str) -> Vec<(usize, usize)> {
    let mut cuts = vec![];
    let mut start = 0;
    let mut braces = 0_usize;
    let mut escaped = false;
    let mut value_starts = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
            value_starts = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '{' if value_starts => braces += 1,
            '}' if braces > 0 => braces -= 1,
            ',' if braces == 0 => {
                cuts.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
        value_starts = c == '=' && !text[start..at].contains('=');
    }
    cuts.push((start, text.len()));
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for (start, end) in cuts {
        match joined.last_mut() {
            Some(before) if start < end && find(&text[start..end], '=').is_none() => before.1 = end,
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// First place of a character that is not escaped.
fn find(text: &str, wanted: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == wanted {
            return Some(at);
        }
    }
    None
}

fn pair(
    source: &Arc<Source>,
    start: usize,
    end: usize,
    as_text: bool,
) -> Result<Assignment, Problem> {
    let text = &source.text[start..end];
    let here = Origin::new(source, start, end);
    if text.is_empty() {
        let message = if source.text.is_empty() {
            "is empty"
        } else {
            "nothing stands before or behind a comma"
        };
        return Err(Problem::at(&here, "", message)
            .hint("write PATH=VALUE, and `\\,` for a comma inside a value"));
    }
    let Some(equals) = find(text, '=') else {
        return Err(
            Problem::at(&here, "", format!("`{}` has no value", text.escape_debug()))
                .hint("write PATH=VALUE; PATH=null takes a setting away"),
        );
    };
    let path = path(source, start, start + equals)?;
    let (from, value) = (start + equals + 1, &text[equals + 1..]);
    let origin = Origin::new(source, from, end);
    let value = if value.starts_with('{') && !as_text {
        list(source, from, end, &path)?
    } else {
        scalar(&origin, value, as_text)
    };
    Ok(Assignment {
        path,
        key: Origin::new(source, start, start + equals),
        value,
    })
}

fn path(source: &Arc<Source>, start: usize, end: usize) -> Result<Path, Problem> {
    let text = &source.text[start..end];
    let wrong = |from: usize, to: usize, message: String| {
        Problem::at(&Origin::new(source, start + from, start + to), "", message)
    };
    let mut steps = Vec::new();
    let mut at = 0;
    loop {
        let (key, next) = key(text, at);
        if key.is_empty() {
            return Err(wrong(at, at + 1, "a key is missing here".to_owned())
                .hint("write keys with one dot between, and a list's entry without: `a.b[0].c`"));
        }
        if key.trim() != key || key.chars().any(char::is_control) {
            let message = format!("`{}` is no key", key.escape_debug());
            return Err(wrong(at, next, message)
                .hint("write no spaces around keys and `=`, and no control characters"));
        }
        if steps.len() > MAX_STEPS {
            return Err(wrong(
                at,
                next,
                format!("goes deeper than {MAX_STEPS} steps"),
            ));
        }
        steps.push(Step::Key(key));
        at = next;
        while text[at..].starts_with('[') {
            let Some(close) = text[at..].find(']').map(|close| at + close) else {
                return Err(wrong(at, text.len(), "`[` is not closed".to_owned()));
            };
            let Ok(index) = text[at + 1..close].parse::<u16>() else {
                let found = text[at + 1..close].escape_debug();
                return Err(
                    wrong(at, close + 1, format!("`{found}` is no entry of a list"))
                        .hint("entries are counted from 0: `list[0]`"),
                );
            };
            steps.push(Step::Index(usize::from(index)));
            if steps.len() > MAX_STEPS {
                return Err(wrong(
                    at,
                    close + 1,
                    format!("goes deeper than {MAX_STEPS} steps"),
                ));
            }
            at = close + 1;
        }
        match text[at..].chars().next() {
            None => return Ok(Path(steps)),
            Some('.') => at += 1,
            Some(_) => {
                return Err(wrong(at, at + 1, "a dot is missing here".to_owned())
                    .hint("write `list[0].key`"));
            }
        }
    }
}

/// A key that begins at `at`, without its escapes, and where it ends.
fn key(text: &str, at: usize) -> (String, usize) {
    let mut key = String::new();
    let mut escaped = false;
    for (offset, c) in text[at..].char_indices() {
        match c {
            _ if escaped => {
                key.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '.' | '[' => return (key, at + offset),
            _ => key.push(c),
        }
    }
    (key, text.len())
}

/// `{a,b}`, from the brace on.
fn list(source: &Arc<Source>, start: usize, end: usize, path: &Path) -> Result<Setting, Problem> {
    let text = &source.text[start..end];
    let Some(close) = find(text, '}') else {
        return Err(
            Problem::at(&Origin::new(source, start, end), path, "`{` is not closed")
                .hint("write a list as `{a,b}`, and a text that begins with a brace as `\\{`"),
        );
    };
    if close + 1 != text.len() {
        let rest = Origin::new(source, start + close + 1, end);
        return Err(
            Problem::at(&rest, path, "something stands behind the list's `}`")
                .hint("write a comma before the next assignment"),
        );
    }
    let mut entries = Vec::new();
    let mut at = 1;
    while at < close || (at == close && !entries.is_empty() && text[..at].ends_with(',')) {
        let length = find(&text[at..close], ',').unwrap_or(close - at);
        let origin = Origin::new(source, start + at, start + at + length);
        entries.push(scalar(&origin, &text[at..at + length], false));
        at += length + 1;
    }
    let origin = Origin::new(source, start, end);
    Ok(Setting::new(&origin, Tree::List(entries)))
}

/// A value without its escapes; one with escapes is a text.
fn scalar(origin: &Origin, raw: &str, as_text: bool) -> Setting {
    let mut text = String::new();
    let mut escaped = false;
    for c in raw.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            text.push(c);
            escaped = false;
        }
    }
    let guessed = if as_text || raw.contains('\\') {
        None
    } else {
        guess(&text)
    };
    match guessed {
        Some(tree) => Setting {
            typed: Some(text.into()),
            ..Setting::new(origin, tree)
        },
        None => Setting::new(origin, Tree::Text(text)),
    }
}

fn guess(text: &str) -> Option<Tree> {
    match text {
        "true" | "True" | "TRUE" => return Some(Tree::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Tree::Bool(false)),
        "null" => return Some(Tree::Null),
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    match fraction {
        None => text
            .parse::<i64>()
            .ok()
            .map(|number| Tree::Number(number.into())),
        Some(fraction) if all_digits(fraction) => text
            .parse::<f64>()
            .ok()
            .and_then(Number::from_f64)
            .map(Tree::Number),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests;
