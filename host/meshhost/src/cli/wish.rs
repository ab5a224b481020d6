//! What is to be installed: from the flags that say it to settings that every piece has accepted. Owns reading the files
//! named there and loading the pieces; must not know what is done with them.

use std::collections::BTreeMap;
use std::io::{self, Read};
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
use meshhost_core::policy::Policy;
use meshhost_core::profile::Profiles;
use meshhost_core::resolve::{
    Chosen, ChosenPiece, DEFAULT_NAME, Layers, PieceSettings, PieceSource, Resolved,
};
use meshhost_core::revision::RecordedPiece;
use meshhost_core::yaml::to_yaml_documents;
use meshhost_core::{granted, lock};
use meshhost_runtime::{CacheDir, Compiler, Limits, Piece, Runtime};
use serde_json::Value;

use crate::cli::args::{COMPILE_PIECE, Settings};
use crate::cli::fault::{self, Fault};
use crate::cli::granted_files::{self, GrantedFiles};
use crate::cli::limits::FlagLimits;
use crate::cli::report;

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
    /// Where pieces take random values and times from.
    pub(crate) once: Once,
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
            once: once::fresh().map_err(|error| Fault::from_error(&error))?,
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
                    settings: settings.settings.clone(),
                    namespace: settings.namespace.clone(),
                    files: self.files(&settings.name),
                    once: self.once,
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

/// The sandbox, with compiled code kept in the user's cache.
///
/// Without a usable cache everything works, only slower: the reason is said and that is all.
pub(crate) fn runtime() -> Runtime {
    let cache = cache("compiled").and_then(|folder| match CacheDir::open(&folder) {
        Ok(cache) => Some(cache),
        Err(error) => {
            report::talk(&format!("warning: {error}"));
            None
        }
    });
    let runtime = Runtime::new(cache);
    match Compiler::this_program([COMPILE_PIECE.into()]) {
        Ok(compiler) => runtime.compiling_with(compiler),
        Err(error) => {
            report::talk(&format!(
                "warning: pieces are compiled in this process, as its program cannot be found: {error}"
            ));
            runtime
        }
    }
}

/// Loads one piece; `name` is how the person knows it, and `limits_of` tells the limits by name.
pub(crate) fn load(
    runtime: &Runtime,
    name: &str,
    bytes: &[u8],
    limits_of: impl Fn(&str) -> Limits,
) -> Result<Piece, Fault> {
    let piece = runtime
        .load_with(bytes, name, limits_of)
        .map_err(|error| Fault {
            code: fault::exit::USAGE,
            ..Fault::from_error(&error)
        })?;
    for note in piece.notes() {
        report::talk(&format!("warning: {note}"));
    }
    Ok(piece)
}

/// A profile given as a file is read and put beside the built-in ones.
pub(crate) fn read_profile(profiles: &mut Profiles, name: &str) -> Result<(), Fault> {
    let path = Path::new(name);
    let is_file =
        name.contains('/') || matches!(path.extension(), Some(e) if e == "yaml" || e == "yml");
    if is_file {
        profiles.insert(name, &read_text(path)?);
    }
    Ok(())
}

/// A text file; what is not UTF-8 is refused with the place.
pub(crate) fn read_text(path: &Path) -> Result<String, Fault> {
    let bytes = std::fs::read(path).map_err(|error| {
        Fault::usage(
            format!("cannot read {}: {error}", path.display()),
            "give the path of a YAML or JSON file that you may read",
        )
    })?;
    text(path, bytes)
}

/// All of standard input.
pub(crate) fn read_stdin() -> Result<String, Fault> {
    let mut bytes = Vec::new();
    io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Fault::failed(format!("cannot read stdin: {error}"), "try a file"))?;
    text(Path::new("stdin"), bytes)
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        Fault::usage(
            format!("{}:{line}: is not UTF-8 text", path.display()),
            "save the file as UTF-8",
        )
    })
}

/// `[NAME=]FILE`: a name is a DNS label, so `./a=b.wasm` is a path.
pub(crate) fn split_plugin(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((name, path)) if meshhost_core::object::is_dns_label(name) => (Some(name), path),
        _ => (None, text),
    }
}

/// A folder of the user's cache.
fn cache(name: &str) -> Option<PathBuf> {
    directories::ProjectDirs::from("dev", "meshhost", "meshhost")
        .map(|folders| folders.cache_dir().join(name))
}

/// Refuses a piece that is not the one that was pinned.
fn pinned(chosen: &ChosenPiece, piece: &Piece) -> Result<(), Fault> {
    match &chosen.digest {
        Some(wanted) if !digest_is(wanted, piece.digest()) => Err(Fault::failed(
            format!(
                "piece {}: the digest is {} and not {wanted}",
                chosen.name,
                piece.digest()
            ),
            "it is not the piece that was pinned: find out who changed it before you change the pin",
        )),
        _ => Ok(()),
    }
}

fn digest_is(wanted: &str, digest: &str) -> bool {
    let bare = |text: &str| {
        text.strip_prefix("sha256:")
            .unwrap_or(text)
            .to_ascii_lowercase()
    };
    bare(wanted) == bare(digest)
}
