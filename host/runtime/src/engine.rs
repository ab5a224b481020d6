//! The engine. Owns how wasmtime is configured and compiling within a time; must not know pieces or where compiled code is
//! kept.

use std::num::NonZeroUsize;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use meshhost_core::quote;
use wasmtime::component::Component;
use wasmtime::{Config, Engine, OptLevel};

use crate::limits::{Limit, Limits};

/// Stack for validating and translating; the parser bounds how deep a component nests.
const COMPILER_STACK: usize = 16 << 20;

/// Frames of a guest that a backtrace has at most.
const FRAMES: NonZeroUsize = NonZeroUsize::new(100).expect("is not zero");

/// How often the compiler's memory is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Why there is no compiled code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CompileError {
    /// The component is not valid.
    Invalid(String),
    /// It took too long or too much.
    Limit(Limit),
    /// No thread, or the compiler panicked.
    Host(String),
    /// There is no child to compile in.
    NoChild(String),
}

/// An engine whose wasm code may use `stack` bytes of stack.
pub(crate) fn new(stack: u64) -> Result<Engine, String> {
    let stack = usize::try_from(stack).map_err(|error| error.to_string())?;
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(stack)
        // Not used, but it must not be smaller.
        .async_stack_size(stack)
        // A recursion is folded into one line, and what called it should be seen.
        .wasm_backtrace_max_frames(Some(FRAMES))
        // The guest's memory after a trap: a panic's message is in it.
        .coredump_on_trap(true)
        // Backtraces name functions; where in the function would double the size of the compiled code's tables.
        .generate_address_map(false)
        .cranelift_opt_level(OptLevel::Speed)
        // The same inputs give the same bytes on every machine: no bits that differ between processors.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_memory64(false);
    Engine::new(&config).map_err(|error| format!("{error:#}"))
}

/// Compiles a component in this process, and gives up waiting when that takes too long or too much: the compiler cannot be stopped, and
/// goes on in its thread until it is done or the process ends.
///
/// Memory is watched because it is not bounded by the component's size: ten thousand loops within each other, in 50 KB,
/// need a gigabyte.
pub(crate) fn compile(
    engine: &Engine,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Component, CompileError> {
    let (finished, result) = mpsc::channel();
    let (engine, bytes) = (engine.clone(), bytes.to_vec());
    let begun = Instant::now();
    let most = resident().map(|before| before.saturating_add(limits.compile_memory));
    thread::Builder::new()
        .name("compile".to_owned())
        .stack_size(COMPILER_STACK)
        .spawn(move || {
            // Nobody listens any more when the time is up.
            let _ = finished.send(Component::from_binary(&engine, &bytes));
        })
        .map_err(|error| CompileError::Host(format!("no thread could be started: {error}")))?;
    loop {
        let left = limits.compile_time.saturating_sub(begun.elapsed());
        match result.recv_timeout(left.min(LOOK)) {
            Ok(Ok(component)) => return Ok(component),
            Ok(Err(error)) => {
                return Err(CompileError::Invalid(quote::line(
                    &format!("{error:#}"),
                    500,
                )));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(CompileError::Host("the compiler panicked".to_owned()));
            }
            Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                return Err(CompileError::Limit(Limit::CompileTime));
            }
            Err(RecvTimeoutError::Timeout) => {
                if resident() > most && most.is_some() {
                    return Err(CompileError::Limit(Limit::CompileMemory));
                }
            }
        }
    }
}

/// Bytes of this process that are in memory, where the system tells.
fn resident() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
        let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
        let page = u64::try_from(rustix::param::page_size()).ok()?;
        Some(pages.saturating_mul(page))
    }
    #[cfg(not(target_os = "linux"))]
    None
}
