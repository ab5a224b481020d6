//! From the bytes of a piece to one that can be asked. Owns the sandbox's cache and the pins; must not know settings.

use std::path::PathBuf;

use meshhost_core::resolve::ChosenPiece;
use meshhost_runtime::{CacheDir, Compiler, Limits, Piece, Runtime};

use crate::cli::args::COMPILE_PIECE;
use crate::cli::fault::{self, Fault};
use crate::cli::report;

/// The sandbox, with compiled code kept in the user's cache.
///
/// Without a usable cache everything works, only slower: the reason is said and that is all.
pub(crate) fn runtime() -> Runtime {
    let cache = cache("compiled").and_then(|folder| match CacheDir::open(&folder) {
        Ok(cache) => Some(cache),
        Err(error) => {
            report::talk(&format!("warning: {error}"));
            None
        }
    });
    let runtime = Runtime::new(cache);
    match Compiler::this_program([COMPILE_PIECE.into()]) {
        Ok(compiler) => runtime.compiling_with(compiler),
        Err(error) => {
            report::talk(&format!(
                "warning: pieces are compiled in this process, as its program cannot be found: {error}"
            ));
            runtime
        }
    }
}

/// Loads one piece; `name` is how the person knows it, and `limits_of` tells the limits by name.
pub(crate) fn load(
    runtime: &Runtime,
    name: &str,
    bytes: &[u8],
    limits_of: impl Fn(&str) -> Limits,
) -> Result<Piece, Fault> {
    let piece = runtime
        .load_with(bytes, name, limits_of)
        .map_err(|error| Fault {
            code: fault::exit::USAGE,
            ..Fault::from_error(&error)
        })?;
    for note in piece.notes() {
        report::talk(&format!("warning: {note}"));
    }
    Ok(piece)
}

/// `[NAME=]FILE`: a name is a DNS label, so `./a=b.wasm` is a path.
pub(crate) fn split_plugin(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((name, path)) if meshhost_core::object::is_dns_label(name) => (Some(name), path),
        _ => (None, text),
    }
}

/// A folder of the user's cache.
pub(super) fn cache(name: &str) -> Option<PathBuf> {
    directories::ProjectDirs::from("dev", "meshhost", "meshhost")
        .map(|folders| folders.cache_dir().join(name))
}

/// Refuses a piece that is not the one that was pinned.
pub(super) fn pinned(chosen: &ChosenPiece, piece: &Piece) -> Result<(), Fault> {
    match &chosen.digest {
        Some(wanted) if !digest_is(wanted, piece.digest()) => Err(Fault::failed(
            format!(
                "piece {}: the digest is {} and not {wanted}",
                chosen.name,
                piece.digest()
            ),
            "it is not the piece that was pinned: find out who changed it before you change the pin",
        )),
        _ => Ok(()),
    }
}

fn digest_is(wanted: &str, digest: &str) -> bool {
    let bare = |text: &str| {
        text.strip_prefix("sha256:")
            .unwrap_or(text)
            .to_ascii_lowercase()
    };
    bare(wanted) == bare(digest)
}
