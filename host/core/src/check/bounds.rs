//! Numbers against the size that a schema names (`"format": "uint32"`): JSON Schema does not look at it, and the program
//! that reads the number cannot hold more.

use serde_json::Value;

use super::explain::Check;
use crate::path::{Path, Step};
use crate::problem::{Problem, Problems};
use crate::setting::{Setting, Tree};

/// Refuses whole numbers that are too large or too small for the size that the schema names.
pub(super) fn bounds(
    setting: &Setting,
    path: &mut Path,
    check: &Check<'_>,
    problems: &mut Problems,
) {
    match &setting.value {
        Tree::Map(map) => {
            for (key, entry) in map {
                path.0.push(Step::Key(key.clone()));
                bounds(&entry.setting, path, check, problems);
                path.0.pop();
            }
        }
        Tree::List(list) => {
            for (index, entry) in list.iter().enumerate() {
                path.0.push(Step::Index(index));
                bounds(entry, path, check, problems);
                path.0.pop();
            }
        }
        Tree::Number(number) => {
            let wide = number
                .as_i64()
                .map(i128::from)
                .or_else(|| number.as_u64().map(i128::from));
            let size = || {
                let parts = check.schema.parts(path);
                parts.iter().find_map(|part| size(part.get("format")?))
            };
            let Some((wide, (least, most))) = wide.zip(size()) else {
                return;
            };
            let message = if wide > most {
                format!("must be at most {most}")
            } else if wide < least {
                format!("must be at least {least}")
            } else {
                return;
            };
            problems.push(Problem::at(&setting.origin, (check.written)(path), message));
        }
        Tree::Null | Tree::Bool(_) | Tree::Text(_) => {}
    }
}

fn size(format: &Value) -> Option<(i128, i128)> {
    let text = format.as_str()?;
    let (signed, bits) = match text.strip_prefix("uint") {
        Some(bits) => (false, bits),
        None => (true, text.strip_prefix("int")?),
    };
    let bits: u32 = bits.parse().ok().filter(|bits| (8..=64).contains(bits))?;
    Some(if signed {
        (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    } else {
        (0, (1 << bits) - 1)
    })
}
