//! The settings of each piece, and the way back to where each was written. Owns the answers; how they were found is not
//! known here.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::card;
use crate::chart::Chart;
use crate::installation::{Grants, Limits, PieceSource};
use crate::path::Path;
use crate::problem::Problem;
use crate::setting::Setting;
use crate::source::Origin;

/// Everything that is needed to ask the pieces.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Name of the installation.
    pub installation: String,
    /// Where objects go unless something says otherwise.
    pub namespace: String,
    /// Name of the profile.
    pub profile: String,
    /// In the order of the installation.
    pub pieces: Vec<PieceSettings>,
    /// What was probably not meant.
    pub warnings: Vec<Problem>,
    pub(super) traces: BTreeMap<String, Traced>,
    pub(super) control_plane: Value,
    pub(super) document: Value,
}

/// One piece and its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct PieceSettings {
    /// Its name in the installation.
    pub name: String,
    /// Whether it takes part.
    pub enabled: bool,
    /// Where it is read from.
    pub source: PieceSource,
    /// The digest that it must have.
    pub digest: Option<String>,
    /// The Helm chart that it renders.
    pub chart: Option<Chart>,
    /// Whether its namespace is made with it.
    pub create_namespace: bool,
    /// Its namespace.
    pub namespace: String,
    /// A JSON object that fits its schema.
    pub settings: Value,
    /// What it may do.
    pub grants: Grants,
    /// What it may use.
    pub limits: Limits,
}

/// Where a setting of a piece was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The place.
    pub origin: Origin,
    /// The path as it was written there.
    pub path: String,
}

impl Resolved {
    /// Where a setting of a piece was written, or the nearest thing above it that was.
    #[must_use]
    pub fn trace(&self, piece: &str, path: &str) -> Option<Trace> {
        let traced = self.traces.get(piece)?;
        let path = Path::lenient(path);
        let origin = match traced.settings.at(&path) {
            Some(setting) if setting.map().is_none() && setting.list().is_none() => &setting.origin,
            _ => traced.settings.place(&path),
        };
        Some(Trace {
            origin: origin.clone(),
            path: traced.written(&path),
        })
    }

    /// What a piece refused, at the place where the person wrote it.
    #[must_use]
    pub fn blame(&self, piece: &str, problem: &card::Problem) -> Problem {
        let trace = if problem.path.is_empty() {
            None
        } else {
            self.trace(piece, &problem.path)
        };
        Problem {
            path: trace
                .as_ref()
                .map_or_else(String::new, |trace| trace.path.clone()),
            origin: trace.map(|trace| trace.origin),
            message: format!("piece {piece}: {}", problem.message),
            hint: problem.hint.clone(),
        }
    }

    /// The values of the charts of Istio 1.4 as the pieces get them: what `values` says, what the IstioControlPlane says
    /// and the charts look for there, and `unvalidatedValues` over both.
    #[must_use]
    pub fn values(&self) -> Value {
        let mut values = json!({});
        for part in ["values", "unvalidatedValues"] {
            for piece in &self.pieces {
                if let Some(own) = piece.settings.get(part) {
                    lay(&mut values, own);
                }
            }
        }
        values
    }

    /// The merged IstioControlPlane.
    #[must_use]
    pub fn control_plane(&self) -> &Value {
        &self.control_plane
    }

    /// The merged Installation.
    #[must_use]
    pub fn installation_document(&self) -> &Value {
        &self.document
    }
}

/// Lays maps over each other key by key.
fn lay(below: &mut Value, over: &Value) {
    match (below, over) {
        (Value::Object(below), Value::Object(over)) => {
            for (key, value) in over {
                lay(below.entry(key).or_insert(Value::Null), value);
            }
        }
        (below, over) => *below = over.clone(),
    }
}

/// The settings of a piece with the way back.
#[derive(Debug, Clone)]
pub(super) struct Traced {
    pub(super) piece: String,
    pub(super) settings: Setting,
    pub(super) own: Setting,
    pub(super) written: Vec<(Path, Path)>,
}

impl Traced {
    /// A path in the settings as the person wrote it.
    pub(super) fn written(&self, path: &Path) -> String {
        let own = || {
            Path::of("pieces")
                .key(&self.piece)
                .key("settings")
                .join(&path.0)
        };
        // Said of the piece itself, not of the IstioControlPlane.
        if !path.0.is_empty() && self.own.at(path).is_some() {
            let (here, final_place) = (self.own.place(path), self.settings.place(path));
            if here == final_place {
                return own().to_string();
            }
        }
        self.written
            .iter()
            .filter_map(|(to, from)| Some((to.0.len(), from.join(path.strip(to)?))))
            .max_by_key(|(length, _)| *length)
            .map_or_else(own, |(_, from)| from)
            .to_string()
    }
}
