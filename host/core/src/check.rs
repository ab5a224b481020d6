//! Settings against the JSON Schema of the piece they are for. Owns turning a schema's refusal into a problem at the place
//! where a person wrote the setting; where settings come from is not known here.

use jsonschema::Validator;
use serde_json::Value;

use crate::path::{Path, Step};
use crate::problem::{Problem, Problems};
use crate::schema_cost::affordable;
use crate::schema_view::SchemaView;
use crate::setting::{Setting, Tree};

mod bounds;
mod explain;

use bounds::bounds;
use explain::Check;

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
    let value = settings.to_json();
    let validator = match validator(schema, &value) {
        Ok(validator) => validator,
        Err(reason) => {
            let message = format!("the settings schema of piece {piece} cannot be used: {reason}");
            return Err(Problem::nowhere("", message)
                .hint("this is a fault of the piece: tell its author, or use another version")
                .into());
        }
    };
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
    bounds(settings, &mut Path::root(), &check, &mut problems);
    problems.sort();
    problems.or(())
}

fn validator(schema: &Value, value: &Value) -> Result<Validator, String> {
    affordable(schema, value)?;
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .build(schema)
        .map_err(|error| error.to_string().chars().take(200).collect())
}

#[cfg(test)]
mod tests;
