//! Places and refusals of the YAML parser in our own words. Owns the wording; reading is done elsewhere.

use std::sync::Arc;

use crate::problem::Problem;
use crate::source::{Origin, Source};

pub(super) fn origin_of(location: serde_saphyr::Location, source: &Arc<Source>) -> Origin {
    let span = location.span();
    let bytes = |number: Option<u64>| number.and_then(|number| usize::try_from(number).ok());
    match (bytes(span.byte_offset()), bytes(span.byte_len())) {
        (Some(start), length) => Origin::new(source, start, start + length.unwrap_or(0)),
        (None, _) => at_line(source, location.line(), location.column()),
    }
}

/// For the parser's own errors, which know line and column only.
fn at_line(source: &Arc<Source>, line: u64, column: u64) -> Origin {
    let line = usize::try_from(line).unwrap_or(usize::MAX).max(1) - 1;
    let column = usize::try_from(column).unwrap_or(usize::MAX).max(1) - 1;
    let start = if line == 0 {
        0
    } else {
        source
            .text
            .match_indices('\n')
            .nth(line - 1)
            .map_or(source.text.len(), |(at, _)| at + 1)
    };
    let offset = source.text[start..]
        .char_indices()
        .nth(column)
        .map_or(source.text.len() - start, |(at, _)| at);
    Origin::new(source, start + offset, start + offset)
}

pub(super) fn refusal(error: &serde_saphyr::Error, source: &Arc<Source>) -> Problem {
    let location = error.location();
    let origin = location.map_or_else(
        || Origin::new(source, 0, 0),
        |location| origin_of(location, source),
    );
    let error = error.without_snippet();
    let whole = error.to_string();
    let said = whole.split(" at line ").next().unwrap_or(&whole);
    let (message, hint): (String, Option<&str>) = match error {
        serde_saphyr::Error::DuplicateMappingKey { key, .. } => (
            key.as_ref().map_or_else(
                || "a key stands twice in one map".to_owned(),
                |key| format!("the key `{}` stands twice in one map", short(key)),
            ),
            Some("keep one of the two"),
        ),
        serde_saphyr::Error::Budget { .. } => (
            format!("is too large or too deep to be meant: {}", short(said)),
            Some("split it, or write it without anchors that repeat each other"),
        ),
        _ if said.contains("tabs disallowed") => (
            "a tab stands where only spaces may indent".to_owned(),
            Some("indent with spaces"),
        ),
        _ if said.contains("alias replay limit") || said.contains("recursion limit") => (
            format!("is too large or too deep to be meant: {}", short(said)),
            Some("write it without anchors that repeat each other, and with less nesting"),
        ),
        _ if said.contains("null into string") || said.contains("expected string scalar") => (
            "a key of a map must be a text".to_owned(),
            Some("write the key in quotes"),
        ),
        _ if said.contains("non-finite") => (
            "is not a finite number".to_owned(),
            Some("write it in quotes if a text is meant"),
        ),
        _ if said.contains("unexpected character") => (
            format!("is not YAML: {}", short(said)),
            Some("remove the character; in a quoted text it is written with a backslash"),
        ),
        _ => (format!("is not YAML: {}", short(said)), None),
    };
    Problem::at(&origin, "", message).maybe_hint(hint.map(str::to_owned))
}

fn short(text: &str) -> String {
    text.chars()
        .take(160)
        .flat_map(char::escape_debug)
        .collect::<String>()
        .replace("\\'", "'")
        .replace("\\\"", "\"")
}
