//! The control plane of Istio 1.4 as a piece: custom resource definitions and base, pilot, galley, citadel, node agent,
//! policy, telemetry, sidecar injector, and the optional cert-manager and CoreDNS.
//!
//! One module a component. Objects are written as on Kubernetes 1.16 and raised to what the server serves at the end.
//! Owns the order of the modules (each imports only what stands below it); must not know the shape of any object.

mod piece;

mod base;
mod cert_manager;
mod citadel;
mod core_dns;
mod galley;
mod injector;
mod node_agent;
mod pilot;
mod policy;
mod telemetry;

mod crds;
mod mixer;
mod mixer_config;

mod deployment;
mod envoy;
mod mesh_defaults;

mod context;
mod settings;
mod values;

pub use piece::ControlPlane;

meshhost_piece::export!(ControlPlane);

#[cfg(test)]
mod tests;
