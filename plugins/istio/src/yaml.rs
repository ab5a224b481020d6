//! YAML text for ConfigMaps that a program reads. Owns the choice of emitter.

use meshhost_piece::serde_json::Value;

/// The tree as YAML, keys in the order they have.
#[must_use]
pub fn text(tree: &Value) -> String {
    serde_saphyr::to_string(tree).expect("a JSON tree can be written as YAML")
}

#[cfg(test)]
mod tests {
    use meshhost_piece::json;

    #[test]
    fn words_that_yaml_reads_as_something_else_stay_text() {
        let text =
            super::text(&json!({ "mode": "OFF", "empty": "", "list": [], "map": {}, "n": "1" }));
        for word in ["OFF", "", "1"] {
            assert!(
                text.contains(&format!("\"{word}\"")) || text.contains(&format!("'{word}'")),
                "{text}"
            );
        }
        assert!(
            text.contains("list: []") && text.contains("map: {}"),
            "{text}"
        );
    }
}
