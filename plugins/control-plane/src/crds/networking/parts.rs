//! What several kinds of the group have in common.

use meshhost_piece::Value;

use super::super::definition::{Definition, Labels};
use super::super::schema::{count, object, text};

/// A definition of the group.
pub(super) fn networking(kind: &'static str, plural: &'static str, schema: Value) -> Definition {
    Definition::new("networking.istio.io", "v1alpha3", kind, plural)
        .category("networking-istio-io")
        .labels(Labels::new("istio-pilot").chart())
        .schema(schema)
}

pub(super) fn port_number() -> Value {
    object! { number: count() }
}

pub(super) fn port() -> Value {
    object! {
        name: text(),
        number: count(),
        protocol: text(),
    }
}
