//! Settings: from the request's JSON to the piece's own type, and from that type to its schema.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;

/// Settings that do not fit the piece's type. The host checks the schema first, so this is the net below.
pub type SettingsError = crate::Problem;

/// The JSON Schema (2020-12) of a settings type, sub-schemas in place where they are used once.
#[must_use]
pub fn schema<S: JsonSchema>() -> String {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<S>()
        .as_value()
        .to_string()
}

/// Reads settings.
///
/// # Errors
/// The place and what was expected there.
pub fn settings<S: DeserializeOwned>(json: &str) -> Result<S, SettingsError> {
    let mut reader = serde_json::Deserializer::from_str(json);
    S::deserialize(&mut reader).map_err(|error| crate::Problem::new("", error.to_string()))
}
