//! YAML in and out. Owns the one strict reader of what people write and the one emitter; what documents mean is not known
//! here.
//!
//! Strict: a key twice, an unknown tag, `.nan` and anything that is only nearly YAML is refused; merge keys (`<<`) work and
//! old octal numbers (`0644`) are what kubectl takes them for. Anchors may be used, but not to blow a file up.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use serde_json::Value;
use serde_saphyr::{Spanned, alias_limits, budget, options};

use crate::problem::{Problem, Problems};
use crate::setting::{Entry, Setting, Settings, Tree};
use crate::source::{Origin, Source};

mod place;
mod raw;

use place::{origin_of, refusal};
use raw::Raw;

/// Deeper nesting than any Kubernetes object has; low enough that recursion over what was read is safe anywhere.
const MAX_DEPTH: usize = 100;
/// The parser recurses, with large frames when it is not optimised: this is enough for [`MAX_DEPTH`] ten times over, whatever
/// the caller's own stack is.
const STACK: usize = 32 << 20;
/// Largest text that is read, in bytes: the CRDs of a large mesh are 2 MB.
const MAX_BYTES: usize = 64 << 20;

/// Reads every document of a text; documents without content are left out.
///
/// # Errors
/// At the first thing that is no YAML, or that is refused because it is too large or too deep.
pub fn read(source: &Arc<Source>) -> Result<Vec<Setting>, Problems> {
    if source.text.len() > MAX_BYTES {
        let message = format!("is larger than {} MiB", MAX_BYTES >> 20);
        return Err(Problem::at(&Origin::new(source, 0, 0), "", message).into());
    }
    thread::scope(|scope| {
        let parsing = thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || parse(source));
        match parsing {
            Ok(parsing) => parsing.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => {
                let message = "cannot be read: this machine gives no thread to read it with";
                Err(Problem::at(&Origin::new(source, 0, 0), "", message).into())
            }
        }
    })
}

fn parse(source: &Arc<Source>) -> Result<Vec<Setting>, Problems> {
    let options = options! {
        budget: budget! {
            max_depth: MAX_DEPTH,
            max_documents: 50_000,
            max_events: 10_000_000,
            max_nodes: 5_000_000,
        },
        alias_limits: alias_limits! { max_total_replayed_events: 200_000 },
        legacy_octal_numbers: true,
        reject_unsupported_tags: true,
    };
    serde_saphyr::from_multiple_with_options::<Spanned<Raw>>(&source.text, options)
        .map(|documents| {
            let located = |document| located(document, source);
            documents.into_iter().map(located).collect()
        })
        .map_err(|error| refusal(&error, source).into())
}

/// Reads every document of a text, without places: for what is passed on as it is.
///
/// # Errors
/// As [`read`].
pub fn read_values(source: &Arc<Source>) -> Result<Vec<Value>, Problems> {
    Ok(read(source)?.iter().map(Setting::to_json).collect())
}

/// One document, as kubectl, PyYAML and every YAML 1.1 or 1.2 reader understand it: block style, texts that could be taken
/// for something else are quoted. Ends with a line feed.
///
/// # Panics
/// Never: a JSON value is always YAML.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    // Folding long lines makes diffs and searching worse.
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    let mut text = serde_saphyr::to_string_with_options(value, options)
        .expect("a JSON value has only kinds that YAML has");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Several documents with `---` between.
#[must_use]
pub fn to_yaml_documents<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    values
        .into_iter()
        .map(to_yaml)
        .collect::<Vec<_>>()
        .join("---\n")
}

/// Texts of documents with `---` between; empty ones are left out.
#[must_use]
pub fn joined<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let texts = texts.into_iter().filter(|text| !text.is_empty());
    texts.cloned().collect::<Vec<_>>().join("---\n")
}

fn located(raw: Spanned<Raw>, source: &Arc<Source>) -> Setting {
    let origin = origin_of(raw.referenced, source);
    let tree = match raw.value {
        Raw::Null => Tree::Null,
        Raw::Bool(value) => Tree::Bool(value),
        Raw::Number(number) => Tree::Number(number),
        Raw::Text(text) => Tree::Text(text),
        Raw::List(list) => Tree::List(list.into_iter().map(|raw| located(raw, source)).collect()),
        Raw::Map(map) => Tree::Map(
            map.into_iter()
                .map(|(key, raw)| {
                    let entry = Entry {
                        key: origin_of(key.referenced, source),
                        setting: located(raw, source),
                    };
                    (key.value, entry)
                })
                .collect::<Settings>(),
        ),
    };
    Setting::new(&origin, tree)
}

#[cfg(test)]
mod tests;
