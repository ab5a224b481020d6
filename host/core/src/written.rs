//! The namespace that `render` prints where another tool's manifests, which a piece stands in for, have another one than the
//! object lives in. Owns reading and taking away the piece's word for it; must not know which pieces say it.

use serde_json::{Map, Value};

use crate::object::Object;

/// The annotation with which a piece says it: a namespace, or the empty text for none. It is not applied.
pub const WRITTEN: &str = "meshhost.dev/written-namespace";

/// The manifest as it is printed.
#[must_use]
pub fn as_written(object: &Object) -> Map<String, Value> {
    let mut manifest = object.manifest().clone();
    if let Some(written) = take(&mut manifest)
        && let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut)
    {
        if written.is_empty() {
            metadata.shift_remove("namespace");
        } else {
            metadata.insert("namespace".to_owned(), Value::String(written));
        }
    }
    manifest
}

/// Takes the annotation off a manifest, and gives what it said.
pub(crate) fn take(manifest: &mut Map<String, Value>) -> Option<String> {
    let metadata = manifest.get_mut("metadata")?.as_object_mut()?;
    let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
    let written = annotations.shift_remove(WRITTEN)?;
    if annotations.is_empty() {
        metadata.shift_remove("annotations");
    }
    Some(written.as_str().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn printed_is_the_namespace_that_the_piece_says() {
        let metadata = |more: Value| {
            let mut metadata = json!({"name": "a"});
            for (key, value) in more.as_object().expect("a map") {
                metadata[key] = value.clone();
            }
            let object =
                json!({"apiVersion": "example.org/v1", "kind": "Thing", "metadata": metadata});
            let object = Object::new(object).expect("an object");
            as_written(&object)["metadata"].clone()
        };
        let said = |namespace: &str| json!({ WRITTEN: namespace });
        for (given, printed) in [
            (
                json!({"namespace": "b"}),
                json!({"name": "a", "namespace": "b"}),
            ),
            (
                json!({"namespace": "b", "annotations": said("")}),
                json!({"name": "a"}),
            ),
            (
                json!({"annotations": said("c")}),
                json!({"name": "a", "namespace": "c"}),
            ),
            (
                json!({"annotations": {WRITTEN: "c", "x": "y"}}),
                json!({"name": "a", "annotations": {"x": "y"}, "namespace": "c"}),
            ),
        ] {
            assert_eq!(metadata(given.clone()), printed, "{given}");
        }
    }
}
