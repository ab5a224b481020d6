//! meshhost's sandbox: component bytes in, contributions out.
//!
//! Owns everything about WebAssembly: what a component may import (nothing), the engine and its limits, the contract's
//! bindings, and the cache of compiled code. Must not know clusters, files of the person, settings or the command line;
//! never prints.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use meshhost_runtime::{Limits, Runtime};
//!
//! let runtime = Runtime::new(None);
//! let piece = runtime.load(&std::fs::read("cni.wasm")?, "cni", &Limits::default())?;
//! println!("{} {}", piece.card().name, piece.card().version);
//! # Ok(())
//! # }
//! ```
//!
//! Modules are declared in the order of their imports: a module may only import from modules above it.

mod limits;

mod call;
mod load;

mod bindings;
mod sandbox;

mod contract;
mod scan;

mod card;
mod code;
mod engine;
mod trap;

mod cache;
mod compiler;
mod piece;

mod runtime;

pub use cache::{CacheDir, CacheError};
pub use call::{Call, CallError, CallFailure, Reached};
pub use compiler::{CompileRequest, Compiler};
pub use limits::{Limit, LimitError, Limits};
pub use load::{LoadError, LoadFailure};
pub use piece::Piece;
pub use runtime::Runtime;
