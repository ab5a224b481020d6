//! The engine against a real API server: one control plane for all tests of this file, each test in namespaces and under
//! names of its own, as tests run at the same time.

#![expect(clippy::unwrap_used, reason = "in a test, unwrap is the assertion")]

#[path = "cluster/proxy.rs"]
#[expect(dead_code, reason = "the tests of the program use more of it")]
mod proxy;
#[path = "cluster/started.rs"]
mod started;
#[path = "cluster/manifests.rs"]
mod manifests;
#[path = "cluster/snapshot.rs"]
mod snapshot;
#[path = "cluster/install.rs"]
mod install;
#[path = "cluster/upgrade.rs"]
mod upgrade;
#[path = "cluster/ownership.rs"]
mod ownership;
#[path = "cluster/fields.rs"]
mod fields;
#[path = "cluster/immutable.rs"]
mod immutable;
#[path = "cluster/inventory.rs"]
mod inventory;
#[path = "cluster/waiting.rs"]
mod waiting;
#[path = "cluster/failure.rs"]
mod failure;
#[path = "cluster/requests.rs"]
mod requests;
#[path = "cluster/history.rs"]
mod history;
#[path = "cluster/hooks.rs"]
mod hooks;
#[path = "cluster/lock.rs"]
mod lock;
#[path = "cluster/faults.rs"]
mod faults;
#[path = "cluster/login.rs"]
mod login;
#[path = "cluster/access.rs"]
mod access;
