//! YAML in and out. Owns the one strict reader of what people write and the one emitter; what documents mean is not known
//! here.
//!
//! Strict: a key twice, an unknown tag, `.nan` and anything that is only nearly YAML is refused; merge keys (`<<`) work and
//! old octal numbers (`0644`) are what kubectl takes them for. Anchors may be used, but not to blow a file up.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use serde_saphyr::{Spanned, alias_limits, budget, options};

use crate::problem::{Problem, Problems};
use crate::setting::{Entry, Setting, Settings, Tree};
use crate::source::{Origin, Source};

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

/// What the parser hands over: a value of unknown kind.
enum Raw {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Raw, E> {
        Number::from_f64(value)
            .map(Raw::Number)
            .ok_or_else(|| E::custom("is not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            list.push(entry);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
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

fn origin_of(location: serde_saphyr::Location, source: &Arc<Source>) -> Origin {
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

fn refusal(error: &serde_saphyr::Error, source: &Arc<Source>) -> Problem {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::path::Path;
    use crate::source::SourceKind;

    fn source(text: &str) -> Arc<Source> {
        Source::new(SourceKind::File, "f.yaml", text)
    }

    #[test]
    fn reads_what_kubectl_reads() {
        for (text, documents) in [
            ("", json!([])),
            ("# nothing\n---\n---\n# still\n", json!([])),
            ("a: 1\n---\nb: 2\n", json!([{"a": 1}, {"b": 2}])),
            (
                "a: 0755\nb: yes\nc: 1.5\nd: '1'\ne:\nf: ~\n",
                json!([{"a": 493, "b": true, "c": 1.5, "d": "1", "e": null, "f": null}]),
            ),
            ("80: x\ntrue: z\n", json!([{"80": "x", "true": "z"}])),
            (
                "a: &x {b: 1}\nc: {<<: *x, d: 2}\n",
                json!([{"a": {"b": 1}, "c": {"d": 2, "b": 1}}]),
            ),
            ("\u{feff}a: 1\r\nb: é\r\n", json!([{"a": 1, "b": "é"}])),
        ] {
            let read = Value::Array(read_values(&source(text)).unwrap());
            assert_eq!(read, documents, "{text:?}");
        }
    }

    #[test]
    fn knows_where_things_stand() {
        let text = "a: 1\nb:\n  é: [x, {c: 'y'}]\n";
        let document = read(&source(text)).unwrap().remove(0);
        for (path, place, value) in [
            ("a", "f.yaml:1:1", "1"),
            ("b.é", "f.yaml:3:3", "["),
            ("b.é[1].c", "f.yaml:3:11", "'y'"),
        ] {
            let path = Path::lenient(path);
            assert_eq!(document.place(&path).to_string(), place);
            assert_eq!(document.at(&path).unwrap().origin.text(), value);
        }
    }

    #[test]
    fn writes_what_every_reader_reads_back() {
        let nasty = [
            "",
            "yes",
            "on",
            "1_000",
            "0o7",
            "08",
            "1e3",
            "null",
            "~",
            "- a",
            "a: b",
            "#x",
            "x #y",
            "'",
            "\"",
            "\\",
            "@a",
            "`a`",
            " a ",
            "a\nb",
            "a\n",
            "\n",
            "\t",
            "\u{0}",
            "\u{7f}",
            "\u{85}",
            "\u{feff}",
            "😀",
            "!t",
            "&a",
            "*a",
            "%a",
            "|",
            ">",
            "---",
            "...",
            "2001-01-01",
            "12:30",
            "0x10",
            ".inf",
            "NaN",
            "=",
            "<<",
            "[a",
            "{a",
            "a]",
            "? a",
            "trailing  \nspace",
        ];
        let value = json!({"list": &nasty[..], "map": nasty.iter().map(|key| ((*key).to_owned(), json!(1))).collect::<serde_json::Map<_, _>>(),
            "number": [0, -1, 1.5, 1e300, u64::MAX], "empty": [{}, []], "null": null});
        let text = to_yaml(&value);
        assert_eq!(read_values(&source(&text)).unwrap(), [value], "{text}");
    }
}
