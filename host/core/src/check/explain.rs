//! What a schema refuses, in words for the person who wrote the setting. Owns the wording; which schema and settings
//! these are is not known here.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use super::UNKNOWN;
use crate::nearest;
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::schema_view::SchemaView;
use crate::setting::{Setting, Tree, kind_of, shown};

pub(super) struct Check<'a> {
    pub(super) piece: &'a str,
    pub(super) settings: &'a Setting,
    pub(super) schema: SchemaView<'a>,
    pub(super) written: &'a dyn Fn(&Path) -> String,
}

impl Check<'_> {
    pub(super) fn explain(&self, error: &ValidationError<'_>, problems: &mut Problems) {
        let pointer = error.instance_path().as_str().to_owned();
        let path = Path::from_pointer(&pointer, |at| {
            self.settings
                .at(at)
                .is_some_and(|setting| setting.list().is_some())
        });
        match error.kind() {
            Kind::AdditionalProperties { unexpected }
            | Kind::UnevaluatedProperties { unexpected } => {
                for key in unexpected {
                    problems.push(self.unknown(&path, key));
                }
            }
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                if let Some(options) = choices(context, &pointer) {
                    problems.push(self.wrong_choice(&path, error, &options));
                    return;
                }
                match best_branch(context, &pointer) {
                    Some(branch) => branch
                        .iter()
                        .for_each(|error| self.explain(error, problems)),
                    None => problems.push(self.wrong_type(&path, &types_of(context))),
                }
            }
            Kind::Enum { options } => {
                let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
                problems.push(self.wrong_choice(&path, error, options));
            }
            Kind::Type { kind } => problems.push(self.wrong_type(&path, &type_names(kind))),
            other => problems.push(self.wrong_value(&path, error, other)),
        }
    }

    fn unknown(&self, above: &Path, key: &str) -> Problem {
        let path = above.key(key);
        let known = self.schema.properties(above);
        let place = self.settings.place(&path);
        Problem::at(
            place,
            (self.written)(&path),
            format!("{UNKNOWN} {}", self.piece),
        )
        .maybe_hint(nearest::hint(key, known))
    }

    fn wrong_type(&self, path: &Path, wanted: &[String]) -> Problem {
        let found = self.settings.at(path);
        let wanted_words: Vec<&str> = wanted.iter().map(|kind| words(kind)).collect();
        let message = match found {
            Some(found) => format!(
                "must be {}, not {} `{}`",
                either(&wanted_words),
                kind_of(&found.value),
                shown(found)
            ),
            None => format!("must be {}", either(&wanted_words)),
        };
        let wants = |kind: &str| wanted.iter().any(|wanted| wanted == kind);
        let hint = match found.map(|found| &found.value) {
            Some(Tree::Number(_) | Tree::Bool(_)) if wants("string") => {
                Some("write it in quotes".to_owned())
            }
            Some(Tree::Text(text))
                if (wants("integer") || wants("number")) && text.parse::<f64>().is_ok()
                    || wants("boolean") && (text == "true" || text == "false") =>
            {
                Some("write it without quotes".to_owned())
            }
            Some(Tree::List(list)) if wants("object") && list.is_empty() => {
                Some("write `key: value` pairs below it".to_owned())
            }
            _ => None,
        };
        self.at_value(path, message).maybe_hint(hint)
    }

    fn wrong_choice(&self, path: &Path, error: &ValidationError<'_>, options: &[Value]) -> Problem {
        let found = self.settings.at(path).and_then(Setting::text).unwrap_or("");
        let near = nearest::nearest(found, options.iter().filter_map(Value::as_str));
        let message = format!(
            "must be one of {}, not {}",
            list_of(options),
            error.instance()
        );
        self.at_value(path, message)
            .maybe_hint(near.first().map(|near| format!("did you mean `{near}`?")))
    }

    fn wrong_value(&self, path: &Path, error: &ValidationError<'_>, kind: &Kind) -> Problem {
        let (message, hint) = match kind {
            Kind::Constant { expected_value } => (format!("must be {expected_value}"), None),
            Kind::Required { property } => {
                let property = property.as_str().unwrap_or_default();
                (format!("lacks `{property}`"), None)
            }
            Kind::Minimum { limit } => (format!("must be at least {limit}"), None),
            Kind::Maximum { limit } => (format!("must be at most {limit}"), None),
            Kind::ExclusiveMinimum { limit } => (format!("must be more than {limit}"), None),
            Kind::ExclusiveMaximum { limit } => (format!("must be less than {limit}"), None),
            Kind::MinLength { limit: 1 } => ("must not be empty".to_owned(), None),
            Kind::Pattern { pattern } => (
                format!("`{}` does not have the form {pattern}", self.shown(path)),
                None,
            ),
            Kind::Format { format } => (format!("`{}` is no {format}", self.shown(path)), None),
            Kind::FalseSchema => ("must not be set".to_owned(), None),
            Kind::UniqueItems => ("holds something twice".to_owned(), None),
            Kind::PropertyNames { .. } => ("has a key that is not allowed here".to_owned(), None),
            _ => {
                let said: String = error.to_string().chars().take(200).collect();
                (format!("does not fit: {said}"), None)
            }
        };
        self.at_value(path, message).maybe_hint(hint)
    }

    fn shown(&self, path: &Path) -> String {
        self.settings.at(path).map(shown).unwrap_or_default()
    }

    fn at_value(&self, path: &Path, message: String) -> Problem {
        let place = match self.settings.at(path) {
            Some(setting) if setting.map().is_none() && setting.list().is_none() => &setting.origin,
            _ => self.settings.place(path),
        };
        Problem::at(place, (self.written)(path), message)
    }
}

/// The values that could have stood at a place, when each of the ways to fit is one of a few values; a documented choice
/// is written that way, one value a branch.
fn choices(context: &[Vec<ValidationError<'static>>], pointer: &str) -> Option<Vec<Value>> {
    let mut options = Vec::new();
    for branch in context {
        let [error] = branch.as_slice() else {
            return None;
        };
        if error.instance_path().as_str() != pointer {
            return None;
        }
        match error.kind() {
            Kind::Constant { expected_value } => options.push((**expected_value).clone()),
            Kind::Enum { options: some } => options.extend(some.as_array()?.iter().cloned()),
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                options.extend(choices(context, pointer)?);
            }
            Kind::Type { kind } if type_names(kind) == ["null"] => {}
            _ => return None,
        }
    }
    (!options.is_empty()).then_some(options)
}

/// Of the ways in which a value could have fitted, the one that it comes nearest to: the one whose complaints lie deepest.
/// `None` when it is of the wrong type for all of them.
fn best_branch<'a>(
    context: &'a [Vec<ValidationError<'static>>],
    pointer: &str,
) -> Option<&'a [ValidationError<'static>]> {
    let is_type = |error: &ValidationError<'_>| {
        matches!(error.kind(), Kind::Type { .. }) && error.instance_path().as_str() == pointer
    };
    let fitting: Vec<&[ValidationError<'static>]> = context
        .iter()
        .map(Vec::as_slice)
        .filter(|branch| !branch.iter().any(is_type))
        .collect();
    let nearest_miss = |branch: &&[ValidationError<'static>]| {
        let deepest = branch
            .iter()
            .map(|error| error.instance_path().as_str().len())
            .max();
        (deepest, std::cmp::Reverse(branch.len()))
    };
    fitting.into_iter().max_by_key(nearest_miss)
}

fn types_of(context: &[Vec<ValidationError<'static>>]) -> Vec<String> {
    let mut all = Vec::new();
    for error in context.iter().flatten() {
        match error.kind() {
            Kind::Type { kind } => all.extend(type_names(kind)),
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                all.extend(types_of(context));
            }
            _ => {}
        }
    }
    all.retain(|kind| kind != "null");
    all.sort();
    all.dedup();
    all
}

fn type_names(kind: &TypeKind) -> Vec<String> {
    let mut names: Vec<String> = match kind {
        TypeKind::Single(one) => vec![one.to_string()],
        TypeKind::Multiple(several) => several.iter().map(|one| one.to_string()).collect(),
    };
    if names.len() > 1 {
        names.retain(|name| name != "null");
    }
    names
}

fn words(kind: &str) -> &str {
    match kind {
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a text",
        "array" => "a list",
        "object" => "a map",
        other => other,
    }
}

fn either(words: &[&str]) -> String {
    match words.split_last() {
        None => "something else".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

fn list_of(options: &[Value]) -> String {
    let all: Vec<String> = options
        .iter()
        .filter(|option| !option.is_null())
        .map(ToString::to_string)
        .collect();
    all.join(", ")
}
