//! The namespace that `meshhost render` prints, where a piece stands in for another tool's manifests and those have another
//! namespace than the object lives in. Owns the word for it.

use serde_json::{Value, json};

/// Makes `render` print `namespace` as the object's namespace, or none where it is empty. Nothing else changes: the object
/// is planned and applied by its own `metadata.namespace`.
pub fn print_namespace(object: &mut Value, namespace: &str) {
    object["metadata"]["annotations"]["meshhost.dev/written-namespace"] = json!(namespace);
}
