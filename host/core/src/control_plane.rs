//! The `spec` of an IstioControlPlane. Owns what may stand in it and what it means for a component: whether it is installed
//! and where, by the rules of Istio 1.4. How it reaches the pieces is not known here.

use crate::control_plane_api::{self as api, Component, Switch};
use crate::path::Path;
use crate::setting::Setting;
use crate::source::Origin;

mod check;
mod spelling;

pub use check::check;
pub use spelling::normalise;

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

/// The names below `components` of a feature.
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
