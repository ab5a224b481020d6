//! The same in another order. Owns what has no order, and the orders that are tried, the same ones each time; must not know
//! what is compared.

use meshhost_core::card::Selected;
use serde_json::Value;

/// How a call was other than the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variation {
    /// Not at all: a fresh sandbox, the same bytes.
    Again,
    /// The keys of its settings came in another order.
    SettingsKeys,
    /// The objects to amend came in another order, with other numbers.
    AmendedObjects,
}

/// The same value with the keys of every object in another order.
pub(super) fn keys(value: &Value, run: u64) -> Value {
    match value {
        Value::Object(map) => {
            let entries: Vec<_> = map.iter().collect();
            Value::Object(
                shuffled(&entries, run)
                    .into_iter()
                    .map(|(key, value)| (key.clone(), keys(value, run)))
                    .collect(),
            )
        }
        Value::Array(list) => list.iter().map(|value| keys(value, run)).collect(),
        leaf => leaf.clone(),
    }
}

/// The same objects in another order; numbers go by the order.
pub(super) fn selected(selected: &[Selected], run: u64) -> Vec<Selected> {
    shuffled(selected, run)
        .into_iter()
        .zip(0..)
        .map(|(object, id)| Selected { id, ..object })
        .collect()
}

/// Backwards first, which is as far from the first order as can be; then by chance, the same each time.
fn shuffled<T: Clone>(items: &[T], run: u64) -> Vec<T> {
    let mut items = items.to_vec();
    if run == 0 {
        items.reverse();
        return items;
    }
    // Knuth's MMIX generator; its upper bits are good enough for an order.
    let mut state = run;
    for last in (1..items.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let chosen = (state >> 33) % (last as u64 + 1);
        items.swap(last, usize::try_from(chosen).unwrap_or(0));
    }
    items
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_order_is_the_same_value() {
        let value =
            json!({"a": 1, "b": [{"c": 2, "d": 3, "e": 4}], "f": null, "g": {"h": 5, "i": 6}});
        assert_eq!(
            keys(&value, 0).to_string(),
            r#"{"g":{"i":6,"h":5},"f":null,"b":[{"e":4,"d":3,"c":2}],"a":1}"#
        );
        for run in 0..5 {
            assert_eq!(keys(&value, run), value);
        }
        assert_ne!(keys(&value, 1).to_string(), keys(&value, 2).to_string());
    }

    #[test]
    fn numbers_go_by_the_order() {
        let objects: Vec<Selected> = (0..3)
            .map(|id| Selected {
                id,
                piece: format!("p{id}"),
                manifest: String::new(),
            })
            .collect();
        let reversed: Vec<_> = selected(&objects, 0)
            .into_iter()
            .map(|object| (object.id, object.piece))
            .collect();
        let expected = [(0, "p2"), (1, "p1"), (2, "p0")];
        assert_eq!(reversed, expected.map(|(id, piece)| (id, piece.to_owned())));
    }
}
