//! Documents of settings. Owns telling an IstioControlPlane from an Installation and from what is neither; what stands in
//! their `spec` is not known here.

use std::sync::Arc;

use crate::object::is_dns_label;
use crate::path::Path;
use crate::problem::{Problem, Problems};
use crate::setting::{Setting, Tree, kind_of, shown};
use crate::source::{Origin, Source, SourceKind};
use crate::{control_plane, control_plane_api, installation, nearest, policy, yaml};

/// Which API a document is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// `install.istio.io/v1alpha2 IstioControlPlane`.
    ControlPlane,
    /// `meshhost.dev/v1alpha1 Installation`.
    Installation,
}

/// One document of settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Of which API.
    pub api: Api,
    /// `metadata`, if it has any.
    pub metadata: Option<Setting>,
    /// Its `spec`, a map, in the form in which layers are merged.
    pub spec: Setting,
}

/// Reads all documents of settings in a text; those that are none are problems.
pub fn read(source: &Arc<Source>, problems: &mut Problems) -> Vec<Document> {
    let documents = match yaml::read(source) {
        Ok(documents) => documents,
        Err(found) => {
            problems.extend(found);
            return Vec::new();
        }
    };
    if documents.is_empty() {
        problems.push(
            Problem::at(&Origin::new(source, 0, 0), "", "holds no settings").hint(format!(
                "write a document of `{}` or of `{}`",
                control_plane_api::KIND,
                installation::KIND
            )),
        );
    }
    documents
        .into_iter()
        .filter_map(|document| one(document, problems))
        .collect()
}

fn one(mut document: Setting, problems: &mut Problems) -> Option<Document> {
    let Some(map) = document.map() else {
        let message = format!(
            "must be a map with `apiVersion`, `kind` and `spec`, not {}",
            kind_of(&document.value)
        );
        problems.push(Problem::at(&document.origin, "", message));
        return None;
    };
    let api = match api_of(&document) {
        Ok(api) => api,
        Err(problem) => {
            problems.push(*problem);
            return None;
        }
    };
    let known: &[&str] = match api {
        Api::ControlPlane => &["apiVersion", "kind", "metadata", "spec", "status"],
        Api::Installation => &["apiVersion", "kind", "metadata", "spec"],
    };
    for (key, entry) in map {
        if !known.contains(&key.as_str()) {
            let hint = nearest::nearest(key, known.iter().copied());
            let hint = match hint.as_slice() {
                [] => format!("settings stand below `spec`: `spec.{key}`"),
                near => format!("did you mean {}?", nearest::quoted(near, "or")),
            };
            problems.push(
                Problem::at(
                    &entry.key,
                    Path::root().key(key),
                    "is not a part of this document",
                )
                .hint(hint),
            );
        }
    }
    let map = document.map_mut()?;
    let metadata = map.shift_remove("metadata").map(|entry| entry.setting);
    if let Some(name) = metadata.as_ref().and_then(|metadata| metadata.get("name"))
        && !name.text().is_some_and(is_dns_label)
    {
        let message = format!(
            "must be a name of lower-case letters, digits and `-`, not `{}`",
            shown(name)
        );
        problems.push(Problem::at(&name.origin, "metadata.name", message));
    }
    let mut spec = match map.shift_remove("spec") {
        None => Setting::empty_map(&document.origin),
        Some(entry) if entry.setting.value == Tree::Null => Setting::empty_map(&entry.key),
        Some(entry) => entry.setting,
    };
    if spec.map().is_none() {
        let message = format!(
            "must be a map, not {} `{}`",
            kind_of(&spec.value),
            shown(&spec)
        );
        problems.push(Problem::at(&spec.origin, "spec", message));
        return None;
    }
    match api {
        Api::ControlPlane => control_plane::normalise(&mut spec, problems),
        Api::Installation => {
            installation::by_name(&mut spec, problems);
            policy::by_name(&mut spec, problems);
            let source = &document.origin.source;
            if matches!(source.kind, SourceKind::File | SourceKind::Profile) {
                installation::relative_to(&mut spec, &source.name);
            }
        }
    }
    Some(Document {
        api,
        metadata,
        spec,
    })
}

fn api_of(document: &Setting) -> Result<Api, Box<Problem>> {
    let texts = [
        (
            control_plane_api::API_VERSION,
            control_plane_api::KIND,
            Api::ControlPlane,
        ),
        (
            installation::API_VERSION,
            installation::KIND,
            Api::Installation,
        ),
    ];
    let wanted = "write `apiVersion: install.istio.io/v1alpha2` and `kind: IstioControlPlane`, or `apiVersion: meshhost.dev/v1alpha1` and `kind: Installation`";
    let (Some(version), Some(kind)) = (document.get("apiVersion"), document.get("kind")) else {
        let lacking = if document.get("kind").is_none() {
            "kind"
        } else {
            "apiVersion"
        };
        let helm = ["global", "pilot", "gateways", "mixer", "values"]
            .iter()
            .any(|root| {
                document
                    .get(root)
                    .is_some_and(|value| value.map().is_some())
            });
        let hint = if helm && document.get("spec").is_none() {
            format!(
                "it looks like values of a chart: they stand below `spec.values` of an IstioControlPlane; {wanted}"
            )
        } else {
            wanted.to_owned()
        };
        return Err(Box::new(
            Problem::at(
                &document.origin,
                "",
                format!("lacks `{lacking}`, so it is no document of settings"),
            )
            .hint(hint),
        ));
    };
    let is = |setting: &Setting, text: &str| setting.text() == Some(text);
    for (right_version, right_kind, api) in texts {
        match (is(version, right_version), is(kind, right_kind)) {
            (true, true) => return Ok(api),
            (false, true) => {
                let message = format!(
                    "`{}` is not an apiVersion of {right_kind} known here",
                    shown(version)
                );
                return Err(Box::new(
                    Problem::at(&version.origin, "apiVersion", message)
                        .hint(format!("write `{right_version}`")),
                ));
            }
            (true, false) => {
                let message = format!("`{}` is not a kind of {right_version}", shown(kind));
                return Err(Box::new(
                    Problem::at(&kind.origin, "kind", message)
                        .hint(format!("write `{right_kind}`")),
                ));
            }
            (false, false) => {}
        }
    }
    let hint = match kind.text() {
        Some("IstioOperator") => {
            "that is the API of Istio 1.5 and later; here settings are an IstioControlPlane (1.4) or an Installation".to_owned()
        }
        Some(text) => match nearest::nearest(text, texts.iter().map(|(_, kind, _)| *kind)).as_slice() {
            [] => format!("objects are not settings: a piece contributes them; {wanted}"),
            near => format!("did you mean {}?", nearest::quoted(near, "or")),
        },
        None => wanted.to_owned(),
    };
    let message = format!("`{}` is no kind of settings", shown(kind));
    Err(Box::new(
        Problem::at(&kind.origin, "kind", message).hint(hint),
    ))
}
