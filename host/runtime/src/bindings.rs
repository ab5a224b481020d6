//! Generated from `wit/`. The only place that knows wasmtime's `bindgen!`; `contract` turns these types into the core's.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "piece",
});
