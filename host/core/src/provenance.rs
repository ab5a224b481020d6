//! Where everything in a bundle comes from. Owns the bundle's digest and the annotations that tell; must not know how either
//! is shown.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::bundle::{Bundle, Contributed};
use crate::object::Object;
use crate::revision::{RecordedPiece, canonical};

/// Annotation: the piece that contributed the object.
pub const PIECE: &str = "meshhost.dev/piece";
/// Annotation: version and digest of that piece.
pub const PIECE_DIGEST: &str = "meshhost.dev/piece-digest";
/// Annotation: a JSON map of amending pieces to the fields (RFC 6901) that each has set or removed.
pub const AMENDED: &str = "meshhost.dev/amended";
/// All of them.
pub(crate) const ANNOTATIONS: [&str; 3] = [PIECE, PIECE_DIGEST, AMENDED];

/// `sha256:…` of a bundle and of what it was made from: objects, the piece and amendments of each, hooks, rules of
/// order and restarts, and of each piece the name, version, digest and granted files. Not of where on this machine anything was: the
/// same inputs give the same digest everywhere.
#[must_use]
pub fn digest(bundle: &Bundle, pieces: &[RecordedPiece]) -> String {
    let objects: Vec<Value> = bundle
        .objects
        .iter()
        .map(|contributed| {
            json!([
                contributed.object.manifest(),
                contributed.piece,
                contributed.amended
            ])
        })
        .collect();
    let pieces: Vec<Value> = pieces
        .iter()
        .map(|piece| json!([piece.name, piece.version, piece.digest, piece.files]))
        .collect();
    let mut whole = json!({
        "objects": objects,
        "order": bundle.order,
        "restarts": bundle.restarts,
        "pieces": pieces,
    });
    if !bundle.hooks.is_empty() {
        whole["hooks"] = json!(bundle.hooks);
    }
    let mut text = String::new();
    canonical(&whole, &mut text);
    let hex: String = Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

/// The bundle with an annotation on each object for each thing that is known of where it comes from.
#[must_use]
pub fn annotated(mut bundle: Bundle, pieces: &[RecordedPiece]) -> Bundle {
    let hooks = bundle.hooks.iter_mut().map(|hook| &mut hook.contributed);
    for contributed in bundle.objects.iter_mut().chain(hooks) {
        let mut manifest = contributed.object.manifest().clone();
        if let Some(annotations) = annotations(&mut manifest) {
            for (key, text) in told(contributed, pieces) {
                annotations.insert(key.to_owned(), Value::String(text));
            }
        }
        if let Ok(object) = Object::new(Value::Object(manifest)) {
            contributed.object = object;
        }
    }
    bundle
}

fn told(contributed: &Contributed, pieces: &[RecordedPiece]) -> Vec<(&'static str, String)> {
    let mut told = vec![(PIECE, contributed.piece.clone())];
    let piece = pieces.iter().find(|piece| piece.name == contributed.piece);
    told.extend(piece.map(|piece| (PIECE_DIGEST, format!("{} {}", piece.version, piece.digest))));
    if !contributed.amended.is_empty() {
        let mut by = serde_json::Map::new();
        for (piece, fields) in &contributed.amended {
            let all = by.entry(piece.clone()).or_insert_with(|| json!([]));
            if let Some(all) = all.as_array_mut() {
                all.extend(fields.iter().map(|field| json!(field)));
            }
        }
        told.push((AMENDED, Value::Object(by).to_string()));
    }
    told
}

fn annotations(
    manifest: &mut serde_json::Map<String, Value>,
) -> Option<&mut serde_json::Map<String, Value>> {
    let metadata = manifest.get_mut("metadata")?.as_object_mut()?;
    let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
    if annotations.is_null() {
        *annotations = json!({});
    }
    annotations.as_object_mut()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::tests::{card, facts};
    use crate::card::{Amendments, Contribution};
    use crate::selector::Selector;

    fn bundle(keys: &str) -> Bundle {
        let any = || vec![Selector::default()];
        let cards = [card("one", any(), Vec::new()), card("two", any(), any())];
        let contribution = Contribution {
            objects: vec![keys.to_owned()],
            ..Contribution::default()
        };
        let mut bundle = Bundle::combine(vec![(&cards[0], contribution)], &facts()).unwrap();
        let amendments = Amendments {
            changes: vec![(0, json!({"data": {"b": "2"}}).to_string())],
            diagnostics: Vec::new(),
        };
        bundle.amend(&cards[1], &amendments).unwrap();
        bundle
    }

    fn pieces(source: &str, digest: &str) -> Vec<RecordedPiece> {
        vec![RecordedPiece {
            name: "one".to_owned(),
            version: "1.0.0".to_owned(),
            digest: digest.to_owned(),
            source: source.to_owned(),
            chart: None,
            files: Vec::new(),
        }]
    }

    const OBJECT: &str = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"n"},"data":{"a":"1"}}"#;
    const OTHER_ORDER: &str = r#"{"data":{"a":"1"},"kind":"ConfigMap","metadata":{"namespace":"n","name":"a"},"apiVersion":"v1"}"#;

    #[test]
    fn the_digest_is_of_inputs_and_not_of_where_they_were() {
        let one = digest(&bundle(OBJECT), &pieces("./a", "sha256:x"));
        assert_eq!(one.len(), "sha256:".len() + 64);
        assert_eq!(one, digest(&bundle(OTHER_ORDER), &pieces("/b", "sha256:x")));
        assert_ne!(one, digest(&bundle(OBJECT), &pieces("./a", "sha256:y")));
        assert_ne!(
            one,
            digest(
                &bundle(&OBJECT.replace("\"1\"", "\"2\"")),
                &pieces("./a", "sha256:x")
            )
        );
        let mut unamended = bundle(OBJECT);
        unamended.objects[0].amended.clear();
        assert_ne!(one, digest(&unamended, &pieces("./a", "sha256:x")));
    }

    #[test]
    fn annotations_tell_pieces_and_fields() {
        let annotated = annotated(bundle(OBJECT), &pieces("./a", "sha256:x"));
        assert_eq!(
            annotated.objects[0].object.pointer("/metadata/annotations"),
            Some(&json!({
                "meshhost.dev/piece": "one",
                "meshhost.dev/piece-digest": "1.0.0 sha256:x",
                "meshhost.dev/amended": "{\"two\":[\"/data/b\"]}",
            }))
        );
    }
}
