//! The pure part of meshhost: data and functions, nothing async, no I/O, no clock.
//!
//! Owns what the words mean (object, bundle, wave, inventory, plan, installation, profile) and every rule that can be
//! decided without asking anybody. Must not know tokio, kube, wasmtime, clap, the file system or the environment.
//!
//! Modules are declared in the order of their imports: a module may only import from modules above it.

pub mod quote;
pub mod json;
pub mod id;
pub mod object;
pub mod written;
pub mod selector;
pub mod facts;
pub mod release;
pub mod card;
pub mod bundle;
pub mod amend;
pub mod restart;
pub mod waves;
pub mod readiness;
pub mod revision;
pub mod versioned;
pub mod provenance;
pub mod inventory;
pub mod desired;
pub mod field_set;
pub mod managed_fields;
pub mod field_path;
pub mod ownership;
pub mod migration;
pub mod replace;
pub mod recorded;
pub mod plan;
pub mod plan_file;
pub mod hooks;
pub mod source;
pub mod problem;
pub mod path;
pub mod setting;
pub mod yaml;
pub mod injection;
pub mod nearest;
pub mod ability;
mod reading;
pub mod chart;
pub mod chart_version;
pub mod set_flag;
pub mod schema_cost;
pub mod schema_view;
pub mod check;
pub mod control_plane_api;
pub mod migrate;
pub mod control_plane;
pub mod installation;
pub mod given;
pub mod granted;
pub mod needs;
pub mod grant;
pub mod lock;
pub mod policy;
pub mod document;
pub mod translate;
pub mod profile;
pub mod reference;
pub mod layers;
pub mod resolve;
