//! A vendor's piece, as far as tests of grants need one: what it may emit is fixed in its card, what it does emit is told
//! by its settings.

use meshhost_piece::{
    Amendment, Amendments, Card, Contribution, Failure, JsonSchema, Piece, Request, Selected,
    Selector, Value, WantedFile, export, json,
};
use serde::Deserialize;

/// What to return.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "meshhost_piece::schemars")]
struct Settings {
    /// Objects, beside a ConfigMap that tells which files were granted.
    objects: Vec<Value>,
    /// A merge patch for istio-pilot.
    patch: Option<Value>,
}

struct Vendor;

impl Piece for Vendor {
    type Settings = Settings;

    fn describe() -> Card {
        let next = cfg!(feature = "next");
        let mut emits = vec![
            Selector::kind("", "ConfigMap").named("vendor-*"),
            Selector::kind("apps", "DaemonSet").named("vendor-*"),
            Selector::kind("rbac.authorization.k8s.io", "ClusterRole").named("vendor-*"),
        ];
        if next {
            emits.push(Selector::kind("", "Secret").named("vendor-*"));
        }
        Card {
            name: "vendor".to_owned(),
            version: if next { "2.0.0" } else { "1.0.0" }.to_owned(),
            summary: "What a vendor sells".to_owned(),
            files: vec![WantedFile {
                name: "files".to_owned(),
                purpose: "listed in a ConfigMap".to_owned(),
                required: false,
            }],
            emits,
            amends: vec![Selector::kind("apps", "Deployment").named("istio-pilot")],
            ..Card::default()
        }
    }

    fn contribute(request: Request<Settings>) -> Result<Contribution, Failure> {
        let files: Vec<String> = request
            .files
            .iter()
            .map(|file| format!("{}:{} {}", file.wish, file.path, file.content.len()))
            .collect();
        let mut objects = vec![json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "vendor-files", "namespace": request.namespace},
            "data": {"files": files.join("\n")},
        })];
        objects.extend(request.settings.objects);
        Ok(Contribution {
            objects,
            ..Contribution::default()
        })
    }

    fn amend(request: Request<Settings>, objects: Vec<Selected>) -> Result<Amendments, Failure> {
        let Some(patch) = request.settings.patch else {
            return Ok(Amendments::default());
        };
        let amendment = |object: Selected| Amendment {
            id: object.id,
            patch: patch.clone(),
        };
        Ok(Amendments {
            changes: objects.into_iter().map(amendment).collect(),
            diagnostics: Vec::new(),
        })
    }
}

export!(Vendor);
