//! The shape that the settings of every Istio piece have: components, values, values that are not checked.
//! Owns reading them over a piece's defaults; must not know any component or key.

use meshhost_piece::schemars::{self, JsonSchema};
use meshhost_piece::serde_json::{self, Map, Value};
use meshhost_piece::{Diagnostic, Problem};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};

use crate::unknown;

/// A JSON object whose content this project does not look into.
pub type Object = Map<String, Value>;

/// Settings of an Istio piece. `C` has one [`crate::Component`] a component that the piece installs; `V` is the part of
/// the Helm values of Istio 1.4 that the piece reads, its [`Default`] holding the charts' own defaults.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "camelCase",
    bound = "C: Default + DeserializeOwned, V: Values"
)]
#[schemars(bound = "C: Components, V: Values")]
pub struct Settings<C, V> {
    /// What is installed, where, and with which Kubernetes settings.
    pub components: C,
    /// The values of the Istio 1.4 charts.
    #[serde(deserialize_with = "over_defaults")]
    pub values: V,
    /// Laid over `values`. A key that no chart knows is a warning here, not an error.
    pub unvalidated_values: Object,
}

/// What `C` of [`Settings`] can do: all follows from derives.
pub trait Components: Default + Serialize + DeserializeOwned + JsonSchema {}
impl<C: Default + Serialize + DeserializeOwned + JsonSchema> Components for C {}

/// What `V` of [`Settings`] can do: all follows from derives.
pub trait Values: Default + Serialize + DeserializeOwned + JsonSchema {}
impl<V: Default + Serialize + DeserializeOwned + JsonSchema> Values for V {}

impl<C, V: Values> Settings<C, V> {
    /// `values` with `unvalidatedValues` laid over them, and what to tell about the latter.
    ///
    /// # Errors
    /// A known key of `unvalidatedValues` has a wrong type.
    pub fn effective_values(&self) -> Result<(V, Vec<Diagnostic>), Problem> {
        let mut over = Value::Object(self.unvalidated_values.clone());
        drop_nulls(&mut over);
        let unknown_keys = unknown::take::<V>(&mut over);
        let mut tree = to_tree(&self.values).map_err(|error| Problem::new("values", error))?;
        overlay(&mut tree, over);
        let values = serde_path_to_error::deserialize(tree).map_err(|error| {
            Problem::new(
                format!("unvalidatedValues.{}", error.path()),
                error.inner().to_string(),
            )
        })?;
        let diagnostics = unknown_keys
            .into_iter()
            .map(|path| {
                Diagnostic::warning(
                    format!("unvalidatedValues.{path}"),
                    "no chart of Istio 1.4 reads this key: it has no effect",
                )
            })
            .collect();
        Ok((values, diagnostics))
    }
}

fn over_defaults<'de, D: Deserializer<'de>, V: Values>(deserializer: D) -> Result<V, D::Error> {
    let mut given = Value::deserialize(deserializer)?;
    drop_nulls(&mut given);
    let mut tree = to_tree(&V::default()).map_err(Error::custom)?;
    overlay(&mut tree, given);
    serde_json::from_value(tree).map_err(Error::custom)
}

fn to_tree<V: Serialize>(values: &V) -> Result<Value, String> {
    serde_json::to_value(values).map_err(|error| error.to_string())
}

/// Lays `over` on `tree` as Helm does: objects key by key, everything else as a whole.
pub fn overlay(tree: &mut Value, over: Value) {
    match (tree, over) {
        (Value::Object(tree), Value::Object(over)) => {
            for (key, value) in over {
                match tree.get_mut(&key) {
                    Some(below) => overlay(below, value),
                    None => {
                        tree.insert(key, value);
                    }
                }
            }
        }
        (tree, over) => *tree = over,
    }
}

/// A null says that a key is not set, as when it is left out.
fn drop_nulls(tree: &mut Value) {
    match tree {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
