//! A whole piece: a ConfigMap with a notice for whoever looks into the mesh's namespace.

use meshhost_piece::schemars;
use meshhost_piece::{
    Card, Contribution, Failure, JsonSchema, Piece, Problem, Request, Selector, json,
};

/// What can be set. The comments are what `meshhost plugin inspect` shows.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Whom to call.
    contact: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            contact: "platform@example.org".to_owned(),
        }
    }
}

struct Notice;

meshhost_piece::export!(Notice);

impl Piece for Notice {
    type Settings = Settings;

    fn describe() -> Card {
        Card {
            name: "notice".to_owned(),
            version: "1.0.0".to_owned(),
            summary: "A notice for whoever looks into the mesh's namespace".to_owned(),
            emits: vec![Selector::kind("", "ConfigMap").named("mesh-notice")],
            ..Card::default()
        }
    }

    fn contribute(request: Request<Settings>) -> Result<Contribution, Failure> {
        let contact = &request.settings.contact;
        if !contact.contains('@') {
            return Err(Problem::new("contact", "is no mail address")
                .hint("write one such as platform@example.org")
                .into());
        }
        Ok(Contribution {
            objects: vec![json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "mesh-notice", "namespace": request.namespace},
                "data": {"contact": contact},
            })],
            ..Contribution::default()
        })
    }
}
