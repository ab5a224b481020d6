//! meshhost's way to a cluster: a bundle goes in, a plan comes out; a plan goes in, events come out.
//!
//! Owns everything that asks the API server. Must not know WebAssembly, the command line or how events are shown, and
//! prints nothing.
//!
//! Modules are declared in the order of their imports: a module may only import from modules above it.
//!
//! # Rights
//! What is needed of the API server, with `get` on `/version`, `/api` and `/apis` for everybody who is logged in:
//! - Secrets in the namespace of the records (`kube-system` unless told otherwise): get, list, create, update, patch, delete.
//! - Leases (`coordination.k8s.io`) in that namespace: get, create, update, delete, so that one run at a time works on an
//!   installation.
//! - for each kind of the bundle, where its objects are: get, list, patch, create, delete. `create` is needed since
//!   server-side apply of an object that is not there is a creation. Listing may be granted for the cluster or for each
//!   namespace. With watch, what is waited for is told of at once; without it, it is looked every now and then.
//! - Namespaces: list helps to see what can be tried before; without it they are taken to exist.
//! - Pods and Events in the namespaces of workloads: list (and watch, for pieces that judge their objects), to say why one
//!   is not ready. Without it the reason is left out.
//! - EndpointSlices in the namespaces of webhooks' Services: list and watch, to see that somebody answers before the API
//!   server is told to call. Without it, ready pods are taken as an answer.
//! - to remove a namespace that meshhost has made: list of every kind in it, since nobody else's objects may be there.
//!
//! What is missing of the first two is found out before anything is written, by asking the authorizer
//! (SelfSubjectAccessReview, which everybody may): all of it at once.

mod assess;
mod event;
mod request;
mod hold;
mod connect;
mod session;
mod discovery;
mod facts;
mod config_maps;
mod helm;
mod state;
mod lease;
mod live;
mod refused;
mod planning;
mod places;
mod waiting;
mod writing;
mod removing;
mod applying;
mod locked;
mod status;
mod running;
mod cluster;

pub use applying::{Applied, ApplyError, ApplyOptions};
pub use assess::Assess;
pub use cluster::Cluster;
pub use config_maps::ConfigMap;
pub use connect::{Connect, ConnectError};
pub use event::{Event, Listener, LockHolder, Outcome};
pub use helm::{HelmError, HelmRelease};
pub use lease::{LockError, LockOptions};
pub use planning::{Adopt, PlanError, PlanOptions, Verify};
pub use removing::Left;
pub use request::{Cause, RequestError};
pub use running::{Running, RunningPod, RunningService};
pub use state::{Installation, StateError};
pub use status::{Drift, MemberStatus, Status, Unfinished, Work};
pub use waiting::NotReady;
