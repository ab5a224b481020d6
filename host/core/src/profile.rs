//! Profiles: named starting points. Owns the catalogue, what a profile builds on, and showing and comparing profiles;
//! what the settings mean is not known here.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::document::{self, Api, Document};
use crate::path::{Path, Step};
use crate::problem::{Problem, Problems};
use crate::setting::Setting;
use crate::source::{Origin, Source, SourceKind};
use crate::{control_plane_api, nearest, translate};

/// The profile when nobody names one.
pub const DEFAULT: &str = "default";

/// The annotation of a profile's document that says in one line what it is.
const SUMMARY: &str = "meshhost.dev/summary";

/// Profiles by name.
#[derive(Debug, Clone)]
pub struct Profiles {
    texts: IndexMap<String, String>,
}

/// In which API a profile is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As an IstioControlPlane.
    IstioControlPlane,
    /// As an Installation, with the settings that the pieces get.
    Installation,
}

/// One setting in which two profiles differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Which.
    pub path: String,
    /// In the first.
    pub a: Option<Value>,
    /// In the second.
    pub b: Option<Value>,
}

impl Profiles {
    /// The profiles of Istio 1.4, one that is empty, and those of Istio as it is today, which is made of charts.
    #[must_use]
    pub fn builtin() -> Self {
        let texts = [
            ("default", include_str!("../../../profiles/default.yaml")),
            ("demo", include_str!("../../../profiles/demo.yaml")),
            ("minimal", include_str!("../../../profiles/minimal.yaml")),
            ("remote", include_str!("../../../profiles/remote.yaml")),
            ("sds", include_str!("../../../profiles/sds.yaml")),
            ("empty", include_str!("../../../profiles/empty.yaml")),
            (
                "istio/default",
                include_str!("../../../profiles/istio/default.yaml"),
            ),
            (
                "istio/ambient",
                include_str!("../../../profiles/istio/ambient.yaml"),
            ),
            (
                "istio/demo",
                include_str!("../../../profiles/istio/demo.yaml"),
            ),
            (
                "istio/minimal",
                include_str!("../../../profiles/istio/minimal.yaml"),
            ),
            (
                "istio/empty",
                include_str!("../../../profiles/istio/empty.yaml"),
            ),
            (
                "istio/openshift",
                include_str!("../../../profiles/istio/openshift.yaml"),
            ),
        ];
        Self {
            texts: texts
                .into_iter()
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect(),
        }
    }

    /// Adds or replaces a profile, for example one that was read from a file: its path is then its name.
    pub fn insert(&mut self, name: &str, text: &str) {
        self.texts.insert(name.to_owned(), text.to_owned());
    }

    /// The names, in the order of the catalogue.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.texts.keys().map(String::as_str).collect()
    }

    /// What a profile is, in one line; empty when it does not say.
    #[must_use]
    pub fn summary(&self, name: &str) -> String {
        let mut problems = Problems::default();
        self.read(name, &mut problems)
            .iter()
            .find_map(|document| {
                let annotations = document.metadata.as_ref()?.get("annotations")?;
                annotations.get(SUMMARY)?.text().map(str::to_owned)
            })
            .unwrap_or_default()
    }

    /// The documents of a profile and of what it builds on, lowest first. A profile builds on the one that its own
    /// `spec.profile` names.
    ///
    /// # Errors
    /// When there is no such profile, or it cannot be read, or it builds on itself.
    pub fn documents(
        &self,
        name: &str,
        named_at: Option<&Origin>,
    ) -> Result<Vec<Document>, Problems> {
        let mut problems = Problems::default();
        let mut chain: Vec<(String, Vec<Document>)> = Vec::new();
        let mut next = Some((name.to_owned(), named_at.cloned()));
        while let Some((name, named_at)) = next.take() {
            if chain.iter().any(|(seen, _)| *seen == name) {
                let message = format!("profile `{name}` builds on itself");
                problems.push(place(named_at.as_ref(), message).hint("name another base, or none"));
                break;
            }
            if !self.texts.contains_key(&name) {
                problems.push(self.unknown(&name, named_at.as_ref()));
                break;
            }
            let documents = self.read(&name, &mut problems);
            next = documents.iter().rev().find_map(|document| {
                let base = document.spec.get("profile")?;
                Some((base.text()?.to_owned(), Some(base.origin.clone())))
            });
            chain.push((name, documents));
        }
        let documents = chain.into_iter().rev().flat_map(|(_, documents)| documents);
        problems.or(documents.collect())
    }

    fn unknown(&self, name: &str, named_at: Option<&Origin>) -> Problem {
        let shown: String = name.chars().take(60).flat_map(char::escape_debug).collect();
        place(named_at, format!("there is no profile `{shown}`"))
            .maybe_hint(nearest::hint(name, self.names()))
    }

    fn read(&self, name: &str, problems: &mut Problems) -> Vec<Document> {
        match self.texts.get(name) {
            Some(text) => document::read(&Source::new(SourceKind::Profile, name, text), problems),
            None => Vec::new(),
        }
    }

    /// A profile with all that it builds on.
    ///
    /// # Errors
    /// When there is no such profile.
    pub fn dump(&self, name: &str, form: Form) -> Result<Value, Problems> {
        let documents = self.documents(name, None)?;
        let origin = Origin::whole(&Source::new(SourceKind::Profile, name, ""));
        let (mut control_plane, mut installation) =
            (Setting::empty_map(&origin), Setting::empty_map(&origin));
        for document in documents {
            match document.api {
                Api::ControlPlane => control_plane.lay_over(document.spec),
                Api::Installation => installation.lay_over(document.spec),
            }
        }
        Ok(shown(name, &control_plane, &installation, form))
    }

    /// Where two profiles differ, by path. Lists are compared as wholes.
    ///
    /// # Errors
    /// When there is no such profile.
    pub fn diff(&self, a: &str, b: &str, form: Form) -> Result<Vec<Difference>, Problems> {
        let (mut a, mut b) = (self.dump(a, form)?, self.dump(b, form)?);
        for side in [&mut a, &mut b] {
            if let Some(spec) = side["spec"].as_object_mut() {
                spec.remove("profile");
            }
        }
        let mut differences = Vec::new();
        compare(
            Some(&a["spec"]),
            Some(&b["spec"]),
            &Path::root(),
            &mut differences,
        );
        differences.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(differences)
    }
}

/// Merged settings as one document, with the profile that they began with first.
#[must_use]
pub fn shown(profile: &str, control_plane: &Setting, installation: &Setting, form: Form) -> Value {
    let mut value = match form {
        Form::IstioControlPlane => json!({
            "apiVersion": control_plane_api::API_VERSION,
            "kind": control_plane_api::KIND,
            "spec": control_plane.to_json(),
        }),
        Form::Installation => translate::as_installation(control_plane, installation),
    };
    let mut spec = Map::new();
    spec.insert("profile".to_owned(), json!(profile));
    if let Some(own) = value["spec"].as_object_mut() {
        own.shift_remove("profile");
        spec.append(own);
    }
    value["spec"] = Value::Object(spec);
    value
}

/// What stands at a path of settings.
///
/// # Errors
/// When nothing does: with what stands near.
pub fn part(settings: &Value, path: &str) -> Result<Value, Problems> {
    let mut at = settings;
    let mut walked = Path::root();
    for step in Path::lenient(path).0 {
        let (next, known): (Option<&Value>, Vec<&str>) = match (&step, at) {
            (Step::Key(key), Value::Object(map)) => {
                (map.get(key), map.keys().map(String::as_str).collect())
            }
            (Step::Index(index), Value::Array(list)) => (list.get(*index), Vec::new()),
            _ => (None, Vec::new()),
        };
        let Some(next) = next else {
            let text = match &step {
                Step::Key(key) => key.clone(),
                Step::Index(index) => format!("[{index}]"),
            };
            let message = format!(
                "these settings say nothing of `{}` here",
                text.escape_debug()
            );
            return Err(Problem::nowhere(walked.then(step), message)
                .maybe_hint(nearest::hint(&text, known))
                .into());
        };
        at = next;
        walked = walked.then(step);
    }
    Ok(at.clone())
}

fn place(named_at: Option<&Origin>, message: String) -> Problem {
    match named_at {
        Some(origin) => Problem::at(origin, "profile", message),
        None => Problem::nowhere("profile", message),
    }
}

fn compare(a: Option<&Value>, b: Option<&Value>, path: &Path, into: &mut Vec<Difference>) {
    match (a, b) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            for (key, value) in a {
                compare(Some(value), b.get(key), &path.key(key), into);
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                compare(None, Some(value), &path.key(key), into);
            }
        }
        (a, b) if a == b => {}
        (a, b) => into.push(Difference {
            path: path.to_string(),
            a: a.cloned(),
            b: b.cloned(),
        }),
    }
}
