//! The pieces that ride inside the binary, as bytes. Owns carrying them, and nothing else: what runs them must not be able
//! to tell them from a stranger's.

use std::borrow::Cow;
use std::io::Read;

/// A piece of the project, built together with it.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// The piece's name: what `source: builtin:NAME` means.
    pub name: &'static str,
    /// `sha256:` and the hexadecimal digest of the component.
    pub digest: &'static str,
    carried: Carried,
}

#[derive(Debug, Clone, Copy)]
enum Carried {
    Plain(&'static [u8]),
    /// Large ones: a language's whole runtime is in them.
    Deflated(&'static [u8]),
}

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

impl Builtin {
    /// The component.
    ///
    /// # Panics
    /// Never: what is carried was compressed when the program was built.
    #[must_use]
    pub fn component(&self) -> Cow<'static, [u8]> {
        match self.carried {
            Carried::Plain(bytes) => Cow::Borrowed(bytes),
            Carried::Deflated(bytes) => {
                let mut component = Vec::new();
                flate2::read::ZlibDecoder::new(bytes)
                    .read_to_end(&mut component)
                    .expect("the build compressed it");
                Cow::Owned(component)
            }
        }
    }
}

/// Those that an installation lists by default, in that order.
#[must_use]
pub fn listed() -> &'static [Builtin] {
    LISTED
}

/// All of them, the listed ones first.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    LISTED.iter().chain(OTHERS)
}

/// One by its name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Builtin> {
    all().find(|builtin| builtin.name == name)
}
