//! Reading what a person wrote: the refusals that the documents of meshhost share. Owns the words for what does not fit;
//! which document it stands in is not known here.

use std::str::FromStr as _;

use crate::ability::Ability;
use crate::nearest;
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::selector::Selector;
use crate::setting::{Setting, kind_of, shown};

/// A value of another kind than is wanted.
pub(crate) fn wrong(setting: &Setting, wanted: &str, path: &Path) -> Problem {
    let message = format!(
        "must be {wanted}, not {} `{}`",
        kind_of(&setting.value),
        shown(setting)
    );
    Problem::at(&setting.origin, path, message)
}

/// Refuses what is no map, and every key that is not known.
pub(crate) fn known(
    setting: &Setting,
    known: &[&str],
    path: &Path,
    of: &str,
    problems: &mut Problems,
) {
    let Some(map) = setting.map() else {
        problems.push(wrong(setting, "a map", path));
        return;
    };
    for (key, entry) in map {
        if !known.contains(&key.as_str()) {
            let message = format!("is not a setting of {of}");
            problems.push(
                Problem::at(&entry.key, path.key(key), message)
                    .maybe_hint(nearest::hint(key, known.iter().copied())),
            );
        }
    }
}

/// A text that is not empty.
pub(crate) fn text(
    setting: Option<&Setting>,
    path: &Path,
    problems: &mut Problems,
) -> Option<String> {
    let setting = setting?;
    match setting.text() {
        Some(text) if !text.is_empty() => Some(text.to_owned()),
        _ => {
            problems.push(wrong(setting, "a text", path));
            None
        }
    }
}

/// A list of selectors.
pub(crate) fn selectors(
    setting: Option<&Setting>,
    path: &Path,
    problems: &mut Problems,
) -> Option<Vec<Selector>> {
    let setting = setting?;
    let Some(list) = setting.list() else {
        problems.push(wrong(setting, "a list of selectors", path));
        return None;
    };
    let selectors = list.iter().enumerate();
    let selectors = selectors.filter_map(|(at, entry)| selector(entry, &path.index(at), problems));
    Some(selectors.collect())
}

/// One selector.
pub(crate) fn selector(
    setting: &Setting,
    path: &Path,
    problems: &mut Problems,
) -> Option<Selector> {
    let keys = ["group", "kind", "namespace", "name"];
    known(setting, &keys, path, "a selector", problems);
    let mut selector = Selector::default();
    for (key, field) in setting.map()? {
        let Some(text) = field.setting.text() else {
            problems.push(wrong(&field.setting, "a text", &path.key(key)));
            continue;
        };
        let place = match key.as_str() {
            "group" => &mut selector.group,
            "kind" => &mut selector.kind,
            "namespace" => &mut selector.namespace,
            _ => &mut selector.name,
        };
        *place = Some(text.to_owned());
    }
    Some(selector)
}

/// A list of abilities.
pub(crate) fn abilities(
    setting: Option<&Setting>,
    path: &Path,
    problems: &mut Problems,
) -> Option<Vec<Ability>> {
    let setting = setting?;
    let Some(list) = setting.list() else {
        problems.push(wrong(setting, "a list of abilities", path));
        return None;
    };
    let mut abilities = Vec::new();
    for (index, entry) in list.iter().enumerate() {
        let path = path.index(index);
        let Some(text) = entry.text() else {
            problems.push(wrong(entry, "an ability such as `host-network`", &path));
            continue;
        };
        match Ability::from_str(text) {
            Ok(ability) => abilities.push(ability),
            Err(error) => {
                let message = format!("`{}` {error}", shown(entry));
                problems.push(Problem::at(&entry.origin, &path, message).hint(error.hint));
            }
        }
    }
    Some(abilities)
}
