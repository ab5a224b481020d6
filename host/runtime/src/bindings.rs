//! Generated from `wit/`. The only place that knows wasmtime's `bindgen!`; `contract` turns these types into the core's.

#![expect(
    clippy::all,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "piece",
});
