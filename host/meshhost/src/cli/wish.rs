//! What is to be installed: from the flags that say it to settings that every piece has accepted. Owns reading the files
//! named there and loading the pieces; must not know what is done with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use meshhost::charts::Charts;
use meshhost::pipeline::{self, Participant, PipelineError, Rendered};
use meshhost::verify::{self, Verified};
use meshhost::{once, policies, source};
use meshhost_core::bundle::Bundle;
use meshhost_core::card::{GrantedFile, Once};
use meshhost_core::document::Document;
use meshhost_core::facts::Facts;
use meshhost_core::ownership::FieldRule;
use meshhost_core::path::Path as SettingPath;
use meshhost_core::policy::Policy;
use meshhost_core::profile::Profiles;
use meshhost_core::resolve::{Chosen, DEFAULT_NAME, Layers, PieceSettings, PieceSource, Resolved};
use meshhost_core::revision::RecordedPiece;
use meshhost_core::schema_view::SchemaView;
use meshhost_core::yaml::to_yaml_documents;
use meshhost_core::{granted, lock};
use meshhost_runtime::{Piece, Runtime};
use serde_json::Value;

use crate::cli::args::Settings;
use crate::cli::fault::{self, Fault};
use crate::cli::granted_files::{self, GrantedFiles};
use crate::cli::limits::FlagLimits;

mod loading;
mod texts;

use loading::{cache, pinned};
pub(crate) use loading::{load, runtime, split_plugin};
pub(crate) use texts::{read_profile, read_stdin, read_text};

/// The setting that tells a chart that it is upgraded.
const UPGRADE: &str = "isUpgrade";

/// Settings of one revision, to lay the new ones over.
pub(crate) struct Kept {
    /// For example `revision 3`.
    pub(crate) name: String,
    /// The documents that revision was made from.
    pub(crate) documents: String,
}

/// What was asked for, with the pieces loaded and the settings checked.
pub(crate) struct Wish {
    pub(crate) resolved: Resolved,
    /// Whose fields are whose.
    pub(crate) fields: Vec<FieldRule>,
    /// The settings as given, to store in the revision.
    pub(crate) given: Vec<Value>,
    /// Where approvals are.
    pub(crate) lock_file: PathBuf,
    /// Where each piece takes random values and times from.
    pub(crate) once: BTreeMap<String, Once>,
    /// Pieces that are on the cluster already.
    pub(crate) installed: BTreeSet<String>,
    pieces: BTreeMap<String, Piece>,
    files: GrantedFiles,
    policies: Arc<Vec<Policy>>,
}

/// What was typed, as far as it can be understood without a cluster.
pub(crate) enum Typed {
    /// The whole wish.
    Whole(Box<Draft>),
    /// To be laid over settings that are on the cluster.
    Over(Box<Inputs>),
}

impl Typed {
    /// Reads everything that the flags name, once. With `keep` it waits for earlier settings to be laid over.
    pub(crate) fn read(settings: &Settings, keep: bool) -> Result<Self, Fault> {
        let inputs = read(settings)?;
        if keep {
            inputs.layers.readable()?;
            Ok(Self::Over(Box::new(inputs)))
        } else {
            Ok(Self::Whole(Box::new(inputs.choose()?)))
        }
    }

    /// The name of the installation.
    pub(crate) fn installation(&self) -> &str {
        match self {
            Self::Whole(draft) => &draft.chosen.installation,
            Self::Over(inputs) => inputs.layers.installation().unwrap_or(DEFAULT_NAME),
        }
    }

    /// With the settings that it is laid over, if it is.
    pub(crate) fn over(self, kept: impl FnOnce() -> Option<Kept>) -> Result<Draft, Fault> {
        match self {
            Self::Whole(draft) => Ok(*draft),
            Self::Over(mut inputs) => {
                if let Some(Kept { name, documents }) = kept() {
                    inputs.layers.keep(&name, &documents);
                }
                inputs.choose()
            }
        }
    }
}

/// What was typed, with everything read that it names.
pub(crate) struct Inputs {
    runtime: Runtime,
    limits: FlagLimits,
    layers: Layers,
    pieces: BTreeMap<String, Piece>,
    charts: Charts,
    lock_file: Option<PathBuf>,
}

/// Reads the flags, and the files and pieces that they name.
pub(crate) fn read(settings: &Settings) -> Result<Inputs, Fault> {
    let runtime = runtime();
    let limits = FlagLimits::read(&settings.limits)?;
    let mut layers = Layers::new();
    if let Some(profile) = &settings.profile {
        layers.profile(profile);
    }
    let mut pieces = BTreeMap::new();
    for text in &settings.plugins {
        let (name, path) = split_plugin(text);
        if let Some(chart) = path.strip_prefix("chart:") {
            let name = name.ok_or_else(|| {
                Fault::usage(
                    format!("--plugin {text}: a chart needs a name"),
                    format!("write --plugin NAME={path}; NAME is the release name too"),
                )
            })?;
            layers.chart(text, name, chart);
            continue;
        }
        let bytes = source::file(Path::new(path)).map_err(|error| {
            Fault::usage(
                format!("--plugin {text}: {error}"),
                "give the path of a component file; `meshhost plugin inspect NAME` shows the built-in ones",
            )
        })?;
        let piece = load(&runtime, text, &bytes, |piece| limits.of(piece))?;
        let name = name.unwrap_or(&piece.card().name).to_owned();
        let piece = piece.named(&name);
        layers.plugin(
            text,
            &name,
            PieceSource::File(path.to_owned()),
            Some(piece.digest().to_owned()),
        );
        pieces.insert(name, piece);
    }
    for path in &settings.files {
        if path == Path::new("-") {
            layers.stdin(&read_stdin()?);
        } else {
            layers.file(&path.display().to_string(), &read_text(path)?);
        }
    }
    for text in &settings.set {
        layers.set(text);
    }
    for text in &settings.set_string {
        layers.set_string(text);
    }
    for text in &settings.grants {
        layers.grant(text);
    }
    if let Some(name) = &settings.name {
        layers.name(name);
    }
    Ok(Inputs {
        runtime,
        limits,
        layers,
        pieces,
        charts: Charts::new(cache("charts"), settings.plain_http.clone()),
        lock_file: settings.lock_file.clone(),
    })
}

impl Inputs {
    /// A document that was not read from a file, as if it had been the last one.
    pub(crate) fn lay(&mut self, document: Document) {
        self.layers.document(document);
    }

    /// Merges the layers and decides which pieces there are.
    pub(crate) fn choose(self) -> Result<Draft, Fault> {
        let mut profiles = Profiles::builtin();
        read_profile(&mut profiles, &self.layers.profile_name())?;
        let chosen = self.layers.choose(&profiles)?;
        let lock_file = match (self.lock_file, &chosen.file) {
            (Some(said), _) => said,
            (None, Some(file)) => Path::new(file).with_file_name(lock::FILE_NAME),
            (None, None) => PathBuf::from(lock::FILE_NAME),
        };
        Ok(Draft {
            runtime: self.runtime,
            limits: self.limits,
            chosen,
            pieces: self.pieces,
            charts: self.charts,
            lock_file,
        })
    }
}

/// Chosen, but the pieces that were not given as files are not loaded yet.
pub(crate) struct Draft {
    runtime: Runtime,
    limits: FlagLimits,
    pub(crate) chosen: Chosen,
    pieces: BTreeMap<String, Piece>,
    charts: Charts,
    /// Where approvals are.
    pub(crate) lock_file: PathBuf,
}

impl Draft {
    /// Loads the remaining pieces and checks every setting against its piece's schema.
    pub(crate) fn resolve(mut self) -> Result<Wish, Fault> {
        let schemas = self.schemas()?;
        let given = self.chosen.given();
        let resolved = self.chosen.resolve(&schemas)?;
        let files = granted_files::read(&resolved, &self.pieces, &self.charts)?;
        Ok(Wish {
            resolved,
            fields: self.chosen.fields,
            given,
            lock_file: self.lock_file,
            once: fresh(&self.pieces)?,
            installed: BTreeSet::new(),
            pieces: self.pieces,
            files,
            policies: self.chosen.policies,
        })
    }

    /// Loads the remaining pieces; the schemas of all, by name.
    pub(crate) fn schemas(&mut self) -> Result<BTreeMap<String, Value>, Fault> {
        for chosen in &self.chosen.pieces {
            let limits = self.limits.of_piece(&chosen.name, &chosen.limits)?;
            if self
                .pieces
                .get(&chosen.name)
                .is_some_and(|piece| *piece.limits() == limits)
            {
                continue;
            }
            // Several charts are rendered by one piece, which is large.
            if let PieceSource::Builtin(name) = &chosen.source
                && let Some(digest) = source::builtin_digest(name)
                && let Some(piece) = self
                    .pieces
                    .values()
                    .find(|piece| piece.digest() == digest && *piece.limits() == limits)
            {
                let piece = piece.clone().named(&chosen.name);
                pinned(chosen, &piece)?;
                self.pieces.insert(chosen.name.clone(), piece);
                continue;
            }
            let bytes = match &chosen.source {
                PieceSource::Builtin(name) => source::builtin(name),
                PieceSource::File(path) => source::file(Path::new(path)),
                PieceSource::Oci(reference) => {
                    return Err(Fault::usage(
                        format!(
                            "piece {}: {reference}: pieces cannot be pulled from registries yet",
                            chosen.name
                        ),
                        "give a file with `source: {file: PATH}` or `--plugin`",
                    ));
                }
            }
            .map_err(|error| {
                Fault::usage(
                    format!("{}: piece {}: {error}", chosen.source_origin, chosen.name),
                    "correct the piece's source",
                )
            })?;
            let piece = load(&self.runtime, &chosen.name, &bytes, |_| limits.clone())?;
            pinned(chosen, &piece)?;
            self.pieces
                .insert(chosen.name.clone(), piece.named(&chosen.name));
        }
        Ok(schemas(&self.pieces))
    }
}

impl Wish {
    /// Asks the pieces, and holds what they return to the policies.
    pub(crate) fn render(&self, facts: &Facts) -> Result<Rendered, Fault> {
        let rendered = self.ask(&self.resolved, facts).map_err(|error| {
            fault::from_pipeline(error, |piece, problem| self.resolved.blame(piece, problem))
        })?;
        let name = &self.resolved.installation;
        policies::check(&self.policies, &rendered.bundle, name, policies::LONGEST)
            .map_err(fault::from_policies)?;
        Ok(rendered)
    }

    /// Asks the pieces again and again. Those that are `named` take part even if they are not enabled.
    pub(crate) fn verify(
        &self,
        facts: &Facts,
        named: impl Fn(&str) -> bool,
        runs: u64,
    ) -> Result<Vec<Verified>, Fault> {
        let participants = self.participants(&self.resolved, |settings| {
            settings.enabled || named(&settings.name)
        });
        verify::verify(
            &self.resolved.installation,
            &participants,
            facts,
            named,
            runs,
        )
        .map_err(|error| {
            fault::from_pipeline(error, |piece, problem| self.resolved.blame(piece, problem))
        })
    }

    /// The pieces that take part, with their settings.
    pub(crate) fn taking_part(&self) -> impl Iterator<Item = (&PieceSettings, &Piece)> {
        taking_part(&self.resolved).map(|settings| (settings, &self.pieces[&settings.name]))
    }

    /// Those that are not built in: neither carried by the program nor the same bytes.
    pub(crate) fn strangers(&self) -> impl Iterator<Item = (&PieceSettings, &Piece)> {
        self.taking_part()
            .filter(|(settings, piece)| is_stranger(settings, piece))
    }

    /// `sha256:…` of the chart that a piece renders, if it does.
    pub(crate) fn chart_digest(&self, settings: &PieceSettings) -> Option<String> {
        settings.chart.as_ref()?;
        let files = self.files(&settings.name).iter();
        let chart: Vec<GrantedFile> = files
            .filter(|file| file.wish == granted_files::CHART)
            .cloned()
            .collect();
        Some(granted::chart(&chart))
    }

    /// Whether any piece renders a chart.
    pub(crate) fn has_charts(&self) -> bool {
        self.taking_part()
            .any(|(settings, _)| settings.chart.is_some())
    }

    /// What was really used of [`Wish::once`].
    pub(crate) fn used_once(&self, rendered: &Rendered) -> BTreeMap<String, Once> {
        let mut used = self.once.clone();
        used.retain(|piece, _| rendered.used_once.contains(piece));
        used
    }

    /// A piece's settings; a chart is told whether it is upgraded, unless the person says so.
    fn settings(&self, settings: &PieceSettings, piece: &Piece) -> Value {
        let mut told = settings.settings.clone();
        let view = SchemaView::new(&piece.card().settings_schema);
        let upgrades = settings.chart.is_some()
            && self.installed.contains(&settings.name)
            && view.names(&SettingPath::of(UPGRADE));
        if let Some(told) = told.as_object_mut()
            && upgrades
        {
            told.entry(UPGRADE).or_insert(Value::Bool(true));
        }
        told
    }

    /// What was granted to a piece, sorted by wish and path.
    fn files(&self, piece: &str) -> &[GrantedFile] {
        self.files.get(piece).map(Vec::as_slice).unwrap_or_default()
    }

    /// Asks the same pieces with other settings, given over the profile; nothing when those do not fit these pieces.
    pub(crate) fn again(&self, given: &[Value], facts: &Facts) -> Option<Bundle> {
        let mut layers = Layers::new();
        layers.keep("other settings", &to_yaml_documents(given));
        let mut profiles = Profiles::builtin();
        read_profile(&mut profiles, &layers.profile_name()).ok()?;
        let resolved = layers
            .choose(&profiles)
            .ok()?
            .resolve(&schemas(&self.pieces))
            .ok()?;
        Some(self.ask(&resolved, facts).ok()?.bundle)
    }

    /// The pieces that take part, in the order of the installation.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        taking_part(&self.resolved).filter_map(|settings| self.pieces.get(&settings.name))
    }

    fn ask(&self, resolved: &Resolved, facts: &Facts) -> Result<Rendered, PipelineError> {
        let participants = self.participants(resolved, |settings| settings.enabled);
        pipeline::render(&resolved.installation, &participants, facts)
    }

    fn participants(
        &self,
        resolved: &Resolved,
        takes_part: impl Fn(&PieceSettings) -> bool,
    ) -> Vec<Participant<'_>> {
        let settings = resolved.pieces.iter();
        settings
            .filter(|settings| takes_part(settings))
            .filter_map(|settings| {
                let piece = self.pieces.get(&settings.name)?;
                Some(Participant {
                    piece,
                    settings: self.settings(settings, piece),
                    namespace: settings.namespace.clone(),
                    creates_namespace: settings.create_namespace,
                    files: self.files(&settings.name),
                    once: *self.once.get(&settings.name)?,
                    examined: settings.grants.abilities.is_some() || is_stranger(settings, piece),
                })
            })
            .collect()
    }

    /// The pieces that take part, as a revision remembers them.
    pub(crate) fn recorded(&self) -> Vec<RecordedPiece> {
        taking_part(&self.resolved)
            .map(|settings| {
                let piece = &self.pieces[&settings.name];
                RecordedPiece {
                    name: settings.name.clone(),
                    version: piece.card().version.clone(),
                    digest: piece.digest().to_owned(),
                    source: source_of(settings),
                    chart: self.chart_digest(settings),
                    files: granted::recorded(self.files(&settings.name)),
                }
            })
            .collect()
    }
}

/// Chance and time for each piece, one's own for each: what two charts make must not be the same.
fn fresh(pieces: &BTreeMap<String, Piece>) -> Result<BTreeMap<String, Once>, Fault> {
    let fresh = |name: &String| Ok((name.clone(), once::fresh()?));
    pieces
        .keys()
        .map(fresh)
        .collect::<Result<_, once::NoChance>>()
        .map_err(|error| Fault::from_error(&error))
}

/// The enabled pieces, in the order of the installation.
fn taking_part(resolved: &Resolved) -> impl Iterator<Item = &PieceSettings> {
    resolved.pieces.iter().filter(|settings| settings.enabled)
}

/// Where a piece comes from: what renders charts is the same for all of them, so its chart tells more.
pub(crate) fn source_of(settings: &PieceSettings) -> String {
    match &settings.chart {
        Some(chart) => chart.source.to_string(),
        None => settings.source.to_string(),
    }
}

/// A chart is a stranger's, whoever renders it.
fn is_stranger(settings: &PieceSettings, piece: &Piece) -> bool {
    settings.chart.is_some()
        || !matches!(settings.source, PieceSource::Builtin(_))
            && !source::is_builtin(piece.digest())
}

fn schemas(pieces: &BTreeMap<String, Piece>) -> BTreeMap<String, Value> {
    pieces
        .iter()
        .map(|(name, piece)| (name.clone(), piece.card().settings_schema.clone()))
        .collect()
}
