//! `meshhost.lock` on disk. Owns reading it bounded and writing it whole or not at all; must not know what is approved.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use meshhost_core::lock::{self, Lock};
use meshhost_core::source::{Source, SourceKind};

use crate::cli::fault::{Fault, exit};

/// No lock file is larger.
const LARGEST: u64 = 4 << 20;

/// A lock file that was read.
pub(crate) struct LockFile {
    path: PathBuf,
    /// What is approved there.
    pub(crate) lock: Lock,
}

impl LockFile {
    /// Reads it; one that is not there approves nothing.
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        let failed = |error: String| {
            Fault::failed(
                format!("cannot read {}: {error}", path.display()),
                "make it a lock file that you may read, or say another with `--lock-file`",
            )
        };
        let mut text = String::new();
        match File::open(path) {
            Ok(file) => {
                let read = file.take(LARGEST + 1).read_to_string(&mut text);
                read.map_err(|error| failed(error.to_string()))?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self {
                    path: path.to_owned(),
                    lock: Lock::default(),
                });
            }
            Err(error) => return Err(failed(error.to_string())),
        }
        if text.len() as u64 > LARGEST {
            return Err(failed(format!("it has more than {LARGEST} bytes")));
        }
        let source = Source::new(SourceKind::File, path.display().to_string(), text);
        let lock = lock::read(&source).map_err(|problems| Fault {
            code: exit::FAILED,
            ..Fault::from(problems)
        })?;
        Ok(Self {
            path: path.to_owned(),
            lock,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes it beside itself and puts it in place at once, so that nobody ever reads half of it.
    pub(crate) fn save(&self) -> Result<(), Fault> {
        self.write().map_err(|error| {
            Fault::failed(
                format!("cannot write {}: {error}", self.path.display()),
                "run it where you may write, or say another file with `--lock-file`",
            )
        })
    }

    fn write(&self) -> io::Result<()> {
        // A link stays one.
        let path = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let mut beside = path.clone().into_os_string();
        beside.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(beside);
        let mut file = File::create_new(&beside)?;
        let written = file
            .write_all(self.lock.write().as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::rename(&beside, &path));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        written
    }
}
