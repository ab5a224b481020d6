//! The pieces that ride inside the binary, as bytes. Owns carrying them, and nothing else: what runs them must not be able
//! to tell them from a stranger's.

/// A piece of the project, built together with it.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// The piece's name: what `source: builtin:NAME` means.
    pub name: &'static str,
    /// The component.
    pub component: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// All of them, in the order in which an installation lists them by default.
#[must_use]
pub fn all() -> &'static [Builtin] {
    BUILTIN
}

/// One by its name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Builtin> {
    BUILTIN.iter().find(|builtin| builtin.name == name)
}
