//! Real Kubernetes control planes on this machine: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, and
//! kwok, which plays the nodes, so that pods become Ready without a container runtime.
//!
//! Beside them the real Helm and kubectl, for tests of what was installed with those.
//!
//! Owns building the program in `tests/control-plane` once (Go), keeping it in the user's cache, and the life of the
//! clusters started with it. Must not know meshhost, kube, or what anybody does with a cluster.
//!
//! ```no_run
//! use meshhost_local_cluster::{Cluster, Settings};
//!
//! let cluster = Cluster::start(&Settings::default())?; // gone, with everything in it, when dropped
//! println!("KUBECONFIG={}", cluster.info().kubeconfig.display());
//! # Ok::<(), meshhost_local_cluster::Error>(())
//! ```
//!
//! A cluster listens on 127.0.0.1 only, on a port of its own; any number may run side by side. It is ready after about
//! 3 seconds and takes about 340 MB. [`Cluster`] is for tests: the control plane holds the other end of a pipe, so it
//! ends even when the test is killed. [`detached`] is for people: a cluster with a name that stays up until taken down.
//!
//! Modules are declared in the order of their imports: a module may only import from modules above it.

mod sources;
mod progress;
mod go;
mod compile;
mod program;
mod helm;
mod settings;
mod launch;
mod cluster;
pub mod detached;

pub use cluster::Cluster;
pub use go::GoError;
pub use helm::helm;
pub use launch::{Error, Info};
pub use program::{BuildError, Program, find_or_build};
pub use settings::{Component, Settings};
pub use sources::{KubeVersion, UnknownVersion};
