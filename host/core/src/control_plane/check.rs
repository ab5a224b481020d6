//! What may stand in the `spec` of an IstioControlPlane. Owns the refusals; what settings mean is not known here.

use super::{component_names, without_effect};
use crate::control_plane_api::{self as api, Kind, Switch};
use crate::nearest;
use crate::object::is_dns_label;
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::setting::{Setting, Settings, Tree, kind_of, shown};
use crate::source::Origin;

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
            Tree::Text(text) if wanted == Kind::Boolean.name() => {
                match text.to_lowercase().as_str() {
                    "yes" | "on" | "enabled" | "y" | "t" => Some("write `true`".to_owned()),
                    "no" | "off" | "disabled" | "n" | "f" => Some("write `false`".to_owned()),
                    _ => None,
                }
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
            // Kubernetes counts in 32 bits.
            Kind::Count => matches!(&setting.value, Tree::Number(number)
                if number.as_u64().is_some_and(|count| i32::try_from(count).is_ok())),
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
