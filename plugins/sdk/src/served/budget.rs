//! PodDisruptionBudget `policy/v1beta1` to `policy/v1`.

use serde_json::Value;

use super::fields::at;
use crate::Problem;

/// An empty selector chose no pod in v1beta1 and chooses every pod of the namespace in v1; an absent one chooses none in
/// both.
pub(super) fn to_v1(object: &mut Value) -> Result<(), Problem> {
    if let Some(spec) = at(object, &["spec"]) {
        let chooses_nothing = spec
            .get("selector")
            .and_then(Value::as_object)
            .is_some_and(|selector| selector.values().all(empty));
        if chooses_nothing {
            spec.shift_remove("selector");
        }
    }
    Ok(())
}

fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}
