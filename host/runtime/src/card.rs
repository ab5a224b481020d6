//! Checking what a piece says of itself. Owns the rules of a card; must not know how the card came here.

use meshhost_core::card::{Card, WantedFile};
use meshhost_core::object::is_dns_label;
use meshhost_core::selector::Selector;
use meshhost_core::{json, object, quote};
use serde_json::Value;

use crate::contract::v0_1::Description;

/// Entries in each list of a card.
const MOST_ENTRIES: usize = 1_000;
/// Bytes of a settings schema.
const LARGEST_SCHEMA: usize = 1 << 20;
/// Characters of a sentence.
const LONGEST_SENTENCE: usize = 500;
/// Characters of an image reference: registry, repository (255 at most) and digest.
const LONGEST_IMAGE: usize = 600;

/// The checked card, or all that is wrong with it.
pub(crate) fn check(description: Description) -> Result<Card, Vec<String>> {
    let mut problems = Vec::new();
    if !is_dns_label(&description.name) {
        problems.push(format!(
            "name is \"{}\", which is not a DNS label",
            quote::line(&description.name, 80)
        ));
    }
    if let Err(error) = semver::Version::parse(&description.version) {
        problems.push(format!(
            "version is \"{}\", which is not semver: {error}",
            quote::line(&description.version, 80)
        ));
    }
    let settings_schema = schema(&description.settings_schema).unwrap_or_else(|problem| {
        problems.push(format!("settings-schema {problem}"));
        Value::Null
    });
    for (list, length) in [
        ("files", description.files.len()),
        ("emits", description.emits.len()),
        ("amends", description.amends.len()),
        ("assesses", description.assesses.len()),
        ("images", description.images.len()),
    ] {
        if length > MOST_ENTRIES {
            problems.push(format!(
                "{list} has {length} entries, more than {MOST_ENTRIES}"
            ));
            return Err(problems);
        }
    }
    problems.extend(files(&description.files));
    for (list, selectors) in [
        ("emits", &description.emits),
        ("amends", &description.amends),
        ("assesses", &description.assesses),
    ] {
        for (number, selector) in selectors.iter().enumerate() {
            if let Some(problem) = selector_problem(selector) {
                problems.push(format!("{list} {}: {problem}", number + 1));
            }
        }
    }
    for image in &description.images {
        if image.is_empty()
            || image.len() > LONGEST_IMAGE
            || !image.bytes().all(|byte| byte.is_ascii_graphic())
        {
            problems.push(format!(
                "images: \"{}\" is not an image reference",
                quote::line(image, 80)
            ));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Card {
        name: description.name,
        version: description.version,
        summary: quote::line(&description.summary, LONGEST_SENTENCE),
        settings_schema,
        files: description
            .files
            .into_iter()
            .map(|file| WantedFile {
                purpose: quote::line(&file.purpose, LONGEST_SENTENCE),
                ..file
            })
            .collect(),
        emits: description.emits,
        amends: description.amends,
        assesses: description.assesses,
        images: description.images,
    })
}

fn schema(text: &str) -> Result<Value, String> {
    if text.len() > LARGEST_SCHEMA {
        return Err(format!(
            "has {} bytes, more than {LARGEST_SCHEMA}",
            text.len()
        ));
    }
    let schema = json::read(text)
        .map_err(|error| format!("is not JSON: {}", quote::line(&error.to_string(), 200)))?;
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Err("is not the schema of an object: it needs \"type\": \"object\"".to_owned());
    }
    match foreign_reference(&schema) {
        Some(reference) => Err(format!(
            "refers to \"{}\": only references into itself (#/…) are followed",
            quote::line(reference, 80)
        )),
        None => Ok(schema),
    }
}

/// A `$ref` that somebody would have to fetch. The depth is bounded by the JSON reader.
fn foreign_reference(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(map) => map.iter().find_map(|(key, value)| match (&**key, value) {
            ("$ref" | "$dynamicRef", Value::String(reference)) if !reference.starts_with('#') => {
                Some(reference.as_str())
            }
            _ => foreign_reference(value),
        }),
        Value::Array(list) => list.iter().find_map(foreign_reference),
        _ => None,
    }
}

fn files(files: &[WantedFile]) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let name = quote::line(&file.name, 80);
        if !is_dns_label(&file.name) {
            problems.push(format!("files: \"{name}\" is not a DNS label"));
        } else if files[..number].iter().any(|other| other.name == file.name) {
            problems.push(format!("files: {name} is there twice"));
        }
    }
    problems
}

fn selector_problem(selector: &Selector) -> Option<String> {
    let not = |field: &str, text: &str, expected: &str| {
        Some(format!(
            "{field} \"{}\" is not {expected}",
            quote::line(text, 80)
        ))
    };
    if let Some(group) = selector.group.as_deref()
        && object::split_api_version(&format!("{group}/v1")).is_none()
        && !group.is_empty()
    {
        return not(
            "group",
            group,
            "an API group such as apps, or empty for the core group",
        );
    }
    if let Some(kind) = selector.kind.as_deref()
        && !(kind.starts_with(|first: char| first.is_ascii_alphabetic())
            && kind.len() <= 63
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        return not("kind", kind, "a kind such as Deployment");
    }
    if let Some(namespace) = selector.namespace.as_deref()
        && !namespace.is_empty()
        && !is_dns_label(namespace)
    {
        return not(
            "namespace",
            namespace,
            "a DNS label, or empty for cluster-scoped objects",
        );
    }
    if let Some(name) = selector.name.as_deref() {
        let start = name.strip_suffix('*').unwrap_or(name);
        if name.is_empty()
            || name.len() > 253
            || start
                .chars()
                .any(|c| matches!(c, '*' | '/' | '%') || c.is_control() || c.is_whitespace())
        {
            return not(
                "name",
                name,
                "a name, or the start of one with * at its end",
            );
        }
    }
    None
}
