//! From an IstioControlPlane to the settings of pieces. Owns which part of it each piece gets and in which shape; what the
//! pieces make of it is not known here.
//!
//! Every piece that has `components` or `values` in its schema takes part, be it built in or not:
//!
//! - `components.NAME`: what the API says of the component, when the schema has that name;
//! - `values.ROOT`: that part of the charts' values, when the schema has that root. Below a root that several pieces share,
//!   a key goes to the pieces that know it;
//! - below `values` too: what the API says and the charts look for there (images, namespaces, what is enabled), as the
//!   lowest layer;
//! - `unvalidatedValues.ROOT`, likewise.

use serde_json::{Value, json};

use crate::control_plane::{self, Decided};
use crate::control_plane_api::{self as api, COMPONENTS, Component, ROOTS};
use crate::installation;
use crate::path::Path;
use crate::schema_view::SchemaView;
use crate::setting::{Entry, Setting, Settings, Tree};
use crate::source::Origin;

/// What the API says of one component.
#[derive(Debug, Clone)]
pub struct State {
    /// Which.
    pub component: &'static Component,
    /// Whether it is installed.
    pub enabled: Decided<bool>,
    /// Where.
    pub namespace: Decided<String>,
}

/// What the API says of every component. `of_piece` is the namespace that was said for a piece, `otherwise` the
/// installation's.
pub fn states<'a>(
    spec: &Setting,
    of_piece: impl Fn(&str) -> Option<&'a str>,
    otherwise: &str,
) -> Vec<State> {
    COMPONENTS
        .iter()
        .map(|component| State {
            component,
            enabled: control_plane::enabled(spec, component),
            namespace: control_plane::namespace(
                spec,
                component,
                of_piece(component.piece),
                otherwise,
            ),
        })
        .collect()
}

/// What one piece gets.
#[derive(Debug, Clone)]
pub struct Translated {
    /// Its settings.
    pub settings: Setting,
    /// Which path in the settings was written as which path in the IstioControlPlane; the longest prefix counts.
    pub written: Vec<(Path, Path)>,
    /// Whether any of its components is installed; `None` when it has none.
    pub installs: Option<bool>,
}

/// A piece, as far as this step looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Its name in the installation.
    pub name: &'a str,
    /// Its schema; without one, it gets what a built-in piece of that name gets.
    pub schema: Option<SchemaView<'a>>,
}

impl Target<'_> {
    /// Whether it has that component.
    #[must_use]
    pub fn has_component(&self, component: &Component) -> bool {
        match self.schema {
            Some(schema) => schema.names(&Path::of("components").key(component.name)),
            None => component.piece == self.name,
        }
    }

    /// Whether it reads that root of `values`.
    #[must_use]
    pub fn has_root(&self, root: &str) -> bool {
        match self.schema {
            Some(schema) => schema.names(&Path::of("values").key(root)),
            None => ROOTS
                .iter()
                .any(|(piece, roots)| *piece == self.name && roots.contains(&root)),
        }
    }

    fn takes(&self, path: &Path) -> bool {
        self.schema.is_none_or(|schema| schema.allows(path))
    }
}

/// The settings of one piece; `others` are the other pieces of the installation.
#[must_use]
pub fn translate(
    spec: &Setting,
    states: &[State],
    target: Target<'_>,
    others: &[Target<'_>],
) -> Translated {
    let mut settings = Setting::empty_map(&spec.origin);
    let mut written = Vec::new();
    let mut installs = None;
    for state in states {
        if target.has_component(state.component) {
            installs = Some(installs.unwrap_or(false) || state.enabled.value);
            put_component(&mut settings, &mut written, spec, state, target);
        }
    }
    let mut values = Setting::empty_map(&spec.origin);
    put_derived(&mut values, &mut written, spec, states, target);
    for (part, below) in [("values", Some(values)), ("unvalidatedValues", None)] {
        let mut tree = below.unwrap_or_else(|| Setting::empty_map(&spec.origin));
        let given = spec.get(part).and_then(Setting::map);
        if let Some(given) = given {
            let own: Settings = given
                .iter()
                .filter(|(root, _)| target.has_root(root))
                .map(|(root, entry)| {
                    let path = Path::of("values").key(root);
                    let entry = Entry {
                        key: entry.key.clone(),
                        setting: keep(&entry.setting, &path, target, others),
                    };
                    (root.clone(), entry)
                })
                .collect();
            let origin = spec.at_keys(part).map_or(&spec.origin, |part| &part.origin);
            if !own.is_empty() {
                tree.lay_over(Setting::new(origin, Tree::Map(own)));
            }
        }
        if tree.map().is_some_and(|map| !map.is_empty()) {
            let key = spec.place(&Path::of(part)).clone();
            let entry = Entry { key, setting: tree };
            if let Some(map) = settings.map_mut() {
                map.insert(part.to_owned(), entry);
            }
            written.push((Path::of(part), Path::of(part)));
        }
    }
    Translated {
        settings,
        written,
        installs,
    }
}

fn put_component(
    settings: &mut Setting,
    written: &mut Vec<(Path, Path)>,
    spec: &Setting,
    state: &State,
    target: Target<'_>,
) {
    let name = state.component.name;
    let path = |key: &str| Path::of("components").key(name).key(key);
    let mut put = |key: &str, value: Tree, by: &Option<(Path, Origin)>| {
        if !target.takes(&path(key)) {
            return;
        }
        let origin = by.as_ref().map_or(&spec.origin, |(_, origin)| origin);
        settings.put(
            &format!("components.{name}.{key}"),
            Setting::new(origin, value),
        );
        if let Some((by, _)) = by {
            written.push((path(key), by.clone()));
        }
    };
    put(
        "enabled",
        Tree::Bool(state.enabled.value),
        &state.enabled.by,
    );
    put(
        "namespace",
        Tree::Text(state.namespace.value.clone()),
        &state.namespace.by,
    );
    if let api::Switch::Feature(feature) = state.component.switch {
        let from = Path::root()
            .key(feature)
            .key("components")
            .key(name)
            .key("k8s");
        if let Some(k8s) = spec.at(&from) {
            settings.put(&format!("components.{name}.k8s"), k8s.clone());
            written.push((path("k8s"), from));
        }
    }
}

/// What the charts of Istio 1.4 look for in their values and the API says elsewhere: the facts of istioctl 1.4's own
/// translation.
fn put_derived(
    values: &mut Setting,
    written: &mut Vec<(Path, Path)>,
    spec: &Setting,
    states: &[State],
    target: Target<'_>,
) {
    let mut put = |at: String, value: Tree, by: Option<(Path, Origin)>| {
        let path = Path::of("values").join(&Path::of(&at).0);
        let (root, _) = at.split_once('.').unwrap_or((&at, ""));
        let named = target.schema.is_none_or(|schema| schema.names(&path));
        if !target.has_root(root) || !named {
            return;
        }
        let origin = by.as_ref().map_or(&spec.origin, |(_, origin)| origin);
        values.put(&at, Setting::new(origin, value));
        if let Some((by, _)) = by
            && spec.at(&path).is_none()
        {
            written.push((path, by));
        }
    };
    for key in ["hub", "tag"] {
        if let Some(setting) = spec.get(key)
            && let Some(text) = setting.text().filter(|text| !text.is_empty())
        {
            let by = Some((Path::of(key), setting.origin.clone()));
            put(format!("global.{key}"), Tree::Text(text.to_owned()), by);
        }
    }
    for state in states {
        let Component {
            root,
            enabled_root,
            global_namespace,
            ..
        } = *state.component;
        let namespace = Tree::Text(state.namespace.value.clone());
        if !root.is_empty() {
            let at = enabled_root.unwrap_or(root);
            let enabled = Tree::Bool(state.enabled.value);
            put(format!("{at}.enabled"), enabled, state.enabled.by.clone());
            put(
                format!("{root}.namespace"),
                namespace.clone(),
                state.namespace.by.clone(),
            );
        }
        if let Some(key) = global_namespace {
            put(
                format!("global.{key}"),
                namespace,
                state.namespace.by.clone(),
            );
        }
    }
}

/// What this piece gets of a part of `values`: not what only others know. What nobody knows stays, to be refused.
fn keep(setting: &Setting, path: &Path, target: Target<'_>, others: &[Target<'_>]) -> Setting {
    let Some(map) = setting.map() else {
        return setting.clone();
    };
    let kept: Settings = map
        .iter()
        .filter_map(|(key, entry)| {
            let path = path.key(key);
            let known_elsewhere = || {
                others
                    .iter()
                    .any(|other| other.schema.is_some_and(|schema| schema.allows(&path)))
            };
            if !target.takes(&path) && known_elsewhere() {
                return None;
            }
            let entry = Entry {
                key: entry.key.clone(),
                setting: keep(&entry.setting, &path, target, others),
            };
            Some((key.clone(), entry))
        })
        .collect();
    Setting {
        value: Tree::Map(kept),
        ..setting.clone()
    }
}

/// An IstioControlPlane and an Installation as the one Installation that they make, the built-in pieces' schemas not being
/// at hand.
#[must_use]
pub fn as_installation(spec: &Setting, installation: &Setting) -> Value {
    let states = states(spec, |_| None, "istio-system");
    let mut document = installation::to_document(None, installation);
    if let Some(namespace) = spec.get("defaultNamespace")
        && document["spec"].get("namespace").is_none()
    {
        document["spec"]["namespace"] = namespace.to_json();
    }
    let pieces = document["spec"]
        .get_mut("pieces")
        .and_then(Value::as_array_mut);
    for piece in pieces.into_iter().flatten() {
        let name = piece["name"].as_str().unwrap_or_default().to_owned();
        let target = Target {
            name: &name,
            schema: None,
        };
        let mut translated = translate(spec, &states, target, &[]);
        if let (Some(own), origin) = (piece.get("settings"), spec.origin.clone()) {
            translated
                .settings
                .lay_over(Setting::from_json(&origin, own));
        }
        if translated.settings.map().is_some_and(|map| !map.is_empty()) {
            piece["settings"] = translated.settings.to_json();
        }
        if translated.installs == Some(false) && piece.get("enabled").is_none() {
            piece["enabled"] = json!(false);
        }
    }
    document
}
