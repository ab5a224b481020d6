//! Strangers' pieces from one end to the other: a component goes in, and what comes out is a bundle or one clear refusal.
//! What only the sandbox decides is tested there (`host/runtime/tests/sandbox`); docs/security.md names the test for each
//! threat.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

#[path = "../../host/runtime/tests/sandbox/guests.rs"]
#[expect(dead_code, reason = "the sandbox's own tests need the rest")]
mod guests;
#[path = "../../host/runtime/tests/sandbox/hostile.rs"]
#[expect(dead_code, reason = "the sandbox's own tests need the rest")]
mod hostile;
mod stranger;

mod amendments;
mod compiling;
mod injector;
mod objects;
mod terminal;
mod verify;
