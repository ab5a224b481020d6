//! The `spec` of an IstioControlPlane. Owns what may stand in it and what it means for a component: whether it is installed
//! and where, by the rules of Istio 1.4. How it reaches the pieces is not known here.

use crate::control_plane_api::{self as api, Component, Kind, Switch};
use crate::nearest;
use crate::object::is_dns_label;
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::setting::{Setting, Settings, Tree, kind_of, shown};
use crate::source::Origin;

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

fn component_names(feature: &str) -> Vec<&'static str> {
    api::components_of(feature)
        .map(|component| component.name)
        .chain(without_effect(feature))
        .collect()
}

fn without_effect(feature: &str) -> impl Iterator<Item = &'static str> {
    api::WITHOUT_EFFECT
        .iter()
        .filter(move |(of, _)| *of == feature)
        .map(|(_, name)| *name)
}

/// Checks everything but the contents of `values` and of what is below `k8s.*`, which the pieces' schemas know.
pub fn check(spec: &Setting, problems: &mut Problems, warnings: &mut Vec<Problem>) {
    let mut check = Check { problems, warnings };
    let root = Path::root();
    let Some(map) = check.map(spec, &root) else {
        return;
    };
    for (key, entry) in map {
        let path = root.key(key);
        let setting = &entry.setting;
        if let Some((_, kind, _)) = api::TOP.iter().find(|(name, ..)| name == key) {
            check.kind(setting, *kind, &path);
        } else if api::FEATURES.iter().any(|(name, _)| name == key) {
            check.feature(key, setting, &path);
        } else if let Some((_, reason)) = api::REFUSED.iter().find(|(name, _)| name == key) {
            check.problems.push(Problem::at(&entry.key, &path, *reason));
        } else {
            let known = (api::TOP.iter().map(|(name, ..)| *name))
                .chain(api::FEATURES.iter().map(|(name, _)| *name));
            let hint = if COMPONENT_ELSEWHERE.iter().any(|(name, _)| name == key) {
                COMPONENT_ELSEWHERE
                    .iter()
                    .find(|(name, _)| name == key)
                    .map(|(_, hint)| (*hint).to_owned())
            } else {
                nearest::hint(key, known)
            };
            check.unknown(&entry.key, &path, "an IstioControlPlane", hint);
        }
    }
    for component in &api::COMPONENTS {
        if let Switch::Values(root) = component.switch {
            let path = Path::of("values").key(root).key("enabled");
            if let Some(enabled) = spec.at(&path) {
                check.kind(enabled, Kind::Boolean, &path);
            }
        }
    }
}

/// Where what people look for at the top really is.
const COMPONENT_ELSEWHERE: [(&str, &str); 12] = [
    (
        "pilot",
        "did you mean `trafficManagement.components.pilot`, or `values.pilot`?",
    ),
    (
        "galley",
        "did you mean `configManagement.components.galley`, or `values.galley`?",
    ),
    (
        "citadel",
        "did you mean `security.components.citadel`, or `values.security`?",
    ),
    (
        "mixer",
        "did you mean `policy` or `telemetry`, or `values.mixer`?",
    ),
    (
        "sidecarInjectorWebhook",
        "did you mean `autoInjection.components.injector`, or `values.sidecarInjectorWebhook`?",
    ),
    ("prometheus", "did you mean `values.prometheus`?"),
    ("grafana", "did you mean `values.grafana`?"),
    ("tracing", "did you mean `values.tracing`?"),
    ("kiali", "did you mean `values.kiali`?"),
    ("global", "did you mean `values.global`?"),
    (
        "addonComponents",
        "that is from a later Istio; here it is `values.NAME.enabled`",
    ),
    (
        "meshConfig",
        "that is from a later Istio; here it is `values.global` and `values.pilot`",
    ),
];

struct Check<'a> {
    problems: &'a mut Problems,
    warnings: &'a mut Vec<Problem>,
}

impl Check<'_> {
    fn unknown(&mut self, origin: &Origin, path: &Path, of: &str, hint: Option<String>) {
        let message = format!("is not a setting of {of}");
        self.problems
            .push(Problem::at(origin, path, message).maybe_hint(hint));
    }

    fn map<'s>(&mut self, setting: &'s Setting, path: &Path) -> Option<&'s Settings> {
        if setting.map().is_none() {
            self.wrong(setting, "a map", path);
        }
        setting.map()
    }

    fn wrong(&mut self, setting: &Setting, wanted: &str, path: &Path) {
        let message = format!(
            "must be {wanted}, not {} `{}`",
            kind_of(&setting.value),
            shown(setting)
        );
        let hint = match &setting.value {
            Tree::Text(text)
                if wanted == Kind::Boolean.name() && (text == "true" || text == "false") =>
            {
                Some("write it without quotes".to_owned())
            }
            Tree::Number(_) | Tree::Bool(_)
                if matches!(wanted, "a text") || wanted == Kind::Tag.name() =>
            {
                Some("write it in quotes".to_owned())
            }
            _ => None,
        };
        self.problems
            .push(Problem::at(&setting.origin, path, message).maybe_hint(hint));
    }

    fn kind(&mut self, setting: &Setting, kind: Kind, path: &Path) {
        let text = |fits: fn(&str) -> bool| {
            setting
                .text()
                .is_some_and(|text| text.is_empty() || fits(text))
        };
        let fits = match kind {
            Kind::Boolean => setting.bool().is_some(),
            Kind::Text => text(|_| true),
            Kind::Namespace => text(is_dns_label),
            Kind::Hub => text(|text| {
                text.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && text
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"._:/-".contains(&b))
            }),
            Kind::Tag => text(|text| {
                text.len() <= 128
                    && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                    && text
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
            }),
            Kind::Count => matches!(&setting.value, Tree::Number(number) if number.is_u64()),
            Kind::Map => setting.map().is_some(),
            Kind::List => setting.list().is_some(),
        };
        if !fits {
            self.wrong(setting, kind.name(), path);
        }
    }

    fn feature(&mut self, feature: &str, setting: &Setting, path: &Path) {
        let Some(map) = self.map(setting, path) else {
            return;
        };
        for (key, entry) in map {
            let path = path.key(key);
            match key.as_str() {
                "enabled" => self.kind(&entry.setting, Kind::Boolean, &path),
                "components" => self.components(feature, &entry.setting, &path),
                _ => {
                    let names = component_names(feature);
                    let hint = if names.contains(&key.as_str()) || key == "namespace" {
                        Some(format!("did you mean `{feature}.components.{key}`?"))
                    } else {
                        nearest::hint(key, ["enabled", "components"])
                    };
                    self.unknown(&entry.key, &path, &format!("the feature `{feature}`"), hint);
                }
            }
        }
    }

    fn components(&mut self, feature: &str, setting: &Setting, path: &Path) {
        let Some(map) = self.map(setting, path) else {
            return;
        };
        let names = component_names(feature);
        for (key, entry) in map {
            let path = path.key(key);
            if key == "namespace" {
                self.kind(&entry.setting, Kind::Namespace, &path);
            } else if names.contains(&key.as_str()) {
                if without_effect(feature).any(|name| name == key) && !entry.key.is_profile() {
                    let message = "has no effect: Istio 1.4 installs nothing for this component";
                    self.warnings.push(
                        Problem::at(&entry.key, &path, message)
                            .hint("settings of the proxy are below `values.global.proxy`"),
                    );
                }
                self.component(key, &entry.setting, &path);
            } else {
                let known = names.iter().copied().chain(["namespace"]);
                let hint = nearest::hint(key, known);
                self.unknown(
                    &entry.key,
                    &path,
                    &format!("the components of `{feature}`"),
                    hint,
                );
            }
        }
    }

    fn component(&mut self, name: &str, setting: &Setting, path: &Path) {
        let Some(map) = self.map(setting, path) else {
            return;
        };
        for (key, entry) in map {
            let path = path.key(key);
            match key.as_str() {
                "enabled" => self.kind(&entry.setting, Kind::Boolean, &path),
                "namespace" => self.kind(&entry.setting, Kind::Namespace, &path),
                "k8s" => self.k8s(&entry.setting, &path),
                _ => {
                    let hint = if api::K8S.iter().any(|(known, ..)| known == key) {
                        Some(format!("did you mean `k8s.{key}`?"))
                    } else {
                        nearest::hint(key, ["enabled", "namespace", "k8s"])
                    };
                    self.unknown(&entry.key, &path, &format!("the component `{name}`"), hint);
                }
            }
        }
    }

    fn k8s(&mut self, setting: &Setting, path: &Path) {
        let Some(map) = self.map(setting, path) else {
            return;
        };
        for (key, entry) in map {
            let path = path.key(key);
            match api::K8S.iter().find(|(known, ..)| known == key) {
                Some((_, kind, _)) => self.kind(&entry.setting, *kind, &path),
                None => {
                    let hint = nearest::hint(key, api::K8S.iter().map(|(known, ..)| *known));
                    self.unknown(&entry.key, &path, "`k8s`", hint);
                }
            }
        }
    }
}

/// What was decided, and the setting that decided it; no setting when nobody said anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided<T> {
    /// What.
    pub value: T,
    /// Where it was said.
    pub by: Option<(Path, Origin)>,
}

/// Whether a component is installed.
#[must_use]
pub fn enabled(spec: &Setting, component: &Component) -> Decided<bool> {
    let said = |path: Path| {
        let setting = spec.at(&path)?;
        let value = setting.bool().unwrap_or(false);
        Some((value, Some((path, setting.origin.clone()))))
    };
    let decided = |(value, by)| Decided { value, by };
    match component.switch {
        Switch::Always => Decided {
            value: true,
            by: None,
        },
        Switch::Feature(feature) => {
            let Some((whole, by)) = said(Path::root().key(feature).key("enabled")) else {
                return decided((false, None));
            };
            if !whole {
                return decided((whole, by));
            }
            let own = Path::root()
                .key(feature)
                .key("components")
                .key(component.name)
                .key("enabled");
            decided(said(own).unwrap_or((whole, by)))
        }
        Switch::Values(root) => {
            let root = Path::of("values").key(root);
            decided(
                said(root.key("enabled")).unwrap_or_else(|| match spec.at(&root) {
                    Some(setting) => (true, Some((root, setting.origin.clone()))),
                    None => (false, None),
                }),
            )
        }
    }
}

/// Where a component goes: its own namespace, else its feature's, else that of the piece that installs it, else
/// `defaultNamespace`, else `otherwise`.
#[must_use]
pub fn namespace(
    spec: &Setting,
    component: &Component,
    of_piece: Option<&str>,
    otherwise: &str,
) -> Decided<String> {
    let mut places = Vec::new();
    if let Switch::Feature(feature) = component.switch {
        let components = Path::root().key(feature).key("components");
        places.push(components.key(component.name).key("namespace"));
        places.push(components.key("namespace"));
    }
    if of_piece.is_none() {
        places.push(Path::of("defaultNamespace"));
    }
    for path in places {
        if let Some(setting) = spec.at(&path)
            && let Some(text) = setting.text()
            && !text.is_empty()
        {
            let by = Some((path, setting.origin.clone()));
            return Decided {
                value: text.to_owned(),
                by,
            };
        }
    }
    Decided {
        value: of_piece.unwrap_or(otherwise).to_owned(),
        by: None,
    }
}
