//! Workloads to put sidecars into: the documents of a text, what becomes of them, and the text that comes out. Owns keeping
//! everything that is not injected exactly as it was written; what is injected, and into what, is decided by a piece.

use std::sync::Arc;

use serde_json::Value;

use crate::card::{self, Outcome};
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::setting::{Setting, kind_of};
use crate::source::Source;
use crate::{json, yaml};

mod added;
mod split;

pub use added::added;

/// The documents of one text.
#[derive(Debug)]
pub struct Workloads {
    documents: Vec<Document>,
}

#[derive(Debug)]
struct Document {
    /// As it was written.
    text: String,
    content: Setting,
    /// Where its objects are: at the root, or the items of a `List`.
    objects: Vec<Path>,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Injected {
    /// The whole text, YAML.
    pub text: String,
    /// Worth knowing.
    pub notes: Vec<Problem>,
    /// Probably not what was meant.
    pub warnings: Vec<Problem>,
}

impl Workloads {
    /// Reads the documents of a text; it may have none.
    ///
    /// # Errors
    /// What is no YAML, and documents that are no objects.
    pub fn read(source: &Arc<Source>) -> Result<Self, Problems> {
        let contents = yaml::read(source)?;
        let texts = split::documents(&source.text);
        // Where the two do not see the same documents, what was written cannot be kept as it is.
        let texts = if texts.len() == contents.len() {
            texts.into_iter().map(str::to_owned).collect()
        } else {
            let written = |content: &Setting| yaml::to_yaml(&content.to_json());
            contents.iter().map(written).collect::<Vec<_>>()
        };
        let mut problems = Problems::default();
        let mut documents = Vec::new();
        for (content, text) in contents.into_iter().zip(texts) {
            if content.map().is_none() {
                let message = format!(
                    "must be an object with `apiVersion` and `kind`, not {}",
                    kind_of(&content.value)
                );
                problems.push(Problem::at(&content.origin, "", message));
                continue;
            }
            let mut objects = Vec::new();
            find(&content, Path::root(), &mut objects);
            documents.push(Document {
                text,
                content,
                objects,
            });
        }
        problems.or(Self { documents })
    }

    /// Every object, one JSON text each; those of a `List` one by one.
    #[must_use]
    pub fn objects(&self) -> Vec<String> {
        let objects = |document: &Document| {
            let objects = document.objects.iter();
            let found = objects.filter_map(|path| document.content.at(path));
            found
                .map(|object| object.to_json().to_string())
                .collect::<Vec<_>>()
        };
        self.documents.iter().flat_map(objects).collect()
    }

    /// Puts together what became of the objects: one outcome for each of [`Workloads::objects`].
    ///
    /// # Errors
    /// What could not be injected, and what came back as another object.
    pub fn finish(self, outcomes: Vec<Outcome>) -> Result<Injected, Problems> {
        let mut injected = Injected::default();
        let mut problems = Problems::default();
        let mut outcomes = outcomes.into_iter();
        for document in self.documents {
            let mut whole = None;
            for path in &document.objects {
                let (Some(object), Some(outcome)) = (document.content.at(path), outcomes.next())
                else {
                    continue;
                };
                for problem in &outcome.problems {
                    problems.push(told(object, problem));
                }
                for diagnostic in outcome.diagnostics {
                    let told = told(
                        object,
                        &card::Problem {
                            path: diagnostic.path.unwrap_or_default(),
                            message: diagnostic.message,
                            hint: None,
                        },
                    );
                    match diagnostic.severity {
                        card::Severity::Note => injected.notes.push(told),
                        card::Severity::Warning => injected.warnings.push(told),
                    }
                }
                let Some(text) = outcome.injected else {
                    continue;
                };
                match same(object, &text) {
                    Ok(value) => {
                        let whole = whole.get_or_insert_with(|| document.content.to_json());
                        if let Some(place) = whole.pointer_mut(&path.pointer()) {
                            *place = value;
                        }
                    }
                    Err(why) => problems.push(told(
                        object,
                        &card::Problem {
                            path: String::new(),
                            message: format!("what came back {why}"),
                            hint: None,
                        },
                    )),
                }
            }
            if !injected.text.is_empty() {
                injected.text.push_str("---\n");
            }
            match whole {
                Some(whole) => injected.text.push_str(&yaml::to_yaml(&whole)),
                None => injected.text.push_str(&document.text),
            }
            if !injected.text.ends_with('\n') {
                injected.text.push('\n');
            }
        }
        problems.or(injected)
    }
}

/// Finds the objects in a document: lists may be in lists.
fn find(content: &Setting, at: Path, objects: &mut Vec<Path>) {
    let items = content.get("items").and_then(Setting::list);
    match (content.get("kind").and_then(Setting::text), items) {
        (Some("List"), Some(items)) => {
            for (index, item) in items.iter().enumerate() {
                find(item, at.key("items").index(index), objects);
            }
        }
        _ => objects.push(at),
    }
}

/// A problem with an object, at the place where it is written.
fn told(object: &Setting, problem: &card::Problem) -> Problem {
    let path = Path::lenient(&problem.path);
    Problem::at(
        object.place(&path),
        &problem.path,
        format!("{} {}", name(&object.to_json()), problem.message),
    )
    .maybe_hint(problem.hint.clone())
}

/// `Deployment store/cart`.
fn name(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    let name = match text(&metadata["name"]) {
        name if name.is_empty() => text(&metadata["generateName"]),
        name => name,
    };
    match text(&metadata["namespace"]) {
        namespace if namespace.is_empty() => format!("{} {name}", text(&object["kind"])),
        namespace => format!("{} {namespace}/{name}", text(&object["kind"])),
    }
}

/// Reads what a piece gave back for an object; it must be that object.
fn same(object: &Setting, text: &str) -> Result<Value, String> {
    let value = json::read(text).map_err(|error| format!("is not JSON: {error}"))?;
    let before = object.to_json();
    // A name that YAML takes for a number is a text to whoever knows its type.
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => Some(text.clone()),
        Some(value) => Some(value.to_string()),
        None => None,
    };
    for pointer in [
        "/apiVersion",
        "/kind",
        "/metadata/name",
        "/metadata/namespace",
    ] {
        if text(before.pointer(pointer)) != text(value.pointer(pointer)) {
            return Err(format!(
                "is another object: its {} has changed",
                pointer.trim_start_matches('/').replace('/', ".")
            ));
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
