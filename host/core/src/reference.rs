//! Every setting that can be made: the IstioControlPlane API, the values that pieces read, pieces' own settings, and the
//! Installation. Owns putting them into one list, from the API's table, the pieces' schemas and the profiles; how the list
//! is shown is not known here.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::control_plane_api::{self as api, COMPONENTS};
use crate::installation;
use crate::path::{Path, Step};
use crate::problem::Problems;
use crate::profile::{DEFAULT, Form, Profiles};
use crate::schema_view::SchemaView;

mod schema;

use schema::walk;

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Key {
    /// As it can be typed after `--set`; `NAME` stands for any key, `[0]` for any entry of a list.
    pub path: String,
    /// What it may hold, in words.
    pub kind: String,
    /// What holds when nobody says anything: the default profile's word, else the piece's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Profiles that say something else, and what; null where one takes the setting away.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<String, Value>,
    /// What it changes.
    pub summary: String,
    /// Where it goes: `PIECE: path in its settings`, or what else it does.
    pub goes_to: Vec<String>,
}

/// A piece, as far as this list looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Described<'a> {
    /// Its name in the installation.
    pub name: &'a str,
    /// The schema of its settings.
    pub schema: &'a Value,
}

/// Every setting, in the order of the API, then `values`, then what is said of pieces.
///
/// # Errors
/// When a profile cannot be read.
pub fn keys(pieces: &[Described<'_>], profiles: &Profiles) -> Result<Vec<Key>, Problems> {
    let said = Said::read(profiles)?;
    let mut keys = Vec::new();
    for row in api::table() {
        let path = Path::of(&row.path);
        keys.push(said.key(Key {
            path: row.path,
            kind: row.kind.to_owned(),
            default: None,
            profiles: BTreeMap::new(),
            summary: row.summary,
            goes_to: row.goes_to,
        }));
        keys.extend(
            below_k8s(pieces, &path)
                .into_iter()
                .map(|key| said.key(key)),
        );
    }
    keys.extend(values(pieces).into_iter().map(|key| said.key(key)));
    keys.extend(own(pieces));
    keys.extend(installation::KEYS.iter().map(|(path, kind, summary)| Key {
        path: (*path).to_owned(),
        kind: (*kind).to_owned(),
        default: None,
        profiles: BTreeMap::new(),
        summary: (*summary).to_owned(),
        goes_to: vec!["the host".to_owned()],
    }));
    Ok(keys)
}

/// The keys at and below a path, however a person numbers entries of lists and names what is free.
#[must_use]
pub fn at<'k>(keys: &'k [Key], path: &Path) -> Vec<&'k Key> {
    let same = |(known, wanted): (&Step, &Step)| match (known, wanted) {
        (Step::Key(known), Step::Key(wanted)) => known == wanted || known == "NAME",
        (Step::Index(_), Step::Index(_)) => true,
        _ => false,
    };
    keys.iter()
        .filter(|key| {
            let known = Path::lenient(&key.path);
            known.0.len() >= path.0.len() && known.0.iter().zip(&path.0).all(same)
        })
        .collect()
}

/// What stands below a Kubernetes setting of a component, as the schema of its piece has it.
fn below_k8s(pieces: &[Described<'_>], path: &Path) -> Vec<Key> {
    let Some(component) = COMPONENTS.iter().find(|component| {
        let api::Switch::Feature(feature) = component.switch else {
            return false;
        };
        let k8s = Path::of(feature)
            .key("components")
            .key(component.name)
            .key("k8s");
        path.strip(&k8s).is_some_and(|rest| rest.len() == 1)
    }) else {
        return Vec::new();
    };
    let Some(piece) = pieces.iter().find(|piece| piece.name == component.piece) else {
        return Vec::new();
    };
    let setting = &path.0[path.0.len() - 1..];
    let in_piece = Path::of("components")
        .key(component.name)
        .key("k8s")
        .join(setting);
    walk(SchemaView::new(piece.schema), &in_piece, None)
        .into_iter()
        .map(|found| {
            let whole = path.join(found.path.strip(&in_piece).unwrap_or_default());
            let goes_to = vec![format!("{}: {}", piece.name, found.path)];
            found.into_key(&whole, goes_to)
        })
        .collect()
}

/// `values`: each key once, with all pieces that read it.
fn values(pieces: &[Described<'_>]) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for piece in pieces {
        let root = Path::of("values");
        for found in walk(SchemaView::new(piece.schema), &root, None) {
            let path = found.path.clone();
            let reader = format!("{}: {path}", piece.name);
            match known.get(&path.to_string()) {
                Some(index) => keys[*index].goes_to.push(reader),
                None => {
                    known.insert(path.to_string(), keys.len());
                    keys.push(found.into_key(&path, vec![reader]));
                }
            }
        }
    }
    // A piece may read a root that another has more of: what belongs together stands together.
    let mut roots: Vec<String> = Vec::new();
    for key in &keys {
        let root = root_of(&key.path);
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    keys.sort_by_key(|key| {
        let root = root_of(&key.path);
        roots.iter().position(|known| *known == root)
    });
    keys
}

fn root_of(path: &str) -> String {
    path.split('.').take(2).collect::<Vec<_>>().join(".")
}

/// Settings of pieces that do not come from the IstioControlPlane.
fn own(pieces: &[Described<'_>]) -> Vec<Key> {
    let mut keys = Vec::new();
    for piece in pieces {
        let below = Path::of("pieces").key(piece.name).key("settings");
        for found in walk(SchemaView::new(piece.schema), &Path::root(), None) {
            let shared = ["components", "values", "unvalidatedValues"]
                .iter()
                .any(|shared| found.path.strip(&Path::of(shared)).is_some());
            if !shared {
                let path = below.join(&found.path.0);
                let goes_to = vec![format!("{}: {}", piece.name, found.path)];
                keys.push(found.into_key(&path, goes_to));
            }
        }
    }
    keys
}

/// What profiles say.
struct Said {
    default: Value,
    others: Vec<(String, Value)>,
}

impl Said {
    fn read(profiles: &Profiles) -> Result<Self, Problems> {
        let spec = |name: &str| {
            let document = profiles.dump(name, Form::IstioControlPlane)?;
            Ok::<_, Problems>(document["spec"].clone())
        };
        let others = profiles
            .names()
            .into_iter()
            .filter(|name| *name != DEFAULT)
            .map(|name| Ok((name.to_owned(), spec(name)?)))
            .collect::<Result<_, Problems>>()?;
        Ok(Self {
            default: spec(DEFAULT)?,
            others,
        })
    }

    /// With what profiles say of it; of a map whose keys are listed themselves nothing is said.
    fn key(&self, mut key: Key) -> Key {
        let path = Path::lenient(&key.path);
        let at = |spec: &Value| {
            spec.pointer(&path.pointer())
                .filter(|it| !it.is_object() || key.kind != schema::GROUP)
                .cloned()
        };
        if key.path == "profile" {
            key.default = Some(Value::from(DEFAULT));
            return key;
        }
        let own = key.default.take();
        key.default = at(&self.default).or(own);
        for (name, spec) in &self.others {
            let there = at(spec);
            if there.is_some() && there != key.default {
                key.profiles
                    .insert(name.clone(), there.unwrap_or(Value::Null));
            }
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_list_of_api_values_and_pieces() {
        let component = json!({"type": "object", "properties": {"k8s": {"type": "object", "properties": {
            "resources": {"type": "object", "properties": {"limits": {"type": "object", "description": "the most", "additionalProperties": {"type": "string"}}}},
        }}}});
        let control_plane = json!({"properties": {
            "components": {"properties": {"pilot": component}},
            "values": {"default": {"pilot": {"traceSampling": 2.0, "fresh": 3}}, "properties": {
                "global": {"type": "object", "properties": {"hub": {"type": "string", "description": "images"}}},
                "pilot": {"type": "object", "properties": {
                    "traceSampling": {"type": "number", "description": "how many"},
                    "fresh": {"type": "integer", "default": 3, "minimum": 0, "description": "x"},
                }},
            }},
        }});
        let notice = json!({"properties": {
            "contact": {"type": "string", "default": "a@b", "description": "whom to call"},
            "values": {"properties": {"global": {"properties": {"hub": {"type": "string"}}}}},
        }});
        let pieces = [
            Described {
                name: "control-plane",
                schema: &control_plane,
            },
            Described {
                name: "notice",
                schema: &notice,
            },
        ];
        let keys = keys(&pieces, &Profiles::builtin()).unwrap();
        let find = |path: &str| {
            keys.iter()
                .find(|key| key.path == path)
                .unwrap_or_else(|| panic!("{path}"))
        };
        let limits = find("trafficManagement.components.pilot.k8s.resources.limits");
        assert_eq!(
            limits.goes_to,
            ["control-plane: components.pilot.k8s.resources.limits"]
        );
        let hub = find("values.global.hub");
        assert_eq!(
            hub.goes_to,
            [
                "control-plane: values.global.hub",
                "notice: values.global.hub"
            ]
        );
        assert_eq!(hub.summary, "images");
        // The profile's word, and the piece's own where it has none.
        assert_eq!(find("values.pilot.traceSampling").default, Some(json!(1.0)));
        assert_eq!(find("values.pilot.fresh").default, Some(json!(3)));
        let mtls = find("gateways.components.egressGateway.enabled");
        assert_eq!(mtls.default, Some(json!(false)));
        assert_eq!(
            mtls.profiles,
            BTreeMap::from([("demo".to_owned(), json!(true))])
        );
        let contact = find("pieces.notice.settings.contact");
        assert_eq!(
            (contact.kind.as_str(), &contact.default),
            ("a text", &Some(json!("a@b")))
        );
        assert_eq!(find("pieces.NAME.digest").goes_to, ["the host"]);
        let found = |path: &str| at(&keys, &Path::lenient(path)).len();
        assert_eq!(found("pieces.notice.settings.contact"), 1);
        assert_eq!(found("pieces.anything.digest"), 1);
        assert_eq!(found("values.pilot"), 3);
        assert_eq!(found("values.pilott"), 0);
        let mut paths: Vec<&str> = keys.iter().map(|key| key.path.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), keys.len(), "a path stands twice");
    }
}
