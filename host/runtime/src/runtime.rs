//! From bytes to a piece. Owns the order in which a component is checked, compiled and asked for its card, and the engines;
//! must not know where bytes come from.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use meshhost_core::quote;
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::cache::CacheDir;
use crate::call::{Call, CallError};
use crate::code::OwnCode;
use crate::compiler::Compiler;
use crate::contract::v0_1::Functions;
use crate::contract::{self, Exported, NoPiece};
use crate::engine::{self, CompileError};
use crate::limits::{Limit, Limits};
use crate::load::{LoadError, LoadFailure};
use crate::piece::{Code, Piece};
use crate::scan::{self, ScanError};
use crate::{card, trap};

/// Loads pieces. Cheap to clone; may be used from several threads at once.
#[derive(Clone)]
pub struct Runtime {
    cache: Option<Arc<CacheDir>>,
    compiler: Option<Arc<Compiler>>,
    /// By the stack that their code may use, which is a matter of the whole engine.
    engines: Arc<Mutex<BTreeMap<u64, Engine>>>,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

impl Runtime {
    /// A runtime that keeps compiled code in `cache`, or nowhere.
    #[must_use]
    pub fn new(cache: Option<CacheDir>) -> Self {
        Self {
            cache: cache.map(Arc::new),
            compiler: None,
            engines: Arc::default(),
        }
    }

    /// Compiles in a child process from now on. The compiler cannot be stopped from inside: only so do the limits on
    /// compiling end what they stop waiting for.
    #[must_use]
    pub fn compiling_with(mut self, compiler: Compiler) -> Self {
        self.compiler = Some(Arc::new(compiler));
        self
    }

    /// Checks, compiles and describes a component. `name` is what the person calls it, or the name of its file, for
    /// messages: the piece's own name is in its card.
    ///
    /// # Errors
    /// When the component is not a piece this host can run.
    pub fn load(&self, bytes: &[u8], name: &str, limits: &Limits) -> Result<Piece, LoadError> {
        self.load_with(bytes, name, |_| limits.clone())
    }

    /// The same where limits go by name: it is loaded with the limits of `name`, and called with those of the name that
    /// it has itself.
    ///
    /// # Errors
    /// As [`Runtime::load`].
    pub fn load_with(
        &self,
        bytes: &[u8],
        name: &str,
        limits_of: impl Fn(&str) -> Limits,
    ) -> Result<Piece, LoadError> {
        let limits = limits_of(name);
        let name = quote::line(name, 80);
        let failed = |failure| LoadError {
            piece: name.clone(),
            failure,
        };
        let mut piece = self.loaded(bytes, &name, &limits).map_err(failed)?;
        let own = limits_of(&piece.card.name);
        if own.stack != limits.stack {
            // Another engine, and so other code.
            piece = self.loaded(bytes, &name, &own).map_err(failed)?;
        }
        piece.limits = own;
        Ok(piece)
    }

    fn loaded(&self, bytes: &[u8], name: &str, limits: &Limits) -> Result<Piece, LoadFailure> {
        if bytes.len() as u64 > limits.module_size {
            let mut reached = trap::reached(limits, name, Limit::ModuleSize);
            reached.what = Some(format!("{} bytes", bytes.len()));
            return Err(LoadFailure::Limit(reached));
        }
        let exported = outline(bytes)?;
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let mut notes = Vec::new();
        let engine = self.engine(limits.stack).map_err(LoadFailure::Host)?;
        let component = self.component(&engine, bytes, &digest, name, limits, &mut notes)?;
        let code = code(engine, &component, exported)?;
        let description = code
            .describe(limits, name)
            .map_err(|failure| {
                LoadFailure::Describe(Box::new(CallError {
                    piece: name.to_owned(),
                    call: Call::Describe,
                    failure,
                }))
            })?
            .map_err(LoadFailure::OtherTypes)?;
        Ok(Piece {
            card: card::check(description).map_err(LoadFailure::Card)?,
            digest: format!("sha256:{}", hex(&digest)),
            limits: limits.clone(),
            notes,
            code,
        })
    }

    fn component(
        &self,
        engine: &Engine,
        bytes: &[u8],
        digest: &[u8; 32],
        name: &str,
        limits: &Limits,
        notes: &mut Vec<String>,
    ) -> Result<Component, LoadFailure> {
        if let Some(cache) = &self.cache {
            match cache.get(engine, digest) {
                Ok(Some(component)) => return Ok(component),
                Ok(None) => {}
                Err(note) => notes.push(note.to_string()),
            }
        }
        let failed = |error| match error {
            CompileError::Invalid(message) => LoadFailure::Invalid(message),
            CompileError::Limit(limit) => LoadFailure::Limit(trap::reached(limits, name, limit)),
            CompileError::Host(message) | CompileError::NoChild(message) => {
                LoadFailure::Host(message)
            }
        };
        let from_child = match &self.compiler {
            None => None,
            Some(compiler) => match compiler.compile(bytes, limits) {
                Ok(code) => Some(code),
                Err(CompileError::NoChild(why)) => {
                    notes.push(format!("compiled in this process, as {why}"));
                    None
                }
                Err(error) => return Err(failed(error)),
            },
        };
        let (component, code) = match from_child {
            Some(code) => (code.load(engine).map_err(LoadFailure::Host)?, Ok(code)),
            None => {
                let component = engine::compile(engine, bytes, limits).map_err(failed)?;
                let code = OwnCode::of(&component);
                (component, code)
            }
        };
        if let Some(cache) = &self.cache {
            let kept = code.map_err(|error| format!("compiled code was not kept: {error}"));
            let kept = kept.and_then(|code| {
                cache
                    .put(engine, digest, &code)
                    .map_err(|error| error.to_string())
            });
            notes.extend(kept.err());
        }
        Ok(component)
    }

    fn engine(&self, stack: u64) -> Result<Engine, String> {
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = engines.get(&stack) {
            return Ok(engine.clone());
        }
        let engine = engine::new(stack)?;
        engines.insert(stack, engine.clone());
        Ok(engine)
    }
}

fn outline(bytes: &[u8]) -> Result<Exported, LoadFailure> {
    let scan = scan::scan(bytes).map_err(|error| match error {
        ScanError::NotWasm(message) => LoadFailure::NotWasm(message),
        ScanError::CoreModule => LoadFailure::CoreModule,
        ScanError::TooComplex(message) => LoadFailure::TooComplex(message),
    })?;
    if !scan.imports.is_empty() {
        return Err(LoadFailure::Imports(scan.imports));
    }
    contract::of(scan.exports.iter().map(String::as_str)).map_err(|error| match error {
        NoPiece::NotAPiece | NoPiece::NoDescribe => LoadFailure::NotAPiece(scan.exports.clone()),
        NoPiece::Other(found) => LoadFailure::OtherContract {
            found,
            spoken: contract::SPOKEN
                .iter()
                .map(|version| format!("{version}.x"))
                .collect(),
        },
    })
}

fn code(engine: Engine, component: &Component, exported: Exported) -> Result<Code, LoadFailure> {
    let refused =
        |error: wasmtime::Error| LoadFailure::OtherTypes(quote::line(&format!("{error:#}"), 500));
    // An empty linker: whatever the scan may have overlooked, there is nothing to import.
    let pre = Linker::new(&engine)
        .instantiate_pre(component)
        .map_err(refused)?;
    let functions = Functions::find(&pre, exported).map_err(refused)?;
    Ok(Code {
        engine,
        pre,
        functions,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
