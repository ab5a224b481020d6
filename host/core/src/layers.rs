//! The layers that settings are made of. Owns their order and their merging; what settings mean is not known here.
//!
//! Lowest first: the profile and what it builds on, settings kept from an earlier revision, `--plugin`, `-f` in order,
//! `--set` in order, `--grant`, `--name` and `--namespace`. Everything is collected, and all problems come out together.
//!
//! Unlike in istioctl 1.4, `--set profile=` counts beside a `-f` too, where it was ignored; and several `-f` are laid over
//! each other.

use std::sync::Arc;

use crate::control_plane_api;
use crate::document::{self, Api, Document};
use crate::installation::PieceSource;
use crate::object::is_dns_label;
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::profile::{DEFAULT, Profiles};
use crate::set_flag::{self, Assignment};
use crate::setting::{Setting, Tree};
use crate::source::{Origin, Source, SourceKind};

mod assignment;
mod merge;

use merge::Merge;

/// The namespace that Istio 1.4 sets when a `--set` is given that does not say another.
const ISTIO_NAMESPACE: &str = "istio-system";

/// What a person said, in layers.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    kept: Vec<Document>,
    plugins: Vec<Plugin>,
    files: Vec<Document>,
    sets: Vec<Assignment>,
    grants: Vec<Assignment>,
    profile: Option<Arc<Source>>,
    name: Option<Arc<Source>>,
    namespace: Option<Arc<Source>>,
    problems: Problems,
}

#[derive(Debug, Clone)]
struct Plugin {
    text: Arc<Source>,
    name: String,
    from: From,
}

#[derive(Debug, Clone)]
enum From {
    Component(PieceSource, Option<String>),
    Chart(String),
}

/// All layers as one.
#[derive(Debug, Clone)]
pub struct Merged {
    /// Name of the installation.
    pub name: Option<String>,
    /// Name of the profile.
    pub profile: String,
    /// `spec` of the IstioControlPlane.
    pub control_plane: Setting,
    /// `spec` of the Installation, pieces by name.
    pub installation: Setting,
    /// What was said over the profile, in as few documents as act the same; `null` takes away.
    pub given: Vec<Document>,
    /// What is wrong with the IstioControlPlane: it can be merged and does not keep anybody from looking for more.
    pub unfit: Problems,
    /// What was probably not meant.
    pub warnings: Vec<Problem>,
    /// The first file of an Installation that was given.
    pub file: Option<String>,
}

impl Layers {
    /// Nothing said: the default profile.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `--keep-settings`: the documents that an earlier revision was made from, by the name of that revision.
    pub fn keep(&mut self, name: &str, text: &str) {
        let source = Source::new(SourceKind::Revision, name, text);
        if !text.trim().is_empty() {
            let documents = document::read(&source, &mut self.problems);
            self.kept.extend(documents);
        }
    }

    /// `--profile NAME`.
    pub fn profile(&mut self, name: &str) {
        self.profile = Some(Source::new(SourceKind::Argument, "--profile", name));
    }

    /// `--plugin [NAME=]SOURCE`: the text as it was typed, the piece's name in the installation, where it is read from, and
    /// the digest that it must have. It adds the piece or replaces the one of that name, and enables it.
    pub fn plugin(&mut self, text: &str, name: &str, source: PieceSource, digest: Option<String>) {
        self.add(text, name, From::Component(source, digest));
    }

    /// `--plugin NAME=chart:SOURCE`: like [`Layers::plugin`], for a piece that renders a chart.
    pub fn chart(&mut self, text: &str, name: &str, source: &str) {
        self.add(text, name, From::Chart(source.to_owned()));
    }

    fn add(&mut self, text: &str, name: &str, from: From) {
        let text = Source::new(SourceKind::Argument, "--plugin", text);
        let origin = Origin::whole(&text);
        if !is_dns_label(name) {
            let message = format!("`{}` is no name of a piece", name.escape_debug());
            self.problems.push(
                Problem::at(&origin, "", message)
                    .hint("write NAME=FILE, with a name of lower-case letters, digits and `-`"),
            );
            return;
        }
        if let Some(twice) = self.plugins.iter().find(|plugin| plugin.name == name) {
            let message = format!(
                "piece `{name}` is given twice (--plugin {})",
                twice.text.text
            );
            self.problems.push(
                Problem::at(&origin, "", message)
                    .hint("give the second one a name of its own: NAME=FILE"),
            );
            return;
        }
        self.plugins.push(Plugin {
            text,
            name: name.to_owned(),
            from,
        });
    }

    /// `--grant PIECE:NAME=PATH`: files that a piece asks for under that name.
    pub fn grant(&mut self, text: &str) {
        let source = Source::new(SourceKind::Argument, "--grant", text);
        let origin = Origin::whole(&source);
        let parts = text.split_once(':').and_then(|(piece, rest)| {
            let (wish, path) = rest.split_once('=')?;
            Some((piece, wish, path))
        });
        let Some((piece, wish, path)) = parts.filter(|(piece, wish, path)| {
            is_dns_label(piece) && is_dns_label(wish) && !path.is_empty()
        }) else {
            self.problems.push(
                Problem::at(&origin, "", "is not PIECE:NAME=PATH").hint(
                    "write one such as dashboards:files=./conf; `meshhost plugin inspect` shows the names of the files that a piece asks for",
                ),
            );
            return;
        };
        let path_of = Path::of("pieces").key(piece);
        self.grants.push(Assignment {
            path: path_of.key("grants").key("files").key(wish),
            value: Setting::new(&origin, Tree::Text(path.to_owned())),
            key: origin,
        });
    }

    /// `-f FILE`, with what is in the file.
    pub fn file(&mut self, name: &str, text: &str) {
        let source = Source::new(SourceKind::File, name, text);
        let documents = document::read(&source, &mut self.problems);
        self.files.extend(documents);
    }

    /// A document that was made, and not read.
    pub fn document(&mut self, document: Document) {
        self.files.push(document);
    }

    /// `-f -`.
    pub fn stdin(&mut self, text: &str) {
        let source = Source::new(SourceKind::Stdin, "-", text);
        let documents = document::read(&source, &mut self.problems);
        self.files.extend(documents);
    }

    /// `--set`.
    pub fn set(&mut self, text: &str) {
        self.assignments("--set", text, false);
    }

    /// `--set-string`.
    pub fn set_string(&mut self, text: &str) {
        self.assignments("--set-string", text, true);
    }

    fn assignments(&mut self, flag: &str, text: &str, as_text: bool) {
        let source = Source::new(SourceKind::Argument, flag, text);
        match set_flag::parse(&source, as_text) {
            Ok(assignments) => self.sets.extend(assignments),
            Err(problems) => self.problems.extend(problems),
        }
    }

    /// `--name`: the installation's.
    pub fn name(&mut self, name: &str) {
        let name = Source::new(SourceKind::Argument, "--name", name);
        if !is_dns_label(&name.text) {
            let message = "is no name of an installation (lower-case letters, digits and `-`)";
            self.problems
                .push(Problem::at(&Origin::whole(&name), "", message));
        }
        self.name = Some(name);
    }

    /// `--namespace`.
    pub fn namespace(&mut self, namespace: &str) {
        self.namespace = Some(Source::new(SourceKind::Argument, "--namespace", namespace));
    }

    /// The profile that is asked for, so that one that is a file can be read before [`Layers::choose`](crate::resolve).
    #[must_use]
    pub fn profile_name(&self) -> String {
        self.profile_said().0
    }

    /// The installation that is meant, as far as it is said: by `--name`, else by the last document that names one.
    #[must_use]
    pub fn installation(&self) -> Option<&str> {
        let in_documents = || {
            let documents = self.files.iter().rev().chain(self.kept.iter().rev());
            documents
                .filter(|document| document.api == Api::Installation)
                .find_map(|document| document.metadata.as_ref()?.get("name")?.text())
        };
        self.name
            .as_ref()
            .map(|name| name.text.as_str())
            .or_else(in_documents)
    }

    /// Whether all that was said can be read: what is wrong whatever it is laid over.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn readable(&self) -> Result<(), Problems> {
        self.problems.clone().or(())
    }

    /// The last one to name a profile counts; the flag counts most.
    fn profile_said(&self) -> (String, Option<Origin>) {
        if let Some(flag) = &self.profile {
            return (flag.text.clone(), Some(Origin::whole(flag)));
        }
        let mut said = (DEFAULT.to_owned(), None);
        let documents = self.kept.iter().chain(&self.files);
        let in_documents = documents.filter_map(|document| document.spec.get("profile"));
        let in_sets = self
            .sets
            .iter()
            .filter(|assignment| assignment.path == Path::of("profile"))
            .map(|assignment| &assignment.value);
        for setting in in_documents.chain(in_sets) {
            match setting.text() {
                Some(text) if setting.value != Tree::Null && !text.is_empty() => {
                    said = (text.to_owned(), Some(setting.origin.clone()));
                }
                // What is no text is refused when the layers are merged.
                _ => said = (DEFAULT.to_owned(), None),
            }
        }
        said
    }

    /// All layers as one.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn merge(self, profiles: &Profiles) -> Result<Merged, Problems> {
        let (profile, named_at) = self.profile_said();
        let mut problems = self.problems.clone();
        self.one_profile(&mut problems);
        let base = profiles
            .documents(&profile, named_at.as_ref())
            .unwrap_or_else(|found| {
                problems.extend(found);
                Vec::new()
            });
        let nowhere = Origin::whole(&Source::new(SourceKind::Profile, profile.as_str(), ""));
        let mut merge = Merge {
            control_plane: Setting::empty_map(&nowhere),
            installation: Setting::empty_map(&nowhere),
            given: Vec::new(),
            name: None,
            warnings: Vec::new(),
            problems,
        };
        for document in base {
            merge.lay(document);
        }
        for document in self.kept {
            merge.lay_given(document);
        }
        for plugin in self.plugins {
            for document in plugin.documents() {
                merge.lay_given(document);
            }
        }
        let file = self
            .files
            .iter()
            .filter(|document| document.api == Api::Installation)
            .map(|document| &document.spec.origin.source)
            .find(|source| source.kind == SourceKind::File)
            .map(|source| source.name.clone());
        let before_files = merge.control_plane.get("defaultNamespace").cloned();
        for document in self.files {
            merge.lay_given(document);
        }
        merge.forget_default_namespace(&self.sets, before_files);
        for (number, assignment) in self.sets.iter().enumerate() {
            merge.warn_if_overridden(assignment, &self.sets[number + 1..]);
            merge.assign(assignment);
        }
        for (number, assignment) in self.grants.iter().enumerate() {
            merge.warn_if_overridden(assignment, &self.grants[number + 1..]);
            merge.assign(assignment);
        }
        if let Some(namespace) = &self.namespace {
            let origin = Origin::whole(namespace);
            merge.assign(&Assignment {
                path: Path::of("namespace"),
                key: origin.clone(),
                value: Setting::new(&origin, Tree::Text(namespace.text.clone())),
            });
        }
        if let Some(name) = &self.name {
            merge.name = Some(name.text.clone());
        }
        merge.finish(profile, named_at, file)
    }

    /// `--profile` and `--set profile=` must not contradict each other.
    fn one_profile(&self, problems: &mut Problems) {
        let Some(flag) = &self.profile else { return };
        let other = self
            .sets
            .iter()
            .rev()
            .find(|assignment| assignment.path == Path::of("profile"));
        if let Some(other) = other
            && other.value.text() != Some(flag.text.as_str())
        {
            let message = format!(
                "says another profile than `--profile {}`",
                flag.text.escape_debug()
            );
            problems.push(
                Problem::at(&other.value.origin, "profile", message).hint("keep one of the two"),
            );
        }
    }
}

impl Plugin {
    fn documents(&self) -> Vec<Document> {
        let origin = Origin::whole(&self.text);
        let text = |text: &str| Setting::new(&origin, Tree::Text(text.to_owned()));
        let on = || Setting::new(&origin, Tree::Bool(true));
        let mut spec = Setting::empty_map(&origin);
        let below = format!("pieces.{}", self.name);
        match &self.from {
            From::Component(source, digest) => {
                let (kind, place) = match source {
                    PieceSource::Builtin(name) => ("builtin", name),
                    PieceSource::File(path) => ("file", path),
                    PieceSource::Oci(reference) => ("oci", reference),
                };
                spec.put(&format!("{below}.source.{kind}"), text(place));
                if let Some(digest) = digest {
                    spec.put(&format!("{below}.digest"), text(digest));
                }
            }
            From::Chart(source) => spec.put(&format!("{below}.chart.source"), text(source)),
        }
        spec.put(&format!("{below}.enabled"), on());
        let mut documents = vec![Document {
            api: Api::Installation,
            metadata: None,
            spec,
        }];
        if let Some(feature) = control_plane_api::only_feature(&self.name) {
            let mut spec = Setting::empty_map(&origin);
            spec.put(&format!("{feature}.enabled"), on());
            documents.push(Document {
                api: Api::ControlPlane,
                metadata: None,
                spec,
            });
        }
        documents
    }
}
