//! The program itself is killed, and its cluster fails: whatever happens when, the next run finishes the job.
//!
//! A small installation that touches every wave is killed after each single request of an install, an upgrade with removals
//! and an uninstall; the demo profile at random ones (`MESHHOST_TEST_SEED` chooses which). What guards against surprises,
//! plans in files, the lock, history and rollback, is tried on the way.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

#[path = "../../host/cluster/tests/cluster/manifests.rs"]
#[expect(dead_code, reason = "the engine's own tests use more of it")]
mod manifests;
#[path = "../../host/cluster/tests/cluster/proxy.rs"]
#[expect(dead_code, reason = "the engine's own tests use more of it")]
mod proxy;
#[path = "../../host/cluster/tests/cluster/snapshot.rs"]
mod snapshot;
#[path = "../guest.rs"]
mod guest;
mod lab;
mod plans;
mod killed;
mod demo;
mod outage;
