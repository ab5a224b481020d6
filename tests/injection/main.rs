//! Sidecars by hand: the piece in the sandbox, the command, and a mesh on a real API server.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

#[path = "../imports.rs"]
mod imports;
mod command;

mod engine;
mod functions;
mod live;
mod reference;
mod workloads;
