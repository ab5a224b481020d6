//! A `--set` as a layer: of which document, in which spelling, and what to keep of it. Must not know other layers.

use crate::control_plane;
use crate::document::Api;
use crate::path::{Path, Step};
use crate::problem::Problems;
use crate::set_flag::Assignment;
use crate::setting::{Entry, Setting, Settings, Tree};
use crate::source::Origin;

/// Which document a `--set` path speaks of.
pub(super) fn api_of(path: &Path) -> Option<Api> {
    match path.0.first() {
        Some(Step::Key(key)) => match key.as_str() {
            "pieces" | "policies" | "namespace" | "fields" | "mesh" => Some(Api::Installation),
            "spec" | "metadata" | "apiVersion" | "kind" => None,
            _ => Some(Api::ControlPlane),
        },
        _ => None,
    }
}

/// An assignment with the API's spelling of its keys: `traffic_management.enabled` is `trafficManagement.enabled`.
pub(super) fn canonical(assignment: &Assignment, problems: &mut Problems) -> Assignment {
    let keys: Vec<&Step> = assignment
        .path
        .0
        .iter()
        .take_while(|step| matches!(step, Step::Key(_)))
        .take(5)
        .collect();
    let has_old_spelling = keys
        .iter()
        .any(|step| matches!(step, Step::Key(key) if key.contains('_')));
    if !has_old_spelling {
        return assignment.clone();
    }
    let mut tree = keys
        .iter()
        .rev()
        .fold(assignment.value.clone(), |inner, step| {
            nest(step, inner, &assignment.key)
        });
    control_plane::normalise(&mut tree, problems);
    let mut path = Path::root();
    let mut at = &tree;
    for _ in &keys {
        let Some((key, entry)) = at.map().and_then(|map| map.first()) else {
            return assignment.clone();
        };
        path = path.key(key);
        at = &entry.setting;
    }
    Assignment {
        path: path.join(&assignment.path.0[keys.len()..]),
        ..assignment.clone()
    }
}

fn nest(step: &Step, inner: Setting, key: &Origin) -> Setting {
    let mut map = Settings::new();
    if let Step::Key(name) = step {
        let entry = Entry {
            key: key.clone(),
            setting: inner,
        };
        map.insert(name.clone(), entry);
    }
    Setting::new(key, Tree::Map(map))
}

/// An assignment as a layer: where it goes into a list, the whole list as it is afterwards.
pub(super) fn overlay_of(assignment: &Assignment, after: &Setting) -> Setting {
    let keys = assignment
        .path
        .0
        .iter()
        .take_while(|step| matches!(step, Step::Key(_)))
        .count();
    let value = if keys == assignment.path.0.len() {
        assignment.value.clone()
    } else {
        after
            .at(&Path(assignment.path.0[..keys].to_vec()))
            .cloned()
            .unwrap_or_else(|| Setting::new(&assignment.key, Tree::Null))
    };
    assignment.path.0[..keys]
        .iter()
        .rev()
        .fold(value, |inner, step| nest(step, inner, &assignment.key))
}
