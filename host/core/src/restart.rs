//! Restarts: the annotation that rolls pods when their configuration has changed. Owns what goes into the digest and where
//! it is put; must not know how anything is applied.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::bundle::Bundle;
use crate::card::RestartRule;
use crate::object::Object;

/// On a pod template: the digest of the configuration that its pods must have been started with.
pub const ANNOTATION: &str = "meshhost.dev/config-digest";

impl Bundle {
    /// The bundle as it is applied: pod templates that a restart rule chooses carry [`ANNOTATION`].
    ///
    /// `render` shows what the pieces returned, without it.
    #[must_use]
    pub fn with_restarts(mut self) -> Self {
        let digests: Vec<(usize, String)> = (0..self.objects.len())
            .filter_map(|index| Some((index, self.config_digest(index)?)))
            .collect();
        for (index, digest) in digests {
            let contributed = &mut self.objects[index];
            if let Some(annotated) = annotated(&contributed.object, &digest) {
                contributed.object = annotated;
            }
        }
        self
    }

    fn config_digest(&self, index: usize) -> Option<String> {
        let chosen = &self.objects[index];
        let rules: Vec<&RestartRule> = self
            .restarts
            .iter()
            .filter(|(piece, rule)| {
                *piece == chosen.piece && rule.restart.chooses(chosen.object.id())
            })
            .map(|(_, rule)| rule)
            .collect();
        let mut digest = Sha256::new();
        let mut any = false;
        for config in &self.objects {
            let id = config.object.id();
            if config.piece == chosen.piece && rules.iter().any(|rule| rule.changed.chooses(id)) {
                any = true;
                digest.update(id.to_string());
                // Labels and annotations do not change what a program reads.
                for key in ["data", "binaryData", "stringData", "spec"] {
                    if let Some(content) = config.object.manifest().get(key) {
                        digest.update(key);
                        digest.update(content.to_string());
                    }
                }
            }
        }
        any.then(|| {
            digest
                .finalize()
                .iter()
                .take(16)
                .map(|byte| format!("{byte:02x}"))
                .collect()
        })
    }
}

fn annotated(object: &Object, digest: &str) -> Option<Object> {
    let mut manifest = object.manifest().clone();
    let template = manifest
        .get_mut("spec")?
        .get_mut("template")?
        .as_object_mut()?;
    let metadata = entry(template, "metadata")?;
    let annotations = entry(metadata, "annotations")?;
    annotations.insert(ANNOTATION.to_owned(), Value::String(digest.to_owned()));
    Object::new(Value::Object(manifest)).ok()
}

fn entry<'a>(map: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    let value = map.entry(key).or_insert(Value::Null);
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bundle::tests::{card, facts};
    use crate::card::Contribution;
    use crate::selector::Selector;

    fn bundle(data: &str, label: &str) -> Bundle {
        let card = card("cni", vec![Selector::default()], Vec::new());
        let contribution = Contribution {
            objects: vec![
                json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"list": data},
                    "metadata": {"name": "config", "namespace": "ns", "labels": {"a": label}}})
                .to_string(),
                json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "node", "namespace": "ns"},
                    "spec": {"template": {"spec": {}}}})
                .to_string(),
                json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "other", "namespace": "ns"},
                    "spec": {"template": {"spec": {}}}})
                .to_string(),
            ],
            restarts: vec![RestartRule {
                changed: Selector::kind("", "ConfigMap").named("config"),
                restart: Selector::kind("apps", "DaemonSet").named("node"),
            }],
            ..Contribution::default()
        };
        Bundle::combine(vec![(&card, contribution)], &facts()).unwrap()
    }

    fn digest(bundle: Bundle, name: &str) -> Option<String> {
        let bundle = bundle.with_restarts();
        let contributed = bundle
            .objects
            .iter()
            .find(|contributed| contributed.object.id().name == name)?;
        contributed
            .object
            .pointer("/spec/template/metadata/annotations/meshhost.dev~1config-digest")?
            .as_str()
            .map(str::to_owned)
    }

    #[test]
    fn changes_with_the_content_and_with_nothing_else() {
        let first = digest(bundle("a", "x"), "node").unwrap();
        assert_eq!(digest(bundle("a", "y"), "node").unwrap(), first);
        assert_ne!(digest(bundle("b", "x"), "node").unwrap(), first);
    }

    #[test]
    fn is_put_only_where_it_was_asked_for() {
        assert_eq!(digest(bundle("a", "x"), "other"), None);
    }
}
