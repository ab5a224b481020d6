//! Settings against the JSON Schema of the piece they are for. Owns turning a schema's refusal into a problem at the place
//! where a person wrote the setting; where settings come from is not known here.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::nearest;
use crate::path::{Path, Step};
use crate::problem::{Problem, Problems};
use crate::schema_view::SchemaView;
use crate::setting::{Setting, Tree, kind_of, shown};

/// How the message begins that a piece has no such setting; the piece's name follows.
pub const UNKNOWN: &str = "is not a setting of piece";

/// Makes a text of what was typed where the schema wants a text: `--set tag=1.4`.
pub fn adopt_typed(settings: &mut Setting, schema: SchemaView<'_>) {
    adopt(settings, &mut Path::root(), schema);
}

fn adopt(setting: &mut Setting, path: &mut Path, schema: SchemaView<'_>) {
    let own: &[&str] = match &mut setting.value {
        Tree::Map(map) => {
            for (key, entry) in map {
                path.0.push(Step::Key(key.clone()));
                adopt(&mut entry.setting, path, schema);
                path.0.pop();
            }
            return;
        }
        Tree::List(list) => {
            for (index, entry) in list.iter_mut().enumerate() {
                path.0.push(Step::Index(index));
                adopt(entry, path, schema);
                path.0.pop();
            }
            return;
        }
        Tree::Bool(_) => &["boolean"],
        Tree::Number(number) if number.is_f64() => &["number"],
        Tree::Number(_) => &["integer", "number"],
        Tree::Null | Tree::Text(_) => return,
    };
    if let Some(typed) = &setting.typed
        && schema.says(path, "string")
        && !own.iter().any(|kind| schema.says(path, kind))
    {
        setting.value = Tree::Text(typed.to_string());
    }
}

/// Checks the settings of one piece. `written` spells a path in the settings as the person wrote it.
///
/// # Errors
/// Everything that does not fit, in the order of the settings.
pub fn check(
    piece: &str,
    schema: &Value,
    settings: &Setting,
    written: &dyn Fn(&Path) -> String,
) -> Result<(), Problems> {
    let validator = match validator(schema) {
        Ok(validator) => validator,
        Err(reason) => {
            let message = format!("the settings schema of piece {piece} cannot be used: {reason}");
            return Err(Problem::nowhere("", message)
                .hint("this is a fault of the piece: tell its author, or use another version")
                .into());
        }
    };
    let value = settings.to_json();
    let check = Check {
        piece,
        settings,
        schema: SchemaView::new(schema),
        written,
    };
    let mut problems = Problems::default();
    for error in validator.iter_errors(&value) {
        check.explain(&error, &mut problems);
    }
    problems.sort();
    problems.or(())
}

fn validator(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .build(schema)
        .map_err(|error| error.to_string().chars().take(200).collect())
}

struct Check<'a> {
    piece: &'a str,
    settings: &'a Setting,
    schema: SchemaView<'a>,
    written: &'a dyn Fn(&Path) -> String,
}

impl Check<'_> {
    fn explain(&self, error: &ValidationError<'_>, problems: &mut Problems) {
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
                match best_branch(context, &pointer) {
                    Some(branch) => branch
                        .iter()
                        .for_each(|error| self.explain(error, problems)),
                    None => problems.push(self.wrong_type(&path, &types_of(context))),
                }
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

    fn wrong_value(&self, path: &Path, error: &ValidationError<'_>, kind: &Kind) -> Problem {
        let (message, hint) = match kind {
            Kind::Enum { options } => {
                let texts: Vec<&str> = options
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                let found = self.settings.at(path).and_then(Setting::text).unwrap_or("");
                (
                    format!(
                        "must be one of {}, not {}",
                        list_of(options),
                        error.instance()
                    ),
                    (nearest::nearest(found, texts.iter().copied()).first())
                        .map(|near| format!("did you mean `{near}`?")),
                )
            }
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

fn list_of(options: &Value) -> String {
    let all: Vec<String> = options
        .as_array()
        .into_iter()
        .flatten()
        .filter(|option| !option.is_null())
        .map(ToString::to_string)
        .collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::{Source, SourceKind};
    use crate::yaml;

    fn schema() -> Value {
        json!({
            "type": "object", "additionalProperties": false,
            "properties": {
                "on": {"type": "boolean"},
                "replicas": {"type": "integer", "minimum": 1, "maximum": 9},
                "mode": {"enum": ["ALLOW_ANY", "REGISTRY_ONLY"]},
                "tag": {"type": "string"},
                "port": {"type": ["integer", "string"]},
                "maybe": {"anyOf": [{"$ref": "#/$defs/Resources"}, {"type": "null"}]},
                "list": {"type": "array", "items": {"$ref": "#/$defs/Resources"}},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "name": {"type": "string", "pattern": "^[a-z]+$"},
            },
            "$defs": {"Resources": {"type": "object", "additionalProperties": false, "required": ["cpu"],
                "properties": {"cpu": {"type": "string"}, "memory": {"type": "string"}}}},
        })
    }

    fn problems(text: &str) -> String {
        let source = Source::new(SourceKind::File, "f.yaml", text);
        let settings = yaml::read(&source).unwrap().remove(0);
        match check("p", &schema(), &settings, &|path: &Path| {
            format!("x.{path}")
        }) {
            Ok(()) => String::new(),
            Err(problems) => problems.to_string().replace("\n  ", " | "),
        }
    }

    #[test]
    fn says_what_is_wrong_where() {
        for (text, said) in [
            (
                "on: true\nreplicas: 3\nmode: ALLOW_ANY\nmaybe: {cpu: 1m}\nlist: [{cpu: 1m}]\nport: 1",
                "",
            ),
            (
                "on: maybe",
                "f.yaml:1:5: x.on: must be true or false, not a text `maybe`",
            ),
            (
                "on: 'true'",
                "f.yaml:1:5: x.on: must be true or false, not a text `true` | write it without quotes",
            ),
            ("replicas: 0", "f.yaml:1:11: x.replicas: must be at least 1"),
            (
                "replicas: 1.5",
                "f.yaml:1:11: x.replicas: must be a whole number, not a number `1.5`",
            ),
            (
                "mode: ALOW_ANY",
                "f.yaml:1:7: x.mode: must be one of \"ALLOW_ANY\", \"REGISTRY_ONLY\", not \"ALOW_ANY\" | did you mean `ALLOW_ANY`?",
            ),
            (
                "tag: 1.4",
                "f.yaml:1:6: x.tag: must be a text, not a number `1.4` | write it in quotes",
            ),
            (
                "port: []",
                "f.yaml:1:1: x.port: must be a whole number or a text, not a list `[]`",
            ),
            (
                "replica: 1",
                "f.yaml:1:1: x.replica: is not a setting of piece p | did you mean `replicas`?",
            ),
            (
                "maybe: {cpu: 1m, memry: 1}",
                "f.yaml:1:18: x.maybe.memry: is not a setting of piece p | did you mean `memory`?",
            ),
            (
                "maybe: 5",
                "f.yaml:1:8: x.maybe: must be a map, not a number `5`",
            ),
            (
                "list:\n- cpu: 1m\n- memory: x",
                "f.yaml:3:3: x.list[1]: lacks `cpu`",
            ),
            (
                "labels: {a: 1}",
                "f.yaml:1:13: x.labels.a: must be a text, not a number `1` | write it in quotes",
            ),
            (
                "name: A",
                "f.yaml:1:7: x.name: `A` does not have the form ^[a-z]+$",
            ),
            (
                "on: 1\ntags: 2",
                "f.yaml:1:5: x.on: must be true or false, not a number `1`\nf.yaml:2:1: x.tags: is not a setting of piece p | did you mean `tag`?",
            ),
        ] {
            assert_eq!(problems(text), said, "{text}");
        }
    }

    #[test]
    fn takes_what_was_typed_for_a_text() {
        let source = Source::new(
            SourceKind::Argument,
            "--set",
            "tag=1.40,on=true,port=8080,labels.a=5",
        );
        let mut settings = Setting::empty_map(&crate::source::Origin::whole(&source));
        for assignment in crate::set_flag::parse(&source, false).unwrap() {
            crate::set_flag::assign(&mut settings, &assignment).unwrap();
        }
        let schema = schema();
        adopt_typed(&mut settings, SchemaView::new(&schema));
        assert_eq!(
            settings.to_json(),
            json!({"tag": "1.40", "on": true, "port": 8080, "labels": {"a": "5"}})
        );
    }

    #[test]
    fn a_bad_schema_is_the_pieces_fault() {
        let source = Source::new(SourceKind::File, "f.yaml", "");
        let settings = Setting::empty_map(&crate::source::Origin::whole(&source));
        for bad in [
            json!({"type": 5}),
            json!({"$ref": "https://example.com/x"}),
            json!({"pattern": "("}),
            json!(7),
        ] {
            let problems =
                check("p", &bad, &settings, &|path: &Path| path.to_string()).unwrap_err();
            assert!(
                problems
                    .to_string()
                    .starts_with("the settings schema of piece p cannot be used"),
                "{problems}"
            );
        }
        for odd in [
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}]}),
            json!(true),
        ] {
            assert!(
                check("p", &odd, &settings, &|path: &Path| path.to_string()).is_ok(),
                "{odd}"
            );
        }
    }
}
