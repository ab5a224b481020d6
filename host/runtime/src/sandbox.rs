//! One call's sandbox: a fresh store, its limits, and the thread it runs on. Owns enforcing time, memory and stack; must not
//! know what is called.
//!
//! Time: the calling thread waits, and when the time is up it moves the engine's epoch on, which every loop and function
//! of the guest looks at. So nothing ticks while all goes well, and a call on the same engine that has time left goes on.
//!
//! Stack: wasm code may use as much as the engine is configured for, so it runs on a thread of its own that has that much
//! and what the host needs above it; else the host's own stack would overflow, which ends the process.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::{Engine, ResourceLimiter, Store, UpdateDeadline};

use crate::limits::Limits;

/// What the host itself may need on a call's thread, above the guest's part.
const HOST_STACK: usize = 2 << 20;
/// How often a guest is told again that its time is up: it may have been in code of the host the first time.
const NUDGE: Duration = Duration::from_millis(10);
/// Tables, memories and core instances in one store; a component made by wit-component has two or three of each.
const MOST_PARTS: usize = 1_000;

/// A limit that was reached inside of the guest; travels in the error that wasmtime passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exhausted {
    #[error("out of time")]
    Time,
    #[error("out of memory")]
    Memory,
}

/// What a store keeps: how much memory is left.
pub(crate) struct Guest {
    memory_left: u64,
}

impl Guest {
    fn take(&mut self, current: usize, desired: usize, unit: u64) -> wasmtime::Result<bool> {
        let wanted = (desired.saturating_sub(current) as u64).saturating_mul(unit);
        match self.memory_left.checked_sub(wanted) {
            Some(left) => {
                self.memory_left = left;
                Ok(true)
            }
            // A trap, not a failed growth, which languages turn into an `unreachable` that says nothing.
            None => Err(Exhausted::Memory.into()),
        }
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.take(current, desired, 1)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.take(current, desired, size_of::<usize>() as u64)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        // The guest's own maximum was reached (the guest sees the failure), or the machine has no more.
        if error.is::<std::io::Error>() {
            return Err(Exhausted::Memory.into());
        }
        Ok(())
    }

    fn instances(&self) -> usize {
        MOST_PARTS
    }

    fn tables(&self) -> usize {
        MOST_PARTS
    }

    fn memories(&self) -> usize {
        MOST_PARTS
    }
}

/// Runs `body` in a fresh store, on a thread of its own. `Err` says why the host could not: no thread, or a panic of the
/// host's.
pub(crate) fn run<T: Send>(
    engine: &Engine,
    limits: &Limits,
    body: impl FnOnce(&mut Store<Guest>) -> T + Send,
) -> Result<T, String> {
    let stack = usize::try_from(limits.stack)
        .map_err(|error| error.to_string())?
        .saturating_add(HOST_STACK);
    thread::scope(|scope| {
        let (running, ended) = mpsc::channel::<()>();
        let call = thread::Builder::new()
            .name("piece".to_owned())
            .stack_size(stack)
            .spawn_scoped(scope, move || {
                let _running = running;
                body(&mut store(engine, limits))
            })
            .map_err(|error| format!("no thread could be started: {error}"))?;
        let mut wait = limits.time;
        while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            engine.increment_epoch();
            wait = NUDGE;
        }
        call.join().map_err(|panic| {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("without a message");
            format!("the host panicked: {message}")
        })
    })
}

fn store(engine: &Engine, limits: &Limits) -> Store<Guest> {
    let mut store = Store::new(
        engine,
        Guest {
            memory_left: limits.memory,
        },
    );
    store.limiter(|guest| guest);
    store.set_hostcall_fuel(usize::try_from(limits.output).unwrap_or(usize::MAX));
    let (begun, time) = (Instant::now(), limits.time);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        if begun.elapsed() >= time {
            Err(Exhausted::Time.into())
        } else {
            Ok(UpdateDeadline::Continue(1))
        }
    });
    store
}
