//! `meshhost.lock` on disk. Owns reading it bounded, writing it whole or not at all, and several runs at once; must not know
//! what is approved.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use meshhost_core::lock::{self, Approved, Lock};
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

    /// Writes an approval down, beside whatever others have approved since it was read. What was agreed to is the step from
    /// the approval that was read, so it is refused when that one has changed.
    pub(crate) fn approve(&mut self, name: &str, approved: Approved) -> Result<(), Fault> {
        self.change(&[name], |lock| {
            lock.pieces.insert(name.to_owned(), approved);
        })
    }

    /// Takes approvals back, as they were read.
    pub(crate) fn withdraw(&mut self, names: &[&str]) -> Result<(), Fault> {
        self.change(names, |lock| {
            lock.pieces
                .retain(|name, _| !names.contains(&name.as_str()));
        })
    }

    fn change(&mut self, about: &[&str], change: impl FnOnce(&mut Lock)) -> Result<(), Fault> {
        // A link stays one.
        let path = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let _alone = alone(&path);
        let mut now = Self::open(&self.path)?.lock;
        for name in about {
            if now.pieces.get(*name) != self.lock.pieces.get(*name) {
                return Err(Fault::failed(
                    format!(
                        "{}: what is approved for piece {name} was changed by another run meanwhile, so it was left as it is",
                        self.path.display()
                    ),
                    "run this again: it shows what is to be approved now",
                ));
            }
        }
        change(&mut now);
        write(&path, &now).map_err(|error| {
            Fault::failed(
                format!("cannot write {}: {error}", self.path.display()),
                "run it where you may write, or say another file with `--lock-file`",
            )
        })?;
        self.lock = now;
        Ok(())
    }
}

/// Keeps other runs from changing the file at the same time. What is locked is its folder: the file is replaced with every
/// change, and one of its own would lie about in the person's repository. Some file systems have no locks; there, two runs
/// within the same milliseconds are not kept apart.
fn alone(path: &Path) -> Option<File> {
    let folder = match path.parent()? {
        folder if folder == Path::new("") => Path::new("."),
        folder => folder,
    };
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Writes beside the file and puts it in place at once, so that nobody ever reads half of it.
fn write(path: &Path, lock: &Lock) -> io::Result<()> {
    let mut beside = path.to_owned().into_os_string();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut file = File::create_new(&beside)?;
    let written = file
        .write_all(lock.write().as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use meshhost_core::grant::Grant;

    use super::*;

    fn approved(digest: char) -> Approved {
        Approved {
            version: "1.0.0".to_owned(),
            digest: format!("sha256:{}", digest.to_string().repeat(64)),
            chart: None,
            source: "./piece.wasm".to_owned(),
            grant: Grant::default(),
        }
    }

    fn said<T>(result: Result<T, Fault>) -> String {
        let fault = result.err().expect("is refused");
        fault.problems[0].to_string()
    }

    #[test]
    fn what_others_approve_at_the_same_time_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meshhost.lock");
        let names: Vec<String> = (0..16).map(|number| format!("piece-{number}")).collect();
        let all_have_read = Barrier::new(names.len());
        std::thread::scope(|scope| {
            for name in &names {
                scope.spawn(|| {
                    let mut file = LockFile::open(&path).unwrap();
                    all_have_read.wait();
                    file.approve(name, approved('a')).unwrap();
                });
            }
        });
        let mut file = LockFile::open(&path).unwrap();
        assert_eq!(file.lock.pieces.len(), names.len());
        file.withdraw(&["piece-1", "piece-2"]).unwrap();
        let left = LockFile::open(&path).unwrap().lock.pieces;
        assert_eq!((left.len(), &left), (names.len() - 2, &file.lock.pieces));
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "nothing is left beside it");
    }

    #[test]
    fn an_approval_that_has_changed_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meshhost.lock");
        let (mut one, mut other) = (
            LockFile::open(&path).unwrap(),
            LockFile::open(&path).unwrap(),
        );
        one.approve("piece", approved('a')).unwrap();
        let message = said(other.approve("piece", approved('b')));
        assert!(
            message.contains("piece piece was changed by another run"),
            "{message}"
        );
        let mut other = LockFile::open(&path).unwrap();
        one.approve("piece", approved('c')).unwrap();
        said(other.withdraw(&["piece"]));
        assert_eq!(
            LockFile::open(&path).unwrap().lock.pieces["piece"],
            approved('c')
        );
    }
}
