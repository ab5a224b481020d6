//! The path language of overlays: `a.b.[name:x].c`.
//!
//! - `key` steps into a map. A dot that belongs to a key is written `\.`.
//! - `[key:value]` chooses the entry of a list of maps whose `key` is `value` (compared as text). `\:` is a colon.
//! - `[value]` chooses the first entry of a plain list that matches the regular expression `value`.
//! - `[N]` chooses by position, in a list of maps, counted from 0.
//! - `[]`, last in a path, adds an entry at the end of a list.
//!
//! Dots inside brackets belong to the brackets. Owns parsing and choosing; must not know how values are written.

use std::fmt;

use meshhost_piece::serde_json::Value;
use regex_lite::Regex;

/// A parsed path.
#[derive(Debug, Clone)]
pub struct Path(Vec<Step>);

/// One part of a path.
#[derive(Debug, Clone)]
pub enum Step {
    /// Into a map.
    Key(String),
    /// The entry whose field has a value.
    Field {
        /// The field.
        key: String,
        /// Its value as text.
        value: String,
    },
    /// The first plain entry that matches, or in a list of maps the entry at this number.
    Entry {
        /// As written.
        text: String,
        /// The same as an expression.
        pattern: Regex,
    },
    /// A new entry at the end.
    Append,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// What is malformed, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let steps = split(text)?
            .into_iter()
            .map(Step::parse)
            .collect::<Result<Vec<_>, _>>()?;
        match steps.first() {
            None => return Err("the path is empty".to_owned()),
            Some(Step::Key(_)) => {}
            Some(step) => return Err(format!("a path starts with a key, not with {step}")),
        }
        match steps.iter().position(|step| matches!(step, Step::Append)) {
            Some(at) if at + 1 < steps.len() => {
                Err("`[]` adds an entry and can only be the last part".to_owned())
            }
            _ => Ok(Self(steps)),
        }
    }

    /// Its parts.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

/// Cuts at dots outside of brackets; empty parts are skipped, as istioctl does.
fn split(text: &str) -> Result<Vec<String>, String> {
    let mut parts = vec![String::new()];
    let mut in_brackets = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let part = parts.last_mut().expect("starts with one part");
        match character {
            '\\' if !in_brackets && characters.peek() == Some(&'.') => {
                characters.next();
                part.push('.');
            }
            '.' if !in_brackets => parts.push(String::new()),
            '[' if part.is_empty() => {
                in_brackets = true;
                part.push(character);
            }
            // The bracket that closes is the one before a dot or the end: `[a[0-9]]` is one part.
            ']' if in_brackets && matches!(characters.peek(), None | Some('.')) => {
                in_brackets = false;
                part.push(character);
            }
            _ => part.push(character),
        }
    }
    if in_brackets {
        return Err("a `[` is not closed".to_owned());
    }
    parts.retain(|part| !part.is_empty());
    Ok(parts)
}

impl Step {
    fn parse(part: String) -> Result<Self, String> {
        let Some(inside) = part
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        else {
            return Ok(Self::Key(part));
        };
        if inside.is_empty() {
            return Ok(Self::Append);
        }
        if let Some((key, value)) = split_field(inside) {
            return Ok(Self::Field { key, value });
        }
        let text = inside.replace("\\:", ":");
        let pattern = Regex::new(&text)
            .map_err(|error| format!("`{part}` is not a regular expression: {error}"))?;
        Ok(Self::Entry { text, pattern })
    }

    /// The position of the entry that this step chooses.
    ///
    /// # Errors
    /// No entry is chosen; the message lists what there is.
    pub(super) fn find(&self, items: &[Value]) -> Result<usize, String> {
        let found = match self {
            Self::Field { key, value } => items
                .iter()
                .position(|item| item.get(key).and_then(plain).as_deref() == Some(value))
                // In a plain list the colon is part of the expression.
                .or_else(|| {
                    let pattern = Regex::new(&format!("{key}:{value}")).ok()?;
                    items
                        .iter()
                        .position(|item| plain(item).is_some_and(|item| pattern.is_match(&item)))
                }),
            Self::Entry { text, pattern } => items
                .iter()
                .position(|item| plain(item).is_some_and(|item| pattern.is_match(&item)))
                .or_else(|| {
                    let index = text.parse::<usize>().ok()?;
                    items.get(index).filter(|item| item.is_object())?;
                    Some(index)
                }),
            Self::Key(_) | Self::Append => None,
        };
        found.ok_or_else(|| {
            let there: Vec<_> = items.iter().map(|item| self.shown(item)).collect();
            format!("no entry is {self}; there are: {}", there.join(", "))
        })
    }

    fn shown(&self, item: &Value) -> String {
        match self {
            Self::Field { key, .. } => item.get(key).and_then(plain),
            _ => plain(item),
        }
        .unwrap_or_else(|| "{…}".to_owned())
    }
}

/// `key:value`, the key being a plain word; `\:` does not separate.
fn split_field(inside: &str) -> Option<(String, String)> {
    let mut before = '\0';
    let at = inside.char_indices().find_map(|(at, character)| {
        let separates = character == ':' && before != '\\';
        before = character;
        separates.then_some(at)
    })?;
    let (key, value) = (&inside[..at], &inside[at + 1..]);
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    if key.is_empty() || value.is_empty() || !key.chars().all(is_word) {
        return None;
    }
    Some((key.to_owned(), value.replace("\\:", ":")))
}

/// A leaf as text.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(out, "`{key}`"),
            Self::Field { key, value } => write!(out, "`[{key}:{value}]`"),
            Self::Entry { text, .. } => write!(out, "`[{text}]`"),
            Self::Append => out.write_str("`[]`"),
        }
    }
}
