//! From what a person said to the settings of each piece. Owns the two steps of it, what can be decided before pieces are
//! loaded and what needs their schemas, and the way back from a piece's setting to where it was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::chart::Chart;
use crate::check::{UNKNOWN, adopt_typed, check};
use crate::control_plane_api as api;
use crate::document::{Api, Document};
use crate::installation::{self, Piece};
use crate::layers::Merged;
use crate::nearest;
use crate::ownership::FieldRule;
use crate::path::Path;
use crate::policy::{self, Policy};
use crate::problem::{Problem, Problems};
use crate::profile::{self, Form, Profiles};
use crate::schema_view::SchemaView;
use crate::setting::{Setting, Tree};
use crate::source::Origin;
use crate::translate::{self, State, Target, Translated};

pub use crate::installation::{Grants, Limits, PieceSource};
pub use crate::layers::Layers;

mod resolved;

use resolved::Traced;
pub use resolved::{PieceSettings, Resolved, Trace};

/// The name of an installation that was given none.
pub const DEFAULT_NAME: &str = "default";
/// The namespace when neither profile nor person say one.
pub const DEFAULT_NAMESPACE: &str = "istio-system";

impl Layers {
    /// Merges the layers and decides which pieces there are.
    ///
    /// # Errors
    /// Everything that keeps the layers from being merged and the pieces from being found. Settings that do not fit are not
    /// among it: they come out of [`Chosen::resolve`], together with what the pieces do not know.
    pub fn choose(self, profiles: &Profiles) -> Result<Chosen, Problems> {
        Chosen::new(self.merge(profiles)?)
    }
}

/// Which pieces there are, and where each is to be read from.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Name of the installation.
    pub installation: String,
    /// Where objects go unless something says otherwise.
    pub namespace: String,
    /// Name of the profile.
    pub profile: String,
    /// In the order of the installation.
    pub pieces: Vec<ChosenPiece>,
    /// Whose fields are whose.
    pub fields: Vec<FieldRule>,
    /// What the bundle must keep to.
    pub policies: Arc<Vec<Policy>>,
    /// What was probably not meant.
    pub warnings: Vec<Problem>,
    /// The first file of an Installation that was given.
    pub file: Option<String>,
    merged: Merged,
    read: Vec<Piece>,
}

/// One piece of an installation, before it is loaded.
#[derive(Debug, Clone)]
pub struct ChosenPiece {
    /// Its name in the installation.
    pub name: String,
    /// Whether the installation wants it; whether it has anything to install is known after [`Chosen::resolve`].
    pub enabled: bool,
    /// Where it is read from.
    pub source: PieceSource,
    /// Where that was written: a relative path is relative to this file, or to the working directory.
    pub source_origin: Origin,
    /// The digest that it must have.
    pub digest: Option<String>,
    /// The Helm chart that it renders.
    pub chart: Option<Chart>,
    /// Its namespace, if it was said.
    pub namespace: Option<String>,
    /// What it may do.
    pub grants: Grants,
    /// What it may use.
    pub limits: Limits,
}

impl Chosen {
    fn new(mut merged: Merged) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let read = installation::read(&merged.installation, &mut problems);
        let fields = installation::fields(&merged.installation, &mut problems);
        let policies = Arc::new(policy::read(&merged.installation, &mut problems));
        let said = merged.installation.get("namespace").cloned();
        let default = merged.control_plane.get("defaultNamespace").cloned();
        // A namespace that the person gave the installation is also Istio's, unless the person gave Istio another.
        if let Some(said) = &said
            && default
                .as_ref()
                .is_none_or(|default| default.origin.is_profile())
        {
            merged.control_plane.put("defaultNamespace", said.clone());
        }
        let namespace = said
            .or(default)
            .and_then(|setting| setting.text().map(str::to_owned))
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
        let pieces = read
            .iter()
            .map(|piece| ChosenPiece {
                name: piece.name.clone(),
                enabled: piece.enabled,
                source: piece.source.clone(),
                source_origin: piece.source_origin.clone(),
                digest: piece.digest.clone(),
                chart: piece.chart.clone(),
                namespace: piece.namespace.clone(),
                grants: piece.grants.clone(),
                limits: piece.limits.clone(),
            })
            .collect();
        problems.or(Self {
            installation: merged
                .name
                .clone()
                .unwrap_or_else(|| DEFAULT_NAME.to_owned()),
            namespace,
            profile: merged.profile.clone(),
            pieces,
            fields,
            policies,
            warnings: merged.warnings.clone(),
            file: merged.file.clone(),
            merged,
            read,
        })
    }

    /// All layers as one document.
    #[must_use]
    pub fn shown(&self, form: Form) -> Value {
        let Merged {
            control_plane,
            installation,
            ..
        } = &self.merged;
        profile::shown(&self.profile, control_plane, installation, form)
    }

    /// What was said over the profile, as documents to store with a revision: [`Layers::keep`] reads them again.
    #[must_use]
    pub fn given(&self) -> Vec<Value> {
        let mut named = self.merged.name.as_deref();
        let mut documents: Vec<Value> = self
            .merged
            .given
            .iter()
            .map(|Document { api, spec, .. }| match api {
                Api::ControlPlane => control_plane_document(spec),
                Api::Installation => installation::to_document(named.take(), spec),
            })
            .collect();
        if let (Some(name), Some(origin)) =
            (named, self.merged.given.first().map(|d| &d.spec.origin))
        {
            documents.push(installation::to_document(
                Some(name),
                &Setting::empty_map(origin),
            ));
        }
        documents
    }

    /// Gives each piece its settings and checks them against the piece's schema. `schemas` are by the pieces' names in the
    /// installation; a piece without one is not checked.
    ///
    /// # Errors
    /// Everything that any piece does not know or cannot take.
    pub fn resolve(&self, schemas: &BTreeMap<String, Value>) -> Result<Resolved, Problems> {
        let spec = &self.merged.control_plane;
        let targets: Vec<Target<'_>> = self
            .read
            .iter()
            .map(|piece| Target {
                name: &piece.name,
                schema: schema_of(piece, schemas).map(SchemaView::new),
            })
            .collect();
        let of_piece = |name: &str| {
            let piece = self.read.iter().find(|piece| piece.name == name)?;
            piece.namespace.as_deref()
        };
        let states = translate::states(spec, of_piece, &self.namespace);
        let mut problems = self.merged.unfit.clone();
        let mut warnings = self.warnings.clone();
        unknown_roots(spec, &targets, &mut problems, &mut warnings);
        let mut pieces = Vec::new();
        let mut traces = BTreeMap::new();
        for (number, piece) in self.read.iter().enumerate() {
            let others: Vec<Target<'_>> = (targets.iter().enumerate())
                .filter(|(other, _)| *other != number)
                .map(|(_, other)| *other)
                .collect();
            let schema = schemas.get(&piece.name);
            let (traced, installs) = self.one(piece, targets[number], &others, &states, schema);
            let enabled = piece.enabled && installs.unwrap_or(true);
            if let Some(schema) = schema
                && (enabled || installs.is_some())
            {
                let written = |path: &Path| traced.written(path);
                let found = check(&piece.name, schema, &traced.settings, &written);
                for problem in found.err().into_iter().flat_map(|found| found.0) {
                    // What several pieces share is refused once.
                    let seen = |seen: &&mut Problem| {
                        seen.origin == problem.origin && seen.path == problem.path
                    };
                    match problems.0.iter_mut().find(seen) {
                        Some(seen) if seen.message.starts_with(UNKNOWN) => {
                            seen.message =
                                "is not a setting of any piece of this installation".to_owned();
                        }
                        Some(_) => {}
                        None => problems.push(problem),
                    }
                }
            }
            pieces.push(PieceSettings {
                name: piece.name.clone(),
                enabled,
                source: piece.source.clone(),
                digest: piece.digest.clone(),
                chart: piece.chart.clone(),
                create_namespace: piece.create_namespace,
                namespace: piece
                    .namespace
                    .clone()
                    .unwrap_or_else(|| self.namespace.clone()),
                settings: traced.settings.to_json(),
                grants: piece.grants.clone(),
                limits: piece.limits.clone(),
            });
            traces.insert(piece.name.clone(), traced);
        }
        problems.sort();
        problems.or(Resolved {
            installation: self.installation.clone(),
            namespace: self.namespace.clone(),
            profile: self.profile.clone(),
            pieces,
            warnings,
            traces,
            control_plane: control_plane_document(spec),
            document: installation::to_document(
                Some(&self.installation),
                &self.merged.installation,
            ),
        })
    }

    fn one(
        &self,
        piece: &Piece,
        target: Target<'_>,
        others: &[Target<'_>],
        states: &[State],
        schema: Option<&Value>,
    ) -> (Traced, Option<bool>) {
        let Translated {
            mut settings,
            mut written,
            installs,
        } = translate::translate(&self.merged.control_plane, states, target, others);
        settings.lay_over(piece.settings.clone());
        if piece.chart.is_some() {
            chart_settings(piece, &mut settings, &mut written);
        }
        if let Some(schema) = schema {
            adopt_typed(&mut settings, SchemaView::new(schema));
        }
        let traced = Traced {
            piece: piece.name.clone(),
            settings,
            own: piece.settings.clone(),
            written,
        };
        (traced, installs)
    }
}

/// What stands beside a chart, where the piece that renders it takes it.
fn chart_settings(piece: &Piece, settings: &mut Setting, written: &mut Vec<(Path, Path)>) {
    let own = Path::of("pieces").key(&piece.name);
    let mut beside = |key: &str| written.push((Path::of(key), own.key(key)));
    if let Some(values) = &piece.values {
        let mut all = settings
            .get("values")
            .cloned()
            .unwrap_or_else(|| Setting::empty_map(&values.origin));
        all.lay_over_with_nulls(values.clone());
        settings.put("values", all);
        beside("values");
    }
    if let Some(name) = &piece.release_name {
        settings.put("releaseName", name.clone());
        beside("releaseName");
    } else if settings.get("releaseName").is_none() {
        let name = Tree::Text(piece.name.clone());
        settings.put("releaseName", Setting::new(&piece.origin, name));
    }
}

/// The schema by which values of an IstioControlPlane are handed to a piece. They are those of the charts of Istio 1.4, which
/// the pieces of this project know; a piece that renders a chart gets none.
fn schema_of<'a>(piece: &Piece, schemas: &'a BTreeMap<String, Value>) -> Option<&'a Value> {
    static NOTHING: Value = Value::Bool(false);
    match piece.chart {
        Some(_) => Some(&NOTHING),
        None => schemas.get(&piece.name),
    }
}

fn control_plane_document(spec: &Setting) -> Value {
    serde_json::json!({
        "apiVersion": api::API_VERSION,
        "kind": api::KIND,
        "spec": spec.to_json(),
    })
}

/// Roots of `values` that no piece has: an error in `values`, a warning in `unvalidatedValues`. A profile may speak of
/// pieces that an installation does not have.
fn unknown_roots(
    spec: &Setting,
    targets: &[Target<'_>],
    problems: &mut Problems,
    warnings: &mut Vec<Problem>,
) {
    for part in ["values", "unvalidatedValues"] {
        for (root, entry) in spec.get(part).and_then(Setting::map).into_iter().flatten() {
            if entry.key.is_profile() || targets.iter().any(|target| target.has_root(root)) {
                continue;
            }
            let path = Path::of(part).key(root);
            let refused = api::REFUSED_ROOTS.iter().find(|(name, _)| name == root);
            let problem = match refused {
                Some((_, reason)) => Problem::at(&entry.key, path, *reason),
                None => {
                    let mut known: Vec<&str> = targets
                        .iter()
                        .filter_map(|target| target.schema)
                        .flat_map(|schema| schema.properties(&Path::of("values")))
                        .chain(
                            api::ROOTS
                                .iter()
                                .flat_map(|(_, roots)| roots.iter().copied()),
                        )
                        .filter(|root| targets.iter().any(|target| target.has_root(root)))
                        .collect();
                    known.sort_unstable();
                    known.dedup();
                    let near = nearest::nearest(root, known.iter().copied());
                    let hint = if part == "values" || !near.is_empty() {
                        nearest::hint(root, known)
                    } else {
                        None
                    };
                    let message = "no piece of this installation reads this part of the values";
                    Problem::at(&entry.key, path, message).maybe_hint(hint)
                }
            };
            if part == "values" {
                problems.push(problem);
            } else {
                warnings.push(problem);
            }
        }
    }
}
