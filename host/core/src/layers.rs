//! The layers that settings are made of. Owns their order and their merging; what settings mean is not known here.
//!
//! Lowest first: the profile and what it builds on, settings kept from an earlier revision, `--plugin`, `-f` in order,
//! `--set` in order, `--name` and `--namespace`. Everything is collected, and all problems come out together.

use std::sync::Arc;

use crate::control_plane;
use crate::control_plane_api;
use crate::document::{self, Api, Document};
use crate::installation::{self, PieceSource};
use crate::object::is_dns_label;
use crate::path::{Path, Step};
use crate::problem::{Problem, Problems};
use crate::profile::{DEFAULT, Profiles};
use crate::set_flag::{self, Assignment};
use crate::setting::{Entry, Setting, Settings, Tree, kind_of};
use crate::source::{Origin, Source, SourceKind};

/// The namespace that Istio 1.4 sets when a `--set` is given that does not say another.
const ISTIO_NAMESPACE: &str = "istio-system";

/// What a person said, in layers.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    kept: Vec<Document>,
    plugins: Vec<Plugin>,
    files: Vec<Document>,
    sets: Vec<Assignment>,
    profile: Option<Arc<Source>>,
    name: Option<Arc<Source>>,
    namespace: Option<Arc<Source>>,
    problems: Problems,
}

#[derive(Debug, Clone)]
struct Plugin {
    text: Arc<Source>,
    name: String,
    source: PieceSource,
    digest: Option<String>,
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
            source,
            digest,
        });
    }

    /// `-f FILE`, with what is in the file.
    pub fn file(&mut self, name: &str, text: &str) {
        let source = Source::new(SourceKind::File, name, text);
        let documents = document::read(&source, &mut self.problems);
        self.files.extend(documents);
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
        self.name = Some(Source::new(SourceKind::Argument, "--name", name));
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
        let before_files = merge.control_plane.get("defaultNamespace").cloned();
        for document in self.files {
            merge.lay_given(document);
        }
        merge.forget_default_namespace(&self.sets, before_files);
        for (number, assignment) in self.sets.iter().enumerate() {
            merge.warn_if_overridden(assignment, &self.sets[number + 1..]);
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
            if !is_dns_label(&name.text) {
                let message = "is no name of an installation (lower-case letters, digits and `-`)";
                merge
                    .problems
                    .push(Problem::at(&Origin::whole(name), "", message));
            }
            merge.name = Some(name.text.clone());
        }
        merge.finish(profile, named_at)
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
        let (kind, place) = match &self.source {
            PieceSource::Builtin(name) => ("builtin", name),
            PieceSource::File(path) => ("file", path),
            PieceSource::Oci(reference) => ("oci", reference),
        };
        let mut spec = Setting::empty_map(&origin);
        let below = format!("pieces.{}", self.name);
        spec.put(&format!("{below}.source.{kind}"), text(place));
        if let Some(digest) = &self.digest {
            spec.put(&format!("{below}.digest"), text(digest));
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

struct Merge {
    control_plane: Setting,
    installation: Setting,
    given: Vec<Document>,
    name: Option<String>,
    warnings: Vec<Problem>,
    problems: Problems,
}

impl Merge {
    fn tree(&mut self, api: Api) -> &mut Setting {
        match api {
            Api::ControlPlane => &mut self.control_plane,
            Api::Installation => &mut self.installation,
        }
    }

    fn lay(&mut self, document: Document) {
        if document.api == Api::Installation {
            installation::forget_sources(&mut self.installation, &document.spec);
        }
        self.tree(document.api).lay_over(document.spec);
    }

    fn lay_given(&mut self, document: Document) {
        if document.api == Api::Installation
            && let Some(name) = document
                .metadata
                .as_ref()
                .and_then(|metadata| metadata.get("name"))
        {
            self.name = name.text().map(str::to_owned);
        }
        self.give(document.api, document.spec.clone());
        self.lay(document);
    }

    /// Notes what was said over the profile.
    fn give(&mut self, api: Api, spec: Setting) {
        let last = self.given.iter_mut().rev().find(|given| given.api == api);
        let rest = match last {
            None => Some(spec),
            Some(given) => {
                if api == Api::Installation {
                    installation::forget_sources(&mut given.spec, &spec);
                }
                given.spec.stack(spec).err().map(|spec| *spec)
            }
        };
        self.given.extend(rest.map(|spec| Document {
            api,
            metadata: None,
            spec,
        }));
    }

    /// In Istio 1.4 every `--set` comes with a `defaultNamespace` of its own, so that one in a file counts only when
    /// nothing is set on the command line. People's installations were made that way, so it is kept, and said.
    fn forget_default_namespace(&mut self, sets: &[Assignment], before_files: Option<Setting>) {
        let path = Path::of("defaultNamespace");
        let counts = |assignment: &&Assignment| api_of(&assignment.path) == Some(Api::ControlPlane);
        let Some(first) = sets.iter().find(counts) else {
            return;
        };
        if sets.iter().any(|assignment| assignment.path == path) {
            return;
        }
        let Some(in_file) = self.control_plane.get("defaultNamespace").cloned() else {
            return;
        };
        if Some(&in_file) == before_files.as_ref() {
            return;
        }
        let text = before_files
            .as_ref()
            .and_then(|setting| setting.text())
            .unwrap_or(ISTIO_NAMESPACE)
            .to_owned();
        if in_file.text() == Some(text.as_str()) {
            return;
        }
        let message = format!(
            "does not count, and `{text}` does, because something is set with `--set`: so it is in Istio 1.4"
        );
        self.warnings
            .push(Problem::at(&in_file.origin, &path, message).hint(format!(
                "say it with `--set defaultNamespace={}`",
                in_file.text().unwrap_or_default()
            )));
        self.assign(&Assignment {
            path,
            key: first.key.clone(),
            value: Setting::new(&first.key, Tree::Text(text)),
        });
    }

    fn warn_if_overridden(&mut self, assignment: &Assignment, later: &[Assignment]) {
        let same = later.iter().find(|later| later.path == assignment.path);
        if let Some(later) = same
            && later.value.to_json() != assignment.value.to_json()
        {
            let message = format!("has no effect: {} says otherwise later", later.key);
            self.warnings.push(
                Problem::at(&assignment.key, &assignment.path, message).hint("keep one of the two"),
            );
        }
    }

    fn assign(&mut self, assignment: &Assignment) {
        let Some(api) = api_of(&assignment.path) else {
            let message = "nothing can be set here";
            self.problems.push(
                Problem::at(&assignment.key, &assignment.path, message).hint(
                    "paths begin below `spec`: `cni.enabled`, `values.global.…`, `pieces.NAME.…`",
                ),
            );
            return;
        };
        let assignment = &canonical(assignment, &mut self.problems);
        if let [Step::Key(pieces), Step::Key(name), Step::Key(source), ..] =
            assignment.path.0.as_slice()
            && pieces == "pieces"
            && source == "source"
        {
            installation::forget_source(&mut self.installation, name);
        }
        if let Err(problem) = set_flag::assign(self.tree(api), assignment) {
            self.problems.push(problem);
            return;
        }
        let given = overlay_of(assignment, self.tree(api));
        self.give(api, given);
    }

    fn finish(mut self, profile: String, named_at: Option<Origin>) -> Result<Merged, Problems> {
        let origin = named_at.unwrap_or_else(|| self.control_plane.origin.clone());
        let said = Setting::new(&origin, Tree::Text(profile.clone()));
        for tree in [&mut self.control_plane, &mut self.installation] {
            let Some(map) = tree.map_mut() else { continue };
            if let Some(entry) = map.shift_remove("profile")
                && entry.setting.text().is_none()
            {
                let message = format!(
                    "must be the name of a profile, not {}",
                    kind_of(&entry.setting.value)
                );
                self.problems
                    .push(Problem::at(&entry.setting.origin, "profile", message));
            }
        }
        self.control_plane.put("profile", said.clone());
        // Nothing below the profile's name may change it again, so it is said once, in the first document.
        for document in &mut self.given {
            if let Some(map) = document.spec.map_mut() {
                map.shift_remove("profile");
            }
        }
        let mut spec = Setting::empty_map(&origin);
        spec.put("profile", said);
        match self
            .given
            .iter_mut()
            .find(|document| document.api == Api::ControlPlane)
        {
            Some(first) => {
                let rest = std::mem::replace(&mut first.spec, spec);
                if let (Some(map), Tree::Map(rest)) = (first.spec.map_mut(), rest.value) {
                    map.extend(rest);
                }
            }
            None => self.given.insert(
                0,
                Document {
                    api: Api::ControlPlane,
                    metadata: None,
                    spec,
                },
            ),
        }
        let mut unfit = Problems::default();
        control_plane::check(&self.control_plane, &mut unfit, &mut self.warnings);
        self.problems.or(Merged {
            unfit,
            name: self.name,
            profile,
            control_plane: self.control_plane,
            installation: self.installation,
            given: self.given,
            warnings: self.warnings,
        })
    }
}

/// Which document a `--set` path speaks of.
fn api_of(path: &Path) -> Option<Api> {
    match path.0.first() {
        Some(Step::Key(key)) => match key.as_str() {
            "pieces" | "namespace" => Some(Api::Installation),
            "spec" | "metadata" | "apiVersion" | "kind" => None,
            _ => Some(Api::ControlPlane),
        },
        _ => None,
    }
}

/// An assignment with the API's spelling of its keys: `traffic_management.enabled` is `trafficManagement.enabled`.
fn canonical(assignment: &Assignment, problems: &mut Problems) -> Assignment {
    let keys: Vec<&Step> = assignment
        .path
        .0
        .iter()
        .take_while(|step| matches!(step, Step::Key(_)))
        .take(5)
        .collect();
    let has_old_spelling = keys
        .iter()
        .any(|step| matches!(step, Step::Key(key) if key.contains('_')));
    if !has_old_spelling {
        return assignment.clone();
    }
    let mut tree = keys
        .iter()
        .rev()
        .fold(assignment.value.clone(), |inner, step| {
            nest(step, inner, &assignment.key)
        });
    control_plane::normalise(&mut tree, problems);
    let mut path = Path::root();
    let mut at = &tree;
    for _ in &keys {
        let Some((key, entry)) = at.map().and_then(|map| map.first()) else {
            return assignment.clone();
        };
        path = path.key(key);
        at = &entry.setting;
    }
    Assignment {
        path: path.join(&assignment.path.0[keys.len()..]),
        ..assignment.clone()
    }
}

fn nest(step: &Step, inner: Setting, key: &Origin) -> Setting {
    let mut map = Settings::new();
    if let Step::Key(name) = step {
        let entry = Entry {
            key: key.clone(),
            setting: inner,
        };
        map.insert(name.clone(), entry);
    }
    Setting::new(key, Tree::Map(map))
}

/// An assignment as a layer: where it goes into a list, the whole list as it is afterwards.
fn overlay_of(assignment: &Assignment, after: &Setting) -> Setting {
    let keys = assignment
        .path
        .0
        .iter()
        .take_while(|step| matches!(step, Step::Key(_)))
        .count();
    let value = if keys == assignment.path.0.len() {
        assignment.value.clone()
    } else {
        after
            .at(&Path(assignment.path.0[..keys].to_vec()))
            .cloned()
            .unwrap_or_else(|| Setting::new(&assignment.key, Tree::Null))
    };
    assignment.path.0[..keys]
        .iter()
        .rev()
        .fold(value, |inner, step| nest(step, inner, &assignment.key))
}
