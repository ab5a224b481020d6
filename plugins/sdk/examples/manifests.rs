//! A piece that returns the objects that its settings hold: to install whatever there is as a manifest already.

use meshhost_piece::schemars;
use meshhost_piece::{
    Card, Contribution, Failure, JsonSchema, Piece, Request, Selector, Value, export,
};
use serde::Deserialize;

/// What is installed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Manifests, each a whole object.
    objects: Vec<Value>,
}

struct Manifests;

export!(Manifests);

impl Piece for Manifests {
    type Settings = Settings;

    fn describe() -> Card {
        Card {
            name: "manifests".to_owned(),
            version: "1.0.0".to_owned(),
            summary: "returns the objects that its settings hold".to_owned(),
            emits: vec![Selector::default()],
            ..Card::default()
        }
    }

    fn contribute(request: Request<Settings>) -> Result<Contribution, Failure> {
        Ok(Contribution {
            objects: request.settings.objects,
            ..Contribution::default()
        })
    }
}
