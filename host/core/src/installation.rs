//! The `spec` of an Installation (`meshhost.dev/v1alpha1`). Owns its schema and its reading; what is inside a piece's
//! settings is not known here.
//!
//! While layers are merged, `pieces` is a map by name, so that a later layer can speak of one piece; in files it is a list.
//! `policies` stand beside them and are read by [`policy`](crate::policy).

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use crate::ability::Ability;
use crate::chart::Chart;
use crate::object::is_dns_label;
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::reading::wrong;
use crate::selector::Selector;
use crate::setting::{Entry, Setting, Settings, Tree};
use crate::source::Origin;

mod keys;
mod reader;
mod chart;
mod fields;

pub use fields::fields;
pub use keys::KEYS;
pub use reader::read;

/// The API's group and version.
pub const API_VERSION: &str = "meshhost.dev/v1alpha1";
/// The only kind of the API.
pub const KIND: &str = "Installation";

/// Where a piece's component is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PieceSource {
    /// Inside this binary, by name.
    Builtin(String),
    /// A file; a relative path is relative to where it was written.
    File(String),
    /// A registry reference.
    Oci(String),
}

/// What a piece may do, as the person says who installs it: files that it gets, and bounds on what it gives. The bounds narrow
/// what was approved and do not replace it, since an Installation may have come with the piece.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grants {
    /// Paths on this machine by the name of the piece's wish, with the place where each was written.
    pub files: BTreeMap<String, (String, Origin)>,
    /// What it may contribute; nothing was said when absent.
    pub emits: Option<Vec<Selector>>,
    /// What of others it may amend; nothing was said when absent.
    pub amends: Option<Vec<Selector>>,
    /// What its objects may be able to do; nothing was said when absent.
    pub abilities: Option<Vec<Ability>>,
}

/// How much a piece may use; what is absent is the host's default. Which values a limit may have is for the host to say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits(pub Vec<SaidLimit>);

/// One limit that was said.
#[derive(Debug, Clone, PartialEq)]
pub struct SaidLimit {
    /// As `--limit` spells it, for example `compile-time`.
    pub name: &'static str,
    /// Bytes, milliseconds or entries.
    pub number: u64,
    /// Where it was written.
    pub origin: Origin,
    /// Its path in the Installation.
    pub path: String,
}

/// One piece of an installation.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Its name, a DNS label.
    pub name: String,
    /// Where it was named.
    pub origin: Origin,
    /// Whether it takes part.
    pub enabled: bool,
    /// Where it is read from.
    pub source: PieceSource,
    /// Where its source was written.
    pub source_origin: Origin,
    /// `sha256:…` that the component must have.
    pub digest: Option<String>,
    /// The Helm chart that it renders, if it is one that does.
    pub chart: Option<Chart>,
    /// The chart's values, a map.
    pub values: Option<Setting>,
    /// The chart's release name, a text.
    pub release_name: Option<Setting>,
    /// Whether its namespace is made with it.
    pub create_namespace: bool,
    /// Its namespace, when it is not the installation's.
    pub namespace: Option<String>,
    /// Its settings, a map.
    pub settings: Setting,
    /// What it may do.
    pub grants: Grants,
    /// What it may use.
    pub limits: Limits,
}

/// Makes `pieces` a map by name.
pub fn by_name(spec: &mut Setting, problems: &mut Problems) {
    let Some(entry) = spec.map_mut().and_then(|map| map.get_mut("pieces")) else {
        return;
    };
    let pieces = &mut entry.setting;
    let Tree::List(list) = &mut pieces.value else {
        if !matches!(pieces.value, Tree::Null) {
            problems.push(wrong(pieces, "a list of pieces", &Path::of("pieces")));
        }
        pieces.value = Tree::Map(Settings::new());
        return;
    };
    let mut map = Settings::new();
    for (index, mut piece) in std::mem::take(list).into_iter().enumerate() {
        let path = Path::of("pieces").index(index);
        let origin = piece.origin.clone();
        let Some(fields) = piece.map_mut() else {
            problems.push(wrong(&piece, "a map with `name`", &path));
            continue;
        };
        let Some(name) = fields.shift_remove("name") else {
            let hint = "a piece is named by `name: NAME`";
            problems.push(Problem::at(&origin, &path, "lacks `name`").hint(hint));
            continue;
        };
        let text = name.setting.text().unwrap_or_default().to_owned();
        if !is_dns_label(&text) {
            let wanted = "a name of lower-case letters, digits and `-`";
            problems.push(wrong(&name.setting, wanted, &path.key("name")));
            continue;
        }
        let entry = Entry {
            key: name.setting.origin.clone(),
            setting: piece,
        };
        if let Some(twice) = map.insert(text, entry) {
            let message = format!("a piece of this name stands before ({})", twice.key);
            problems.push(
                Problem::at(&name.setting.origin, path.key("name"), message)
                    .hint("give each piece of one document a name of its own"),
            );
        }
    }
    pieces.value = Tree::Map(map);
}

/// As a document, with `pieces` and `policies` lists again.
#[must_use]
pub fn to_document(name: Option<&str>, spec: &Setting) -> Value {
    let mut spec = spec.to_json();
    for key in ["pieces", "policies"] {
        let Some(Value::Object(named)) = spec.get_mut(key).map(Value::take) else {
            continue;
        };
        let list: Vec<Value> = named
            .into_iter()
            .map(|(name, fields)| {
                let mut entry = json!({ "name": name });
                if let (Some(entry), Value::Object(fields)) = (entry.as_object_mut(), fields) {
                    entry.extend(fields);
                }
                entry
            })
            .collect();
        spec[key] = Value::Array(list);
    }
    match name {
        Some(name) => {
            json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": spec})
        }
        None => json!({"apiVersion": API_VERSION, "kind": KIND, "spec": spec}),
    }
}

/// What a layer says of a piece's source is said of the whole source: what layers below say of it, and the digest that was
/// pinned for it, no longer hold.
pub fn forget_sources(below: &mut Setting, over: &Setting) {
    let Some(over) = over.get("pieces").and_then(Setting::map) else {
        return;
    };
    for (name, entry) in over {
        let piece = &entry.setting;
        if piece.get("source").is_some() {
            forget_source(below, name);
        }
        if let Some(chart) = piece.get("chart") {
            forget_chart(below, name, chart);
        }
    }
}

/// Takes away where a piece comes from. A component takes the place of a chart too, and of what is said of it.
pub fn forget_source(below: &mut Setting, name: &str) {
    let Some(fields) = fields_of(below, name) else {
        return;
    };
    for gone in ["source", "digest", "chart"].iter().chain(&chart::BESIDE) {
        fields.shift_remove(*gone);
    }
}

/// Takes away what other words for a chart make void: where it comes from, and the digest that was pinned for it. Its values
/// stay, since they are as a rule those of its next version too.
pub fn forget_chart(below: &mut Setting, name: &str, over: &Setting) {
    let Some(fields) = fields_of(below, name) else {
        return;
    };
    let source = over.get("source");
    let whole = source.is_some_and(|source| source.map().is_none() || source.get("repo").is_some());
    match fields
        .get_mut("chart")
        .and_then(|chart| chart.setting.map_mut())
    {
        None => {
            fields.shift_remove("source");
            fields.shift_remove("digest");
        }
        Some(_) if whole => {
            fields.shift_remove("chart");
        }
        Some(chart) if source.is_some() => {
            chart.shift_remove("digest");
        }
        Some(_) => {}
    }
}

fn fields_of<'a>(spec: &'a mut Setting, name: &str) -> Option<&'a mut Settings> {
    let pieces = spec.map_mut()?.get_mut("pieces")?.setting.map_mut()?;
    pieces.get_mut(name)?.setting.map_mut()
}

/// The values of charts, taken out of a layer: in them `null` says that a default of the chart is not wanted, and takes away
/// nothing of other layers but what it replaces.
pub fn take_values(spec: &mut Setting) -> Vec<(String, Entry)> {
    let pieces = spec
        .map_mut()
        .and_then(|spec| spec.get_mut("pieces"))
        .and_then(|pieces| pieces.setting.map_mut());
    let pieces = pieces.into_iter().flat_map(|pieces| pieces.iter_mut());
    pieces
        .filter_map(|(name, entry)| {
            let fields = entry.setting.map_mut()?;
            fields.get("values")?.setting.map()?;
            Some((name.clone(), fields.shift_remove("values")?))
        })
        .collect()
}

/// Lays values of charts over those that are there.
pub fn lay_values(spec: &mut Setting, values: Vec<(String, Entry)>) {
    for (name, entry) in values {
        let Some(fields) = fields_of(spec, &name) else {
            continue;
        };
        let under = fields.entry("values".to_owned()).or_insert_with(|| Entry {
            key: entry.key.clone(),
            setting: Setting::empty_map(&entry.setting.origin),
        });
        under.key = entry.key;
        under.setting.lay_over_with_nulls(entry.setting);
    }
}

/// Makes the relative paths of a document of the file `file` relative to where that file's own name is: `./conf` in
/// `prod/mesh.yaml` is `prod/./conf`. `pieces` is a map by name.
pub fn relative_to(spec: &mut Setting, file: &str) {
    let Some((folder, _)) = file.rsplit_once('/') else {
        return;
    };
    let join = |setting: Option<&mut Setting>| {
        if let Some(Setting {
            value: Tree::Text(path),
            ..
        }) = setting
            && !path.is_empty()
            && !path.starts_with('/')
        {
            *path = format!("{folder}/{path}");
        }
    };
    fn below<'a>(setting: &'a mut Setting, key: &str) -> Option<&'a mut Setting> {
        Some(&mut setting.map_mut()?.get_mut(key)?.setting)
    }
    let charts = below(spec, "mesh").and_then(|mesh| below(mesh, "charts"));
    join(charts.filter(|charts| charts.text().is_some_and(|text| !text.contains("://"))));
    let pieces = below(spec, "pieces").and_then(Setting::map_mut);
    for piece in pieces.into_iter().flat_map(|pieces| pieces.values_mut()) {
        let piece = &mut piece.setting;
        join(below(piece, "source").and_then(|source| below(source, "file")));
        let place = below(piece, "chart")
            .and_then(|chart| below(chart, "source"))
            .and_then(|source| below(source, "repo"));
        join(place.filter(|place| place.text().is_some_and(|text| !text.contains("://"))));
        let chart = below(piece, "chart").and_then(|chart| below(chart, "source"));
        join(chart.filter(|source| source.text().is_some_and(|text| !text.contains("://"))));
        if let Some(Tree::List(files)) = below(piece, "valuesFiles").map(|files| &mut files.value) {
            files.iter_mut().for_each(|file| join(Some(file)));
        }
        let files = below(piece, "grants").and_then(|grants| below(grants, "files"));
        for entry in files
            .and_then(Setting::map_mut)
            .into_iter()
            .flat_map(|files| files.values_mut())
        {
            join(Some(&mut entry.setting));
        }
    }
}

/// `built-in`, a path, a registry reference.
impl fmt::Display for PieceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Builtin(_) => "built-in",
            Self::File(path) => path,
            Self::Oci(reference) => reference,
        })
    }
}
