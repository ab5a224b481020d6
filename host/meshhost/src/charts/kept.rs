//! Archives in the cache, by digest. Owns that what is taken from there is what was put there; a cache that cannot be used is
//! the same as none.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;

#[derive(Debug, Clone)]
pub(super) struct Kept {
    folder: PathBuf,
}

impl Kept {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The archive of a digest, if it is there, whole and not too large.
    pub(super) fn take(&self, digest: &str, most: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = File::open(self.path(digest)?).ok()?;
        if !file.metadata().ok()?.is_file() {
            return None;
        }
        file.take(most + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= most && super::digest(&bytes) == digest).then_some(bytes)
    }

    /// Writes it beside its place and moves it there, so that nobody ever reads half of it.
    pub(super) fn put(&self, digest: &str, bytes: &[u8]) {
        let Some(path) = self.path(digest) else {
            return;
        };
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let beside = path.with_extension(std::process::id().to_string());
            let written = File::create(&beside)
                .and_then(|mut file| file.write_all(bytes))
                .and_then(|()| fs::rename(&beside, &path));
            if written.is_err() {
                let _ = fs::remove_file(&beside);
            }
            written
        };
        // It is fetched again next time.
        let _ = write();
    }

    fn path(&self, digest: &str) -> Option<PathBuf> {
        let hex = digest.strip_prefix("sha256:")?;
        let plain = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then(|| self.folder.join(format!("{hex}.tgz")))
    }
}
