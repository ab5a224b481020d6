//! What the author of a piece needs: implement [`Piece`], name the type in [`export!`], build for
//! `wasm32-unknown-unknown`.
//!
//! Owns the guest side of the contract in `wit/`. Must not know any piece, nor the host: a piece is a function of what it
//! is handed, so everything here is plain data, and all of it works in ordinary native tests.

mod answer;
mod piece;
mod request;
pub mod served;
mod settings;
#[cfg(not(target_family = "wasm"))]
pub mod trial;
pub mod written;

#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod wire;

pub use answer::{
    Amendment, Amendments, Assessment, Contribution, DeletePolicy, Diagnostic, Failure, Hook,
    Occasion, OrderRule, Outcome, Problem, RestartRule, Severity,
};
pub use piece::{Card, Piece, Selector, WantedFile};
pub use request::{Facts, File, KubernetesVersion, Once, Request, Selected, ServedKind};
pub use settings::{SettingsError, schema, settings};

// Pieces write `#[derive(meshhost_piece::JsonSchema)]` and `meshhost_piece::json!` with this crate's own versions.
pub use schemars::{self, JsonSchema};
pub use serde_json::{self, Value, json};

/// Makes the component's exports from a type that implements [`Piece`]. Once in a piece, at the top of its `lib.rs`.
///
/// On any other target than WebAssembly it only checks the type, so that the piece's own tests run natively.
#[macro_export]
macro_rules! export {
    ($piece:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Exported = $crate::wire::Wire<$piece>;
    $crate::wire::export_wire!(Exported with_types_in $crate::wire::bindings);
        };
        #[cfg(not(target_family = "wasm"))]
        const _: fn() = || {
            fn is_a_piece<P: $crate::Piece>() {}
            is_a_piece::<$piece>();
        };
    };
}
