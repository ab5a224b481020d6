//! The formats that the API server knows. It ignores all others, and newer ones warn of them.

use super::super::fields::Fields as Schema;

/// Of texts; dashes do not count.
const OF_STRINGS: &[&str] = &[
    "bsonobjectid",
    "uri",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "cidr",
    "mac",
    "uuid",
    "uuid3",
    "uuid4",
    "uuid5",
    "isbn",
    "isbn10",
    "isbn13",
    "creditcard",
    "ssn",
    "hexcolor",
    "rgbcolor",
    "byte",
    "password",
    "date",
    "duration",
    "datetime",
    "k8sshortname",
    "k8slongname",
];

/// Takes a format out that has no effect. Whether there was one.
pub(super) fn strip(schema: &mut Schema) -> bool {
    let Some(format) = schema.get("format").and_then(|format| format.as_str()) else {
        return false;
    };
    let known = match schema.get("type").and_then(|kind| kind.as_str()) {
        None | Some("string") => OF_STRINGS.contains(&format.replace('-', "").as_str()),
        Some("integer") => matches!(format, "int32" | "int64"),
        Some("number") => matches!(format, "float" | "double"),
        Some(_) => false,
    };
    if !known {
        schema.shift_remove("format");
    }
    !known
}
