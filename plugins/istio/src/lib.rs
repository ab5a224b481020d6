//! The Istio 1.4 installation API that the Istio pieces share: the shape of settings, `values.global`, Kubernetes
//! settings and overlays of a component, and the parts that pods and objects of all components have in common.
//!
//! Owns what is the same in every piece; must not know any one component. Modules stand in the order of their imports: each
//! imports only what is below it. Facts are those of the Istio 1.4 APIs
//! (`install.istio.io/v1alpha2`, Helm values); objects are in the API versions of Kubernetes 1.16.

pub mod as_written;
mod customise;

mod contradictions;
pub mod overlay;
pub mod strategic;

pub mod object;
pub mod pod;

pub mod global;

pub mod component;

pub mod settings;

pub mod scalar;
mod unknown;
pub mod yaml;

pub use component::{Component, K8s};
pub use customise::{Workload, customise};
pub use global::Global;
pub use scalar::{CountOrPercent, Duration, IntOrString, Quantity, Resources, Text, TextMap};
pub use settings::{Object, Settings, Values};
