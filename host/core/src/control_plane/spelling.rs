//! Spellings of keys. Owns which other spelling Istio 1.4 took.

use super::component_names;
use crate::control_plane_api as api;
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::setting::Setting;

/// Gives every key the spelling of the table: Istio 1.4 also took `traffic_management` and `hpa_spec`.
pub fn normalise(spec: &mut Setting, problems: &mut Problems) {
    let top: Vec<&str> = api::TOP
        .iter()
        .map(|(key, ..)| *key)
        .chain(api::REFUSED.iter().map(|(key, _)| *key))
        .chain(api::FEATURES.iter().map(|(key, _)| *key))
        .collect();
    rename(spec, &top, &Path::root(), problems);
    for (feature, _) in api::FEATURES {
        let Some(components) =
            inner(spec, feature).and_then(|feature| inner(feature, "components"))
        else {
            continue;
        };
        let path = Path::root().key(feature).key("components");
        let names = component_names(feature);
        rename(components, &names, &path, problems);
        for name in names {
            let Some(k8s) = inner(components, name).and_then(|component| inner(component, "k8s"))
            else {
                continue;
            };
            let keys: Vec<&str> = api::K8S.iter().map(|(key, ..)| *key).collect();
            rename(k8s, &keys, &path.key(name).key("k8s"), problems);
        }
    }
}

fn inner<'a>(setting: &'a mut Setting, key: &str) -> Option<&'a mut Setting> {
    setting
        .map_mut()?
        .get_mut(key)
        .map(|entry| &mut entry.setting)
}

fn rename(setting: &mut Setting, known: &[&str], path: &Path, problems: &mut Problems) {
    let Some(map) = setting.map_mut() else { return };
    let old: Vec<String> = map
        .keys()
        .filter(|key| key.contains('_'))
        .cloned()
        .collect();
    for key in old {
        let camel = camel_case(&key);
        if known.contains(&key.as_str()) || !known.contains(&camel.as_str()) {
            continue;
        }
        if map.contains_key(&camel) {
            let problem = Problem::at(
                &map[&key].key,
                path.key(&key),
                format!("is the same as `{camel}`, which stands beside it"),
            );
            problems.push(problem.hint("keep one of the two"));
            map.shift_remove(&key);
        } else if let Some((index, _, entry)) = map.shift_remove_full(&key) {
            map.shift_insert(index, camel, entry);
        }
    }
}

fn camel_case(snake: &str) -> String {
    let mut camel = String::new();
    let mut upper = false;
    for c in snake.chars() {
        if c == '_' {
            upper = true;
        } else if upper {
            camel.extend(c.to_uppercase());
            upper = false;
        } else {
            camel.push(c);
        }
    }
    camel
}
