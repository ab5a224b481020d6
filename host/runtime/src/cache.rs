//! Compiled code that is kept from run to run. Owns what may be loaded as code; must not know pieces.
//!
//! Compiled code is machine code: whoever can write what is loaded here can do anything as the person who runs meshhost
//! (wasmtime accepts nearly every file with a flipped bit, and a made-up one too). So only what this host itself has
//! written is loaded:
//!
//! - the directory belongs to the person and nobody else can enter it, asked of the open directory, which is then used
//!   by its descriptor (`dir`);
//! - an entry is a regular file with one name that belongs to the person and that nobody else can write or read, asked of
//!   the open file, never through a link (`dir`);
//! - its name and its header hold a key of the component's SHA-256, the engine's settings, processor features and
//!   version, and the version of this format, so that a renamed, older or foreign entry is not taken;
//! - its header holds the SHA-256 of the code, so that a damaged entry is not taken (`entry`).
//!
//! What this is no defence against: the person themself, and programs that run as the person.
//!
//! An entry that is not taken is no failure: the component is compiled again, and the entry replaced.

mod entry;

#[cfg(unix)]
mod dir;
#[cfg(not(unix))]
#[path = "cache/no_dir.rs"]
mod dir;

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::code::OwnCode;
use dir::Dir;

/// Raised whenever what is written changes.
const FORMAT: u32 = 1;
/// Bytes that all entries may have; the ones that were used least recently go first.
const LARGEST: u64 = 1 << 30;

/// A directory of compiled code that only its owner can enter.
#[derive(Debug)]
pub struct CacheDir {
    path: PathBuf,
    dir: Dir,
}

/// Why the cache, or one entry, cannot be used. meshhost works without it, only slower.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The directory could not be made or opened.
    #[error("compiled code is not kept: {path}: {source}", path = .path.display())]
    Directory {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody else can write to it.
    #[error("compiled code is not kept: {path} {reason}", path = .path.display())]
    Unsafe {
        /// Where.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// One entry was not taken; the component was compiled.
    #[error("compiled code in {path} was not used: it {reason}", path = .path.display())]
    Refused {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// One entry could not be read or written.
    #[error("compiled code in {path} was not kept: {source}", path = .path.display())]
    Entry {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl CacheDir {
    /// Opens the directory, and makes it if it is not there (mode 0700; directories above it with the person's usual mode).
    ///
    /// # Errors
    /// When it is a link, belongs to somebody else, or others may enter it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, CacheError> {
        let path = path.into();
        let dir = Dir::open(&path)?;
        Ok(Self { path, dir })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The compiled code of the component with this SHA-256, if this host has written it for such an engine.
    pub(crate) fn get(
        &self,
        engine: &Engine,
        digest: &[u8; 32],
    ) -> Result<Option<Component>, CacheError> {
        let key = key(engine, digest);
        let name = name(&key);
        let path = || self.path.join(&name);
        let Some(content) = self.dir.read(&name, path())? else {
            return Ok(None);
        };
        let refused = |reason: &str| CacheError::Refused {
            path: path(),
            reason: reason.to_owned(),
        };
        let code = entry::unwrap(&content, &key).map_err(refused)?;
        OwnCode::vouched_for(code)
            .load(engine)
            .map(Some)
            .map_err(|error| refused(&format!("is not for this engine: {error}")))
    }

    /// Keeps compiled code.
    pub(crate) fn put(
        &self,
        engine: &Engine,
        digest: &[u8; 32],
        code: &OwnCode<'_>,
    ) -> Result<(), CacheError> {
        let key = key(engine, digest);
        let name = name(&key);
        let path = self.path.join(&name);
        let failed = |source| CacheError::Entry {
            path: path.clone(),
            source,
        };
        let code = code.bytes();
        self.dir
            .write(&name, &[&entry::header(code, &key), code])
            .and_then(|()| self.dir.prune(LARGEST))
            .map_err(failed)
    }
}

/// What an entry is for.
fn key(engine: &Engine, digest: &[u8; 32]) -> [u8; 32] {
    let mut sha = ShaHasher(Sha256::new());
    sha.0.update(b"meshhost compiled code");
    sha.0.update(FORMAT.to_le_bytes());
    sha.0.update(digest);
    // Compiler settings, target, processor features and wasmtime's own version.
    engine.precompile_compatibility_hash().hash(&mut sha);
    sha.0.finalize().into()
}

fn name(key: &[u8; 32]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// wasmtime gives what makes an engine as a [`Hash`]; 64 bits would be too few for a key.
struct ShaHasher(Sha256);

impl Hasher for ShaHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: [u8; 32] = self.0.clone().finalize().into();
        u64::from_le_bytes(*digest.first_chunk().expect("a digest has 32 bytes"))
    }
}
