//! From a piece's core module, as cargo builds it for `wasm32-unknown-unknown` or Go for `wasip1`, to a component with no
//! imports.
//!
//! Owns the packing and what an author is told when a module cannot be packed. Must not know how a component is run, nor
//! where modules come from. Build scripts, `meshhost plugin pack` and tests all pack through [`pack`].

mod imports;
mod seal;
mod slim;
mod world;

pub use imports::Wanted;

use wasmparser::{Encoding, Parser, Payload};

/// Name of the custom section in which wit-bindgen leaves the types of the module's exports.
const TYPES_SECTION: &str = "component-type";

/// Why there is no component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Not WebAssembly at all, or damaged.
    #[error("is not a WebAssembly module: {0}")]
    NotWasm(String),
    /// Packing twice.
    #[error("is a component already: use it as it is")]
    Component,
    /// The module does not stand alone.
    #[error("imports what no piece may have, as a piece imports nothing:\n{}", imports::listing(.0))]
    Imports(Vec<Wanted>),
    /// No trace of the SDK.
    #[error(
        "has no `component-type` section: it was not built with the SDK's `meshhost_piece::export!`, or was stripped of \
         its custom sections after it was built; and it exports no function of the contract under its whole name, as the \
         SDK for Go does"
    )]
    NoTypes,
    /// What the section says and what the module exports do not fit.
    #[error("cannot be made a component: {0}")]
    Encoding(String),
}

impl PackError {
    fn not_wasm(error: wasmparser::BinaryReaderError) -> Self {
        Self::NotWasm(error.to_string())
    }
}

/// Packs a core module. The same bytes give the same component.
///
/// A library that was built for WASI preview 1 and exports functions of the contract under their whole names, as Go
/// builds one, is sealed: what it imports is answered with constants inside of it.
///
/// What only a debugger needs (DWARF, local names, notes of the tool chain) is left out; function names stay, so that a
/// trap's backtrace can be read.
///
/// # Errors
/// When the bytes are no module, import anything, or were not built with the SDK.
pub fn pack(module: &[u8]) -> Result<Vec<u8>, PackError> {
    let mut typed = false;
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(PackError::not_wasm)? {
            Payload::Version {
                encoding: Encoding::Component,
                ..
            } => return Err(PackError::Component),
            Payload::CustomSection(section) => typed |= section.name().starts_with(TYPES_SECTION),
            _ => {}
        }
    }
    let interfaces = world::interfaces(module)?;
    let untyped = !typed && !interfaces.is_empty();
    let sealed = if untyped { seal::seal(module)? } else { None };
    let module = sealed.as_deref().unwrap_or(module);
    let wanted = imports::wanted(module)?;
    if !wanted.is_empty() {
        return Err(PackError::Imports(wanted));
    }
    if !typed && !untyped {
        return Err(PackError::NoTypes);
    }
    let mut slim = slim::slim(module)?;
    if untyped {
        world::embed(&mut slim, &interfaces)?;
    }
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&slim)
        .and_then(|encoder| encoder.encode())
        .map_err(|error| PackError::Encoding(format!("{error:#}")))
}
