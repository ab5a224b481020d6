//! The sandbox, seen from outside: what guests can do, what they cannot, and what is said about it.

mod guests;
mod hostile;

mod cache;
mod components;
mod determinism;
mod limits;
mod probe;
mod traps;
