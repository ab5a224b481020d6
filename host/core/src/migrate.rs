//! From the values of a Helm installation of Istio 1.4 to the `spec` of an IstioControlPlane. Owns which value becomes which
//! setting; whether the settings fit is checked where all settings are, with the places of the values file.
//!
//! The rules are those of `istioctl manifest migrate` 1.4, without what loses something there:
//!
//! - a component that says `enabled`, or of which anything is said, is switched by the API; a feature is switched off when
//!   each of its components is, not when one is;
//! - `gateways.enabled` and `mixer.enabled` switch whole features, and are not dropped;
//! - `autoscaleEnabled` stays a value, since the charts make an autoscaler or not by it;
//! - `replicaCount` becomes a Kubernetes setting only where no autoscaler takes care of the number of pods;
//! - an autoscaler's target is left out: it is always the component's own Deployment;
//! - `nodeSelector` and `podAnnotations` stay values: the charts make an affinity and metadata of the proxy of them.

use serde_json::json;

use crate::control_plane_api::{self as api, COMPONENTS, Component, FEATURES, Switch};
use crate::path::{Path, Step};
use crate::problem::Problem;
use crate::setting::{Entry, Setting, Tree};
use crate::source::Origin;

/// Values above features: the root's switch, and the features that it switches.
const SWITCHES: [(&str, &[&str]); 2] = [
    ("gateways", &["gateways"]),
    ("mixer", &["policy", "telemetry"]),
];

/// The `spec` that asks for the same as values do. What is no map comes back as `values`, to be refused there.
#[must_use]
pub fn migrate(mut values: Setting) -> Setting {
    let mut spec = Setting::empty_map(&values.origin);
    for key in ["hub", "tag"] {
        if let Some(setting) = take_text(&mut values, &format!("global.{key}")) {
            spec.put(key, setting);
        }
    }
    let default = COMPONENTS
        .iter()
        .find(|component| component.name == "pilot")
        .and_then(|pilot| pilot.global_namespace);
    if let Some(key) = default
        && let Some(setting) = take_text(&mut values, &format!("global.{key}"))
    {
        spec.put("defaultNamespace", setting);
    }
    for (feature, _) in FEATURES {
        one_feature(feature, default, &mut values, &mut spec);
    }
    drop_empty_maps(&mut values);
    if values.map().is_none_or(|map| !map.is_empty()) {
        spec.put("values", values);
    }
    spec
}

/// Problems of a migrated `spec`, with the paths that stand in the values.
#[must_use]
pub fn spelled_as_values(values: &Setting, problems: Vec<Problem>) -> Vec<Problem> {
    problems
        .into_iter()
        .map(|problem| {
            let written = problem
                .origin
                .as_ref()
                .and_then(|origin| path_of(values, origin, &Path::root()));
            match written {
                Some(path) => Problem {
                    path: path.to_string(),
                    ..problem
                },
                None => problem,
            }
        })
        .collect()
}

/// The path of what was written at a place.
fn path_of(setting: &Setting, origin: &Origin, at: &Path) -> Option<Path> {
    if let Some(list) = setting.list() {
        return list.iter().enumerate().find_map(|(index, entry)| {
            let path = at.index(index);
            if entry.origin == *origin {
                return Some(path);
            }
            path_of(entry, origin, &path)
        });
    }
    setting.map()?.iter().find_map(|(key, entry)| {
        let path = at.key(key);
        if entry.key == *origin || entry.setting.origin == *origin {
            return Some(path);
        }
        path_of(&entry.setting, origin, &path)
    })
}

fn one_feature(
    feature: &'static str,
    default_namespace: Option<&str>,
    values: &mut Setting,
    spec: &mut Setting,
) {
    let components: Vec<&Component> = api::components_of(feature).collect();
    let said: Vec<(&Component, Option<Setting>)> = components
        .into_iter()
        .map(|component| (component, enabled(values, component)))
        .collect();
    let whole = SWITCHES
        .iter()
        .find(|(_, features)| features.contains(&feature))
        .and_then(|(root, features)| {
            let path = Path::of(root).key("enabled");
            // The last feature of a root takes the switch away.
            if features.last() == Some(&feature) {
                take(values, &path)
            } else {
                values.at(&path).cloned()
            }
        });
    let on = said
        .iter()
        .filter_map(|(_, enabled)| enabled.as_ref())
        .find(|enabled| enabled.bool() == Some(true));
    let off = said
        .iter()
        .all(|(_, enabled)| enabled.as_ref().and_then(Setting::bool) == Some(false));
    let first = said.iter().find_map(|(_, enabled)| enabled.as_ref());
    let switch = match (whole, on) {
        (Some(whole), _) if whole.bool() != Some(true) => Some(whole),
        (_, Some(on)) => Some(on.clone()),
        (whole, None) => whole.or_else(|| first.filter(|_| off).cloned()),
    };
    if let Some(switch) = switch {
        spec.put(&format!("{feature}.enabled"), switch);
    }
    for (component, enabled) in said {
        let key = component
            .global_namespace
            .filter(|key| Some(*key) != default_namespace);
        if let Some(key) = key
            && let Some(namespace) = take_text(values, &format!("global.{key}"))
        {
            spec.put(&format!("{feature}.components.namespace"), namespace);
        }
        let Some(enabled) = enabled else { continue };
        let below = format!("{feature}.components.{}", component.name);
        let on = enabled.bool() == Some(true);
        spec.put(&format!("{below}.enabled"), enabled);
        // What is not installed keeps its values as they are, as in 1.4.
        if on {
            kubernetes(component, values, &format!("{below}.k8s"), spec);
        }
    }
}

/// What values say of whether a component is installed, taken away: `enabled`, or that anything is said of it.
fn enabled(values: &mut Setting, component: &Component) -> Option<Setting> {
    debug_assert!(matches!(component.switch, Switch::Feature(_)));
    let root = Path::of(component.root);
    let own = take(values, &root.key("enabled"));
    let elsewhere = component
        .enabled_root
        .and_then(|root| take(values, &Path::of(root).key("enabled")));
    elsewhere.or(own).or_else(|| {
        let root = values.at(&root)?;
        root.map()?;
        Some(Setting::new(&root.origin, Tree::Bool(true)))
    })
}

/// Moves what the charts make of values into the Kubernetes settings that say the same.
fn kubernetes(component: &Component, values: &mut Setting, k8s: &str, spec: &mut Setting) {
    let root = Path::of(component.root);
    let scaled = values.at(&root.key("autoscaleEnabled")).cloned();
    let no_autoscaler = scaled.as_ref().and_then(Setting::bool) == Some(false);
    let may_scale = AUTOSCALED.contains(&component.name);
    for (value, setting) in api::VALUES_OF_K8S {
        let autoscaler = setting.starts_with("hpaSpec");
        if (autoscaler && (no_autoscaler || !may_scale))
            || (setting == "replicaCount" && may_scale && !no_autoscaler)
        {
            continue;
        }
        let path = root.join(&Path::of(value).0);
        let Some(found) = values.at(&path).filter(|found| !says_nothing(found)) else {
            continue;
        };
        let moved = match setting {
            "env" => environment(found),
            "hpaSpec.metrics" => cpu_metric(found),
            _ => Some(found.clone()),
        };
        if let Some(moved) = moved {
            take(values, &path);
            spec.put(&format!("{k8s}.{setting}"), moved);
        }
    }
}

/// Components whose charts make an autoscaler unless `autoscaleEnabled` is false.
const AUTOSCALED: [&str; 5] = [
    "pilot",
    "policy",
    "telemetry",
    "ingressGateway",
    "egressGateway",
];

/// A map of names and values as a list of variables; nothing when it is none.
fn environment(map: &Setting) -> Option<Setting> {
    let variables = map.map()?.iter().map(|(name, entry)| {
        let text = match &entry.setting.value {
            Tree::Text(text) => text.clone(),
            Tree::Bool(_) | Tree::Number(_) => entry.setting.to_json().to_string(),
            Tree::Null | Tree::List(_) | Tree::Map(_) => return None,
        };
        let mut variable = Setting::empty_map(&entry.key);
        variable.put("name", Setting::new(&entry.key, Tree::Text(name.clone())));
        let value = Setting::new(&entry.setting.origin, Tree::Text(text));
        variable.put("value", value);
        Some(variable)
    });
    let variables: Option<Vec<Setting>> = variables.collect();
    Some(Setting::new(&map.origin, Tree::List(variables?)))
}

fn cpu_metric(target: &Setting) -> Option<Setting> {
    let Tree::Number(percent) = &target.value else {
        return None;
    };
    let metric = json!([{"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": percent}}]);
    Some(Setting::from_json(&target.origin, &metric))
}

/// What 1.4 takes for not said: null, empty, or 0.
fn says_nothing(setting: &Setting) -> bool {
    match &setting.value {
        Tree::Null => true,
        Tree::Bool(_) => false,
        Tree::Number(number) => number.as_f64() == Some(0.0),
        Tree::Text(text) => text.is_empty(),
        Tree::List(list) => list.is_empty(),
        Tree::Map(map) => map.is_empty(),
    }
}

/// Takes a text away; a number is taken as it was written, since Helm made a text of it (`tag: 1.4`).
fn take_text(values: &mut Setting, dotted: &str) -> Option<Setting> {
    let path = Path::of(dotted);
    if says_nothing(values.at(&path)?) {
        return None;
    }
    let mut found = take(values, &path)?;
    if let Tree::Number(_) = &found.value {
        found.value = Tree::Text(found.origin.text().to_owned());
    }
    Some(found)
}

/// Takes what stands at a path of keys away.
fn take(values: &mut Setting, path: &Path) -> Option<Setting> {
    let (Step::Key(last), above) = path.0.split_last()? else {
        return None;
    };
    let mut at = values;
    for step in above {
        let Step::Key(key) = step else { return None };
        at = &mut at.map_mut()?.get_mut(key)?.setting;
    }
    at.map_mut()?
        .shift_remove(last)
        .map(|Entry { setting, .. }| setting)
}

/// Maps in which nothing is left say nothing.
fn drop_empty_maps(setting: &mut Setting) {
    let Some(map) = setting.map_mut() else { return };
    for entry in map.values_mut() {
        drop_empty_maps(&mut entry.setting);
    }
    map.retain(|_, entry| entry.setting.map().is_none_or(|map| !map.is_empty()));
}

#[cfg(test)]
mod tests;
