//! An assignment applied to a tree. Owns what may become what; the grammar of the flag is not known here.

use super::Assignment;
use crate::path::{Path, Step};
use crate::problem::Problem;
use crate::setting::{Entry, Setting, Settings, Tree, kind_of};
use crate::source::{Origin, SourceKind};

/// Sets one thing in a tree that other layers have made.
///
/// # Errors
/// When the path goes through something that is no map or list, when a map or list would become something else, or when a
/// list has fewer entries than the path says.
pub fn assign(root: &mut Setting, assignment: &Assignment) -> Result<(), Problem> {
    descend(root, assignment, 0)
}

fn descend(at: &mut Setting, assignment: &Assignment, depth: usize) -> Result<(), Problem> {
    let Assignment { path, key, value } = assignment;
    let Some(step) = path.0.get(depth) else {
        replaceable(at, assignment)?;
        *at = value.clone();
        return Ok(());
    };
    let last = depth + 1 == path.0.len();
    let takes_away = last && value.value == Tree::Null;
    match step {
        Step::Key(name) => {
            if at.value == Tree::Null {
                *at = Setting::empty_map(&value.origin);
            }
            let (kind, place) = (kind_of(&at.value), at.origin.clone());
            let Some(map) = at.map_mut() else {
                return Err(no_way(assignment, depth, kind, &place));
            };
            if takes_away {
                map.shift_remove(name);
                return Ok(());
            }
            if !map.contains_key(name)
                && path.0[depth + 1..]
                    .iter()
                    .all(|step| matches!(step, Step::Key(_)))
            {
                let setting = nested(&path.0[depth + 1..], key, value);
                let entry = Entry {
                    key: key.clone(),
                    setting,
                };
                map.insert(name.clone(), entry);
                return Ok(());
            }
            let made = match path.0.get(depth + 1) {
                Some(Step::Index(_)) => Tree::List(Vec::new()),
                _ => Tree::Null,
            };
            let entry = map.entry(name.clone()).or_insert_with(|| Entry {
                key: key.clone(),
                setting: Setting::new(&value.origin, made),
            });
            descend(&mut entry.setting, assignment, depth + 1)?;
            if last {
                entry.key = key.clone();
            }
            Ok(())
        }
        Step::Index(index) => {
            let (kind, place) = (kind_of(&at.value), at.origin.clone());
            let Tree::List(list) = &mut at.value else {
                return Err(no_way(assignment, depth, kind, &place));
            };
            if *index > list.len() {
                let before = Path(path.0[..depth].to_vec());
                let message = format!(
                    "`{before}` has {} entries, so there is no [{index}]",
                    list.len()
                );
                let hint = format!("the next free entry is `{before}[{}]`", list.len());
                return Err(Problem::at(key, path, message).hint(hint));
            }
            if takes_away {
                if *index < list.len() {
                    list.remove(*index);
                }
                return Ok(());
            }
            if *index == list.len() {
                list.push(Setting::new(&value.origin, Tree::Null));
            }
            if matches!(path.0.get(depth + 1), Some(Step::Index(_)))
                && list[*index].value == Tree::Null
            {
                list[*index].value = Tree::List(Vec::new());
            }
            descend(&mut list[*index], assignment, depth + 1)
        }
    }
}

fn nested(keys: &[Step], key: &Origin, value: &Setting) -> Setting {
    keys.iter().rev().fold(value.clone(), |inner, step| {
        let mut map = Settings::new();
        if let Step::Key(name) = step {
            let entry = Entry {
                key: key.clone(),
                setting: inner,
            };
            map.insert(name.clone(), entry);
        }
        Setting::new(&value.origin, Tree::Map(map))
    })
}

fn no_way(assignment: &Assignment, depth: usize, kind: &str, place: &Origin) -> Problem {
    let before = Path(assignment.path.0[..depth].to_vec());
    let wanted = match &assignment.path.0[depth] {
        Step::Key(name) => format!("so there is no `{name}` in it"),
        Step::Index(index) => format!("so there is no [{index}] in it"),
    };
    Problem::at(
        &assignment.key,
        &assignment.path,
        format!("`{before}` is {kind} ({place}), {wanted}"),
    )
    .hint(if kind == "a list" {
        format!("name one of its entries: `{before}[0]`")
    } else if kind == "a map" {
        format!("name one of its keys: `{before}.KEY`")
    } else {
        format!("leave one of the two out, or take the other away with `{before}=null` first")
    })
}

fn replaceable(at: &Setting, assignment: &Assignment) -> Result<(), Problem> {
    let shape = |tree: &Tree| match tree {
        Tree::Map(_) => Some("a map"),
        Tree::List(_) => Some("a list"),
        Tree::Null => None,
        _ => Some("one value"),
    };
    let said_here = at.origin.source.kind == SourceKind::Argument;
    match (shape(&at.value), shape(&assignment.value.value)) {
        (Some(is), Some(becomes)) if is != becomes && (is == "a map" || said_here) => {
            let message = format!("is {is} ({}) and cannot become {becomes}", at.origin);
            Err(
                Problem::at(&assignment.key, &assignment.path, message).hint(format!(
                    "set what is inside it, or take it away with `{}=null` first",
                    assignment.path
                )),
            )
        }
        _ => Ok(()),
    }
}
