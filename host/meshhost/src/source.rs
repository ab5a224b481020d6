//! Where a piece's bytes come from. Owns reading them, bounded; must not know what is in them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The largest file that is read as a piece. What may be compiled is decided later, by the piece's limits.
const LARGEST: u64 = 256 << 20;

/// Why there are no bytes.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// `builtin:NAME` with a name that no built-in piece has.
    #[error("there is no built-in piece called {name}: there are {known}")]
    NotBuiltin {
        /// What was asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Too large to be a piece.
    #[error("{path} is larger than {LARGEST} bytes, which no piece is")]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
}

/// A built-in piece.
///
/// # Errors
/// When there is none of that name.
pub fn builtin(name: &str) -> Result<Vec<u8>, SourceError> {
    meshhost_builtin::named(name)
        .map(|builtin| builtin.component().into_owned())
        .ok_or_else(|| SourceError::NotBuiltin {
            name: name.to_owned(),
            known: meshhost_builtin::all()
                .map(|builtin| builtin.name)
                .collect::<Vec<_>>()
                .join(", "),
        })
}

/// `sha256:…` of the built-in piece of that name.
#[must_use]
pub fn builtin_digest(name: &str) -> Option<&'static str> {
    meshhost_builtin::named(name).map(|builtin| builtin.digest)
}

/// Whether a component is, byte for byte, a built-in piece; `digest` is `sha256:…`.
#[must_use]
pub fn is_builtin(digest: &str) -> bool {
    meshhost_builtin::all().any(|builtin| builtin.digest == digest)
}

/// A component in a file.
///
/// # Errors
/// When it cannot be read or is larger than any piece.
pub fn file(path: &Path) -> Result<Vec<u8>, SourceError> {
    let unreadable = |source| SourceError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(unreadable)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(SourceError::TooLarge {
            path: path.to_owned(),
        });
    }
    Ok(bytes)
}
