//! `k8s.overlays`: changes of a component's objects at any path, in istioctl's path language ([`path`]).
//! Owns finding the object and writing into it; must not know any component.

use meshhost_piece::serde_json::Value;
use meshhost_piece::{Diagnostic, Problem};

use crate::component::Overlay;

pub mod path;

use path::{Path, Step};

/// Applies overlays to the objects of one component. `at` is the settings path of the list, for messages.
///
/// As in istioctl, an overlay means the object of that kind and name in the component's namespace, whatever its
/// `apiVersion`; here it may be an object without namespace too.
///
/// Gives warnings for patches that change nothing.
///
/// # Errors
/// Every overlay that chooses no object, every path that is malformed or leads nowhere.
pub fn apply(
    objects: &mut [Value],
    overlays: &[Overlay],
    namespace: &str,
    at: &str,
) -> Result<Vec<Diagnostic>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    for (index, overlay) in overlays.iter().enumerate() {
        let at = format!("{at}.overlays[{index}]");
        let Some(chosen) = objects
            .iter()
            .position(|object| is_meant(object, overlay, namespace))
        else {
            problems.push(no_object(objects, overlay, &at));
            continue;
        };
        for (index, patch) in overlay.patches.iter().enumerate() {
            let written = Path::parse(&patch.path)
                .and_then(|path| write(&mut objects[chosen], &path, patch.value.clone()));
            let place = format!("{at}.patches[{index}].path");
            let told = |what: &str| {
                let Overlay { kind, name, .. } = overlay;
                format!("`{}` in {kind} {name}: {what}", patch.path)
            };
            match written {
                Ok(Written::Changed) => {}
                Ok(Written::Kept) => warnings.push(Diagnostic::warning(
                    place,
                    told("a patch without a value takes away items of lists only, so this stays"),
                )),
                Err(error) => problems
                    .push(Problem::new(place, told(&error)).hint(
                        "see the object as it is without the overlay with `meshhost render`",
                    )),
            }
        }
    }
    if problems.is_empty() {
        Ok(warnings)
    } else {
        Err(problems)
    }
}

fn is_meant(object: &Value, overlay: &Overlay, namespace: &str) -> bool {
    let metadata = &object["metadata"];
    object["kind"] == overlay.kind.as_str()
        && metadata["name"] == overlay.name.as_str()
        && metadata
            .get("namespace")
            .and_then(Value::as_str)
            .is_none_or(|its| its == namespace)
}

fn no_object(objects: &[Value], overlay: &Overlay, at: &str) -> Problem {
    let mut same_kind: Vec<_> = objects
        .iter()
        .filter(|object| object["kind"] == overlay.kind.as_str())
        .filter_map(|object| object["metadata"]["name"].as_str())
        .collect();
    same_kind.sort_unstable();
    let hint = if same_kind.is_empty() {
        let mut kinds: Vec<_> = objects
            .iter()
            .filter_map(|object| object["kind"].as_str())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        format!("kinds that the component has: {}", kinds.join(", "))
    } else {
        format!("it has as {}: {}", overlay.kind, same_kind.join(", "))
    };
    Problem::new(
        at,
        format!(
            "the component has no {} named {}",
            overlay.kind, overlay.name
        ),
    )
    .hint(hint)
}

/// Why a path cannot be followed.
type Reason = String;

/// What became of a patch.
enum Written {
    Changed,
    /// There was nothing to write, and what is there stays.
    Kept,
}

/// Writes `value` at `path`, or takes the item of a list away if it is null. The key of a map stays then, as istioctl 1.4
/// leaves it, whatever its API's description says of deleting.
fn write(object: &mut Value, path: &Path, value: Value) -> Result<Written, Reason> {
    let (last, way) = path.steps().split_last().ok_or("the path is empty")?;
    let mut here = object;
    for step in way {
        here = match step {
            Step::Key(key) => match here {
                Value::Object(map) => map.get_mut(key).ok_or_else(|| {
                    format!("there is no `{key}`; only the last part of a path may be new")
                })?,
                _ => return Err(format!("`{key}` is looked for in what is not a map")),
            },
            list_step => {
                let items = list(here, list_step)?;
                let index = list_step.find(items)?;
                &mut items[index]
            }
        };
    }
    match last {
        Step::Key(key) => {
            let Value::Object(map) = here else {
                return Err(format!("`{key}` is looked for in what is not a map"));
            };
            if value.is_null() {
                return Ok(Written::Kept);
            }
            map.insert(key.clone(), value);
        }
        Step::Append => {
            let items = list(here, last)?;
            if value.is_null() {
                return Err("there is no value to add".to_owned());
            }
            items.push(value);
        }
        list_step => {
            let items = list(here, list_step)?;
            let index = list_step.find(items)?;
            if value.is_null() {
                items.remove(index);
            } else {
                items[index] = value;
            }
        }
    }
    Ok(Written::Changed)
}

fn list<'a>(here: &'a mut Value, step: &Step) -> Result<&'a mut Vec<Value>, Reason> {
    match here {
        Value::Array(items) => Ok(items),
        _ => Err(format!("{step} is looked for in what is not a list")),
    }
}

#[cfg(test)]
mod tests;
