//! Why a component cannot be used. Owns the failures of loading and their words; must not know how they are found.

use crate::call::{CallError, Reached};

/// A component that was not loaded. Nothing in it can harm a terminal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("piece {piece}: {failure}")]
pub struct LoadError {
    /// What the person calls it, or the name of its file: its own name is not known yet.
    pub piece: String,
    /// What is wrong.
    pub failure: LoadFailure,
}

/// What is wrong with a component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadFailure {
    /// Size or compile time.
    #[error("the component {0}")]
    Limit(Reached),
    /// Not WebAssembly, cut short, or damaged.
    #[error("is not a WebAssembly component: {0}")]
    NotWasm(String),
    /// What cargo builds, before it is packed.
    #[error("is a core module, not a component: pack it first, with `meshhost plugin pack FILE`")]
    CoreModule,
    /// A piece imports nothing.
    #[error(
        "asks for what no piece gets; a piece is handed all it may know, and imports nothing:\n{}{}",
        listing(.0), import_hint(.0)
    )]
    Imports(Vec<String>),
    /// A component of another kind.
    #[error(
        "is a component, but not a piece: it does not export meshhost:piece/describe; it exports {}", exports(.0)
    )]
    NotAPiece(Vec<String>),
    /// Built for a contract that this host does not speak.
    #[error(
        "was built for contract {}, and this meshhost speaks {}: use a release of the one that fits the other",
        .found.join(", "), .spoken.join(", ")
    )]
    OtherContract {
        /// Versions that it exports.
        found: Vec<String>,
        /// Versions that the host speaks.
        spoken: Vec<String>,
    },
    /// Made to blow up the compiler, or out of all proportion.
    #[error("is refused before it is compiled: {0}")]
    TooComplex(String),
    /// The engine's validation or compiler refuses it.
    #[error("is not a valid component: {0}")]
    Invalid(String),
    /// Names of the contract, but other types.
    #[error("does not fit the contract: {0}")]
    OtherTypes(String),
    /// `describe` gave no result.
    #[error("{}: {}", .0.call, .0.failure)]
    Describe(Box<CallError>),
    /// What `describe` says makes no sense.
    #[error("describes itself wrongly:\n{}", listing(.0))]
    Card(Vec<String>),
    /// Not the component's fault.
    #[error("could not be loaded: {0}")]
    Host(String),
}

/// How many entries of a list a message shows.
const SHOWN: usize = 30;

fn listing(lines: &[String]) -> String {
    let mut listing = lines
        .iter()
        .take(SHOWN)
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n");
    if lines.len() > SHOWN {
        listing.push_str(&format!("\n  … and {} more", lines.len() - SHOWN));
    }
    listing
}

fn exports(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        names => names
            .iter()
            .take(SHOWN)
            .cloned()
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn import_hint(names: &[String]) -> &'static str {
    if names.iter().any(|name| name.starts_with("wasi:")) {
        "\nits author can build it for wasm32-unknown-unknown (Rust), or close WASI when it is built (componentize-js \
         --disable all, componentize-py --stub-wasi)"
    } else {
        ""
    }
}
