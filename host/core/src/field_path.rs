//! Paths that choose fields of objects: `spec.replicas`, `webhooks[*].clientConfig.caBundle`,
//! `spec.template.spec.containers[name=proxy].image`, `metadata.annotations["example.org/a"]`. Owns their grammar and what
//! they choose; must not know who owns a field.
//!
//! They are read as the API server spells fields in its conflicts, so that one can be copied from there: with a dot in
//! front, with texts in quotes, and with dots inside of a key. A path chooses a field and everything under it.

use std::fmt;

use serde_json::{Map, Value};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// A field, or a part of a field's name, as names may have dots.
    Field(String),
    /// Every item of a list.
    All,
    /// Items of a list that have these keys.
    Keys(Vec<(String, String)>),
    /// The item of a list of plain values.
    Item(String),
}

/// A path. As JSON it is its text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FieldPath {
    text: String,
    steps: Vec<Step>,
}

impl TryFrom<String> for FieldPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<FieldPath> for String {
    fn from(path: FieldPath) -> Self {
        path.text
    }
}

impl FieldPath {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut rest = text.strip_prefix('.').unwrap_or(text);
        loop {
            if let Some(inside) = rest.strip_prefix('[') {
                let (step, after) = bracket(inside)?;
                steps.push(step);
                rest = after;
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end == 0 {
                    return Err("a field's name is missing".to_owned());
                }
                steps.push(Step::Field(rest[..end].to_owned()));
                rest = &rest[end..];
            }
            rest = match rest.chars().next() {
                None => break,
                Some('[') => rest,
                Some('.') => &rest[1..],
                Some(other) => return Err(format!("`{other}` stands where a dot is missing")),
            };
        }
        Ok(Self {
            text: text.to_owned(),
            steps,
        })
    }

    /// Whether a member of a set of fields (see [`FieldSet`](crate::field_set::FieldSet)) is chosen, or is under what is.
    #[must_use]
    pub fn chooses(&self, path: &[&str]) -> bool {
        chooses(&self.steps, path)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What stands in brackets, and what is left behind it.
fn bracket(inside: &str) -> Result<(Step, &str), String> {
    let mut quoted = false;
    let mut escaped = false;
    let end = inside.find(|c| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' => return !quoted,
            _ => {}
        }
        false
    });
    let Some(end) = end else {
        return Err("`[` is not closed".to_owned());
    };
    let (text, after) = (&inside[..end], &inside[end + 1..]);
    let step = if text == "*" {
        Step::All
    } else if let Some(value) = text.strip_prefix('=') {
        Step::Item(bare(value))
    } else if text.starts_with('"') || !text.contains('=') {
        if text.is_empty() || text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!(
                "`[{text}]` does not name an item: items have no fixed place, so write `[KEY=VALUE]`, or `[*]` for all"
            ));
        }
        Step::Field(bare(text))
    } else {
        let pairs: Option<Vec<(String, String)>> = text
            .split(',')
            .map(|pair| {
                let (key, value) = pair.split_once('=')?;
                Some((key.trim().to_owned(), bare(value.trim())))
            })
            .collect();
        Step::Keys(pairs.ok_or_else(|| format!("`[{text}]` is not `[KEY=VALUE,…]`"))?)
    };
    Ok((step, after))
}

/// Without quotes.
fn bare(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::String(text)) => text,
        _ => text.to_owned(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The names that the next fields make together, the shortest first, each with what is left behind it.
fn names(steps: &[Step]) -> impl Iterator<Item = (String, &[Step])> {
    let fields = steps
        .iter()
        .take_while(|step| matches!(step, Step::Field(_)))
        .count();
    (1..=fields).map(move |number| {
        let parts: Vec<&str> = steps[..number]
            .iter()
            .filter_map(|step| match step {
                Step::Field(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        (parts.join("."), &steps[number..])
    })
}

fn chooses(steps: &[Step], path: &[&str]) -> bool {
    let (Some(first), Some((step, rest))) = (steps.first(), path.split_first()) else {
        return steps.is_empty();
    };
    match first {
        Step::Field(_) => names(steps)
            .any(|(name, left)| step.strip_prefix("f:") == Some(&name) && chooses(left, rest)),
        Step::All => !step.starts_with("f:") && chooses(&steps[1..], rest),
        Step::Item(wanted) => {
            let item = step
                .strip_prefix("v:")
                .and_then(|text| serde_json::from_str::<Value>(text).ok());
            item.is_some_and(|item| plain(&item) == *wanted) && chooses(&steps[1..], rest)
        }
        Step::Keys(wanted) => {
            let keys: Option<Map<String, Value>> = step
                .strip_prefix("k:")
                .and_then(|text| serde_json::from_str(text).ok());
            keys.is_some_and(|keys| has(&keys, wanted)) && chooses(&steps[1..], rest)
        }
    }
}

fn has(map: &Map<String, Value>, wanted: &[(String, String)]) -> bool {
    wanted
        .iter()
        .all(|(key, value)| map.get(key).is_some_and(|is| plain(is) == *value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_a_field_and_what_is_under_it() {
        let container = "k:{\"name\":\"proxy\"}";
        let image = [
            "f:spec",
            "f:template",
            "f:spec",
            "f:containers",
            container,
            "f:image",
        ];
        let annotation = ["f:metadata", "f:annotations", "f:example.org/a.b"];
        let port = [
            "f:spec",
            "f:ports",
            "k:{\"port\":80,\"protocol\":\"TCP\"}",
            "f:name",
        ];
        for (text, path, chosen) in [
            (
                "spec.template.spec.containers[name=proxy].image",
                &image[..],
                true,
            ),
            (
                ".spec.template.spec.containers[name=\"proxy\"].image",
                &image,
                true,
            ),
            ("spec.template", &image, true),
            ("spec.template.spec.containers[*].image", &image, true),
            (
                "spec.template.spec.containers[name=other].image",
                &image,
                false,
            ),
            ("spec.template.spec.containers[*].args", &image, false),
            ("spec.temp", &image, false),
            (
                "metadata.annotations[\"example.org/a.b\"]",
                &annotation,
                true,
            ),
            ("metadata.annotations[example.org/a.b]", &annotation, true),
            (".metadata.annotations.example.org/a.b", &annotation, true),
            ("metadata.annotations.example", &annotation, false),
            ("spec.ports[port=80,protocol=\"TCP\"].name", &port, true),
            ("spec.ports[port=80]", &port, true),
            ("spec.ports[port=8]", &port, false),
            (
                "metadata.finalizers[=\"x\"]",
                &["f:metadata", "f:finalizers", "v:\"x\""],
                true,
            ),
            // The parent of what is chosen is not chosen.
            ("spec.replicas", &["f:spec"], false),
        ] {
            let parsed = FieldPath::parse(text).unwrap();
            assert_eq!(parsed.chooses(path), chosen, "{text} {path:?}");
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for (text, why) in [
            ("", "a field's name is missing"),
            ("a..b", "a field's name is missing"),
            (
                "a[0]",
                "`[0]` does not name an item: items have no fixed place, so write `[KEY=VALUE]`, or `[*]` for all",
            ),
            ("a[b", "`[` is not closed"),
            ("a[*]b", "`b` stands where a dot is missing"),
            ("a[b=c,d]", "`[b=c,d]` is not `[KEY=VALUE,…]`"),
        ] {
            assert_eq!(FieldPath::parse(text), Err(why.to_owned()), "{text}");
        }
    }
}
