//! Compiled code of this host's own making. Owns the one place where bytes become machine code without being compiled; must
//! not know where they were in the meantime.

use std::borrow::Cow;

use wasmtime::Engine;
use wasmtime::component::Component;

/// What [`Component::serialize`] made, in this process or in one that this host can vouch for.
pub(crate) struct OwnCode<'a>(Cow<'a, [u8]>);

impl<'a> OwnCode<'a> {
    /// Code that was compiled in this process.
    pub(crate) fn of(component: &Component) -> Result<Self, String> {
        let code = component
            .serialize()
            .map_err(|error| format!("{error:#}"))?;
        Ok(Self(code.into()))
    }

    /// Says that these bytes were made by this program. Only two may: `cache`, of an entry after all its checks, and
    /// `compiler`, of what its own child has written into the pipe that it was given.
    pub(crate) fn vouched_for(code: impl Into<Cow<'a, [u8]>>) -> Self {
        Self(code.into())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Makes it code that can be run.
    #[expect(
        unsafe_code,
        reason = "loading machine code cannot be checked by anybody"
    )]
    pub(crate) fn load(&self, engine: &Engine) -> Result<Component, String> {
        // SAFETY: `deserialize` needs bytes that `Component::serialize` made. Those who make an `OwnCode` see to that: it was
        // compiled here; or by a child of this same program, and came through a pipe that nobody else has; or it comes from
        // a file that belongs to this user and that nobody else can write, in a directory that nobody else can enter, both
        // asked of the open descriptors, where this program writes nothing else, with a key that says that it was for this
        // component and a compatible engine, and a digest that says that the bytes are still the same. They are in memory
        // of this process, so that nothing can change in between.
        unsafe { Component::deserialize(engine, &self.0) }.map_err(|error| format!("{error:#}"))
    }
}
