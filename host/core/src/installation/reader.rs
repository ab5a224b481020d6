//! Reading the pieces of an Installation. Owns the refusals of what does not fit; merging is done before.

use super::chart::{Mesh, as_typed};
use super::{Grants, Limits, Piece, PieceSource, SaidLimit};
use crate::nearest;
use crate::object::is_dns_label;
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::reading::{self, wrong};
use crate::selector::Selector;
use crate::setting::{Entry, Setting, Tree};
use crate::source::Origin;

const SPEC: [&str; 6] = [
    "profile",
    "namespace",
    "mesh",
    "pieces",
    "fields",
    "policies",
];
const PIECE: [&str; 13] = [
    "name",
    "enabled",
    "source",
    "digest",
    "chart",
    "namespace",
    "settings",
    "values",
    "valuesFiles",
    "releaseName",
    "createNamespace",
    "grants",
    "limits",
];
/// The built-in piece that renders charts.
pub(super) const ENGINE: &str = "chart";
const SOURCE: [&str; 3] = ["builtin", "file", "oci"];
const GRANTS: [&str; 4] = ["files", "emits", "amends", "abilities"];
/// Here, and as `--limit` spells it.
const LIMITS: [(&str, &str, Unit); 11] = [
    ("memory", "memory", Unit::Bytes),
    ("time", "time", Unit::Time),
    ("output", "output", Unit::Bytes),
    ("objects", "objects", Unit::Count),
    ("stack", "stack", Unit::Bytes),
    ("moduleSize", "module-size", Unit::Bytes),
    ("compileTime", "compile-time", Unit::Time),
    ("compileMemory", "compile-memory", Unit::Bytes),
    ("files", "files", Unit::Count),
    ("filesSize", "files-size", Unit::Bytes),
    ("filesDepth", "files-depth", Unit::Count),
];

#[derive(Clone, Copy)]
enum Unit {
    Bytes,
    Time,
    Count,
}

/// Reads the pieces of a merged spec; what cannot be read is a problem and left out.
pub fn read(spec: &Setting, problems: &mut Problems) -> Vec<Piece> {
    let mut reader = Reader {
        problems,
        mesh: Mesh::default(),
    };
    reader.known(spec, &SPEC, &Path::root(), "an Installation");
    if let Some(namespace) = spec.get("namespace") {
        reader.namespace(namespace, &Path::of("namespace"));
    }
    reader.mesh(spec.get("mesh"));
    let Some(pieces) = spec.get("pieces").and_then(Setting::map) else {
        return Vec::new();
    };
    let names: Vec<&str> = pieces
        .iter()
        .filter(|(_, entry)| {
            ["source", "chart"]
                .iter()
                .any(|key| entry.setting.get(key).is_some())
        })
        .map(|(name, _)| name.as_str())
        .collect();
    pieces
        .iter()
        .filter_map(|(name, entry)| reader.piece(name, entry, &names))
        .collect()
}

pub(super) struct Reader<'a> {
    pub(super) problems: &'a mut Problems,
    pub(super) mesh: Mesh,
}

impl Reader<'_> {
    pub(super) fn known(&mut self, setting: &Setting, known: &[&str], path: &Path, of: &str) {
        reading::known(setting, known, path, of, self.problems);
    }

    pub(super) fn text(&mut self, setting: Option<&Setting>, path: &Path) -> Option<String> {
        reading::text(setting, path, self.problems)
    }

    fn namespace(&mut self, setting: &Setting, path: &Path) -> Option<String> {
        match setting.text() {
            Some(text) if is_dns_label(text) => Some(text.to_owned()),
            _ => {
                let wanted = "the name of a namespace (lower-case letters, digits and `-`)";
                self.problems.push(wrong(setting, wanted, path));
                None
            }
        }
    }

    fn piece(&mut self, name: &str, entry: &Entry, names: &[&str]) -> Option<Piece> {
        let path = Path::of("pieces").key(name);
        let fields = &entry.setting;
        self.known(fields, &PIECE, &path, "a piece");
        fields.map()?;
        if !is_dns_label(name) {
            let message = "is no name of a piece (lower-case letters, digits and `-`)";
            self.problems.push(Problem::at(&entry.key, &path, message));
            return None;
        }
        let enabled = fields.get("enabled").is_none() || self.truth(fields, "enabled", &path);
        let chart = self.chart(fields, &path);
        let (source, source_origin) = match (fields.get("chart"), fields.get("source")) {
            (Some(said), None) => (PieceSource::Builtin(ENGINE.to_owned()), said.origin.clone()),
            _ => self.source(name, entry, &path, names)?,
        };
        if fields.get("chart").is_some() && chart.is_none() {
            return None;
        }
        let digest = self.digest(fields, &path);
        let namespace = fields
            .get("namespace")
            .and_then(|setting| self.namespace(setting, &path.key("namespace")));
        let settings = match fields.get("settings") {
            None => Setting::empty_map(&fields.origin),
            Some(settings) => {
                if settings.map().is_none() {
                    self.problems
                        .push(wrong(settings, "a map", &path.key("settings")));
                }
                settings.clone()
            }
        };
        let mut values = fields.get("values").cloned();
        values.iter_mut().for_each(as_typed);
        Some(Piece {
            name: name.to_owned(),
            origin: entry.key.clone(),
            enabled,
            source,
            source_origin,
            digest,
            chart,
            values,
            create_namespace: self.truth(fields, "createNamespace", &path),
            release_name: fields.get("releaseName").cloned(),
            namespace,
            settings,
            grants: self.grants(fields.get("grants"), &path.key("grants")),
            limits: self.limits(fields.get("limits"), &path.key("limits")),
        })
    }

    fn truth(&mut self, fields: &Setting, key: &str, path: &Path) -> bool {
        fields.get(key).is_some_and(|setting| {
            setting.bool().unwrap_or_else(|| {
                let problem = wrong(setting, "true or false", &path.key(key));
                self.problems.push(problem);
                false
            })
        })
    }

    /// The `digest` among some fields.
    pub(super) fn digest(&mut self, fields: &Setting, path: &Path) -> Option<String> {
        let path = path.key("digest");
        let digest = self.text(fields.get("digest"), &path)?;
        let hex = digest.strip_prefix("sha256:").unwrap_or(&digest);
        if let Some(setting) = fields.get("digest")
            && (hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()))
        {
            let wanted = "`sha256:` and 64 hexadecimal digits";
            self.problems.push(wrong(setting, wanted, &path));
        }
        Some(digest)
    }

    fn source(
        &mut self,
        name: &str,
        entry: &Entry,
        path: &Path,
        names: &[&str],
    ) -> Option<(PieceSource, Origin)> {
        let path_of_source = path.key("source");
        let Some(source) = entry.setting.get("source") else {
            let message =
                format!("there is no piece `{name}` here, and nothing says where it comes from");
            let hint = match nearest::nearest(name, names.iter().copied()).as_slice() {
                [] => "give it a `source: {builtin: NAME}`, `{file: PATH}` or `{oci: REFERENCE}`, or a `chart`"
                    .to_owned(),
                near => format!("did you mean {}?", nearest::quoted(near, "or")),
            };
            self.problems
                .push(Problem::at(&entry.key, path, message).hint(hint));
            return None;
        };
        if let Some(text) = source.text() {
            self.problems.push(
                wrong(source, "a map", &path_of_source)
                    .hint(format!("write `{{file: {text}}}`, or `{{oci: …}}`")),
            );
            return None;
        }
        self.known(source, &SOURCE, &path_of_source, "a source");
        let said: Vec<(&String, &Entry)> = source
            .map()?
            .iter()
            .filter(|(key, _)| SOURCE.contains(&key.as_str()))
            .collect();
        if said.is_empty() && source.map().is_some_and(|map| !map.is_empty()) {
            return None;
        }
        let [(kind, entry)] = said.as_slice() else {
            let message = if said.is_empty() {
                "says nothing of where the piece comes from"
            } else {
                "says several places where the piece comes from"
            };
            self.problems.push(
                Problem::at(&source.origin, &path_of_source, message)
                    .hint("give one of `builtin: NAME`, `file: PATH` and `oci: REFERENCE`"),
            );
            return None;
        };
        let text = self.text(Some(&entry.setting), &path_of_source.key(kind))?;
        let source = match kind.as_str() {
            "builtin" => PieceSource::Builtin(text),
            "file" => PieceSource::File(text),
            _ => PieceSource::Oci(text),
        };
        Some((source, entry.setting.origin.clone()))
    }

    fn grants(&mut self, grants: Option<&Setting>, path: &Path) -> Grants {
        let Some(setting) = grants else {
            return Grants::default();
        };
        self.known(setting, &GRANTS, path, "grants");
        let mut grants = Grants::default();
        if let Some(files) = setting.get("files") {
            let path = path.key("files");
            if files.map().is_none() {
                self.problems
                    .push(wrong(files, "a map of wishes to paths", &path));
            }
            for (wish, entry) in files.map().into_iter().flatten() {
                if let Some(text) = self.text(Some(&entry.setting), &path.key(wish)) {
                    grants
                        .files
                        .insert(wish.clone(), (text, entry.setting.origin.clone()));
                }
            }
        }
        let path_of = |key: &str| path.key(key);
        grants.emits = reading::selectors(setting.get("emits"), &path_of("emits"), self.problems);
        grants.amends =
            reading::selectors(setting.get("amends"), &path_of("amends"), self.problems);
        grants.abilities = reading::abilities(
            setting.get("abilities"),
            &path_of("abilities"),
            self.problems,
        );
        grants
    }

    pub(super) fn selector(&mut self, entry: &Setting, path: &Path) -> Option<Selector> {
        reading::selector(entry, path, self.problems)
    }

    fn limits(&mut self, limits: Option<&Setting>, path: &Path) -> Limits {
        let Some(setting) = limits else {
            return Limits::default();
        };
        self.known(setting, &LIMITS.map(|(key, ..)| key), path, "limits");
        let mut limits = Vec::new();
        for (key, name, unit) in LIMITS {
            let Some(setting) = setting.get(key) else {
                continue;
            };
            let text = match &setting.value {
                Tree::Number(number) => number.to_string(),
                _ => setting.text().unwrap_or_default().to_owned(),
            };
            match unit.read(&text).filter(|number| *number > 0) {
                Some(number) => limits.push(SaidLimit {
                    name,
                    number,
                    origin: setting.origin.clone(),
                    path: path.key(key).to_string(),
                }),
                None => {
                    let problem = wrong(setting, unit.wanted(), &path.key(key));
                    self.problems.push(problem);
                }
            }
        }
        Limits(limits)
    }
}

impl Unit {
    fn wanted(self) -> &'static str {
        match self {
            Self::Bytes => "a number of bytes, such as `64Mi`",
            Self::Time => "a time, such as `10s` or `500ms`",
            Self::Count => "a number, such as `20000`",
        }
    }

    fn read(self, text: &str) -> Option<u64> {
        match self {
            Self::Bytes => bytes(text),
            Self::Time => milliseconds(text),
            Self::Count => text.parse().ok(),
        }
    }
}

/// `64Mi`, `1Gi`, `4096`: the binary quantities of Kubernetes.
fn bytes(text: &str) -> Option<u64> {
    let units = [("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30)];
    let (digits, unit) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
        .unwrap_or((text, 1));
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// `10s`, `500ms`, `2m`.
fn milliseconds(text: &str) -> Option<u64> {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000)];
    let (digits, unit) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))?;
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quantities() {
        assert_eq!(bytes("64Mi"), Some(64 << 20));
        assert_eq!(bytes("4096"), Some(4096));
        assert_eq!(bytes("99999999999999999999Gi"), None);
        assert_eq!(bytes("1.5Gi"), None);
        assert_eq!(milliseconds("500ms"), Some(500));
        assert_eq!(milliseconds("2m"), Some(120_000));
        assert_eq!(milliseconds("2"), None);
    }
}
