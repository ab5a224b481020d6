//! Texts of a fixed form, refused at once when they have another: quantities, durations, counts or percentages.
//! The forms are those that Kubernetes and Go read; the JSON Schema says the same as the reader here.

use std::borrow::Cow;
use std::fmt;

use meshhost_piece::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use regex_lite::Regex;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::{IntOrString, Text};

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $types:tt, $form:expr, $example:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $name(Text);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        /// From text that is known to have the form.
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Text::deserialize(deserializer)?;
                if has_form(text.as_str(), $form) {
                    Ok(Self(text))
                } else {
                    Err(D::Error::custom(format!("`{text}` is not {}", $example)))
                }
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": $types, "pattern": $form })
            }
        }
    };
}

fn has_form(text: &str, form: &str) -> bool {
    Regex::new(form).is_ok_and(|form| form.is_match(text))
}

checked_text!(
    /// A quantity of Kubernetes: `500m`, `1Gi`, `0.5`, `1e3`.
    Quantity,
    ["string", "number"],
    r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$",
    "a quantity such as `500m` or `1Gi`"
);

checked_text!(
    /// A duration of Go: `10s`, `1m30s`, `100ms`. Empty where a setting may be left to the program.
    Duration,
    "string",
    r"^(0|([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+)?$",
    "a duration such as `10s` or `1m30s`"
);

/// A count of pods, or a percentage of those that are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CountOrPercent(IntOrString);

const PERCENT: &str = "^[0-9]+%$";

impl From<&str> for CountOrPercent {
    fn from(percent: &str) -> Self {
        Self(percent.into())
    }
}

impl<'de> Deserialize<'de> for CountOrPercent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = IntOrString::deserialize(deserializer)?;
        let fits = match &value {
            IntOrString::Int(count) => *count >= 0,
            IntOrString::String(percent) => has_form(percent, PERCENT),
        };
        if fits {
            Ok(Self(value))
        } else {
            Err(D::Error::custom(
                "a count or a percentage such as `25%` is expected",
            ))
        }
    }
}

impl JsonSchema for CountOrPercent {
    fn schema_name() -> Cow<'static, str> {
        "CountOrPercent".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "minimum": 0, "pattern": PERCENT })
    }
}

#[cfg(test)]
mod tests {
    use meshhost_piece::serde_json::{Value, from_value, json};
    use serde::de::DeserializeOwned;

    use super::{CountOrPercent, Duration, Quantity};

    fn reads<T: DeserializeOwned>(good: &[Value], bad: &[Value]) {
        for value in good {
            assert!(from_value::<T>(value.clone()).is_ok(), "{value}");
        }
        for value in bad {
            assert!(from_value::<T>(value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn quantities() {
        reads::<Quantity>(
            &[
                json!("500m"),
                json!("1Gi"),
                json!(2),
                json!(0.5),
                json!("1e3"),
                json!("4800m"),
                json!("1G"),
                json!(".5"),
            ],
            &[
                json!("lots"),
                json!("1GB"),
                json!(""),
                json!("1 Gi"),
                json!("m"),
                json!(null),
                json!([1]),
            ],
        );
    }

    #[test]
    fn durations() {
        reads::<Duration>(
            &[
                json!("10s"),
                json!("1m30s"),
                json!("100ms"),
                json!("0"),
                json!(""),
                json!("2160h"),
                json!("1.5h"),
            ],
            &[
                json!("10"),
                json!("soon"),
                json!("10 s"),
                json!("s"),
                json!("-1s"),
            ],
        );
    }

    #[test]
    fn counts_or_percentages() {
        reads::<CountOrPercent>(
            &[json!(0), json!(3), json!("25%")],
            &[json!(-1), json!("25"), json!("a quarter"), json!(1.5)],
        );
    }
}
