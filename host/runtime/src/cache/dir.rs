//! Files in a directory that nobody else can enter. Owns asking for owner and mode, and writing so that a reader sees all or
//! nothing; must not know what is in the files.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use super::CacheError;

/// Others and the group: read, write, enter.
const OTHERS: u32 = 0o077;
/// What is being written starts so; after an hour nobody is writing it any more.
const UNFINISHED: &str = ".new-";
const HOUR: Duration = Duration::from_secs(3600);
/// How old a time of last use may get before it is written anew.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// An open directory; its path is not used again, so that what was checked is what is used.
#[derive(Debug)]
pub(super) struct Dir {
    fd: OwnedFd,
}

impl Dir {
    pub(super) fn open(path: &Path) -> Result<Self, CacheError> {
        let failed = |source: io::Error| CacheError::Directory {
            path: path.to_owned(),
            source,
        };
        let unsafe_because = |reason: String| CacheError::Unsafe {
            path: path.to_owned(),
            reason,
        };
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above).map_err(failed)?;
        }
        match std::fs::DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(failed(error));
            }
            _ => {}
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = match fs::open(path, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(unsafe_because("is a link or no directory".to_owned()));
            }
            Err(error) => return Err(failed(error.into())),
        };
        let stat = fs::fstat(&fd).map_err(|error| failed(error.into()))?;
        if stat.st_uid != rustix::process::geteuid().as_raw() {
            return Err(unsafe_because(format!(
                "belongs to user {}: use a directory of your own",
                stat.st_uid
            )));
        }
        if stat.st_mode & OTHERS != 0 {
            return Err(unsafe_because(format!(
                "may be entered by others (mode {:o}): chmod 700 {}",
                stat.st_mode & 0o777,
                path.display()
            )));
        }
        Ok(Self { fd })
    }

    /// The content of a file that nobody else can have written; `None` when there is none. `path` is for messages.
    pub(super) fn read(&self, name: &str, path: PathBuf) -> Result<Option<Vec<u8>>, CacheError> {
        // Not blocking: a pipe in its place would wait for a writer.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = match fs::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => {
                return Err(CacheError::Refused {
                    path,
                    reason: "is a link".to_owned(),
                });
            }
            Err(error) => {
                return Err(CacheError::Entry {
                    path,
                    source: error.into(),
                });
            }
        };
        let content =
            fs::fstat(&fd)
                .map_err(io::Error::from)
                .and_then(|stat| match refusal(&stat) {
                    Some(reason) => Ok(Err(reason)),
                    None => {
                        touch(&fd, &stat);
                        let mut content = Vec::new();
                        File::from(fd).read_to_end(&mut content)?;
                        Ok(Ok(content))
                    }
                });
        match content {
            Ok(Ok(content)) => Ok(Some(content)),
            Ok(Err(reason)) => Err(CacheError::Refused { path, reason }),
            Err(source) => Err(CacheError::Entry { path, source }),
        }
    }

    /// Writes a file under a name of its own, then gives it the right name: a reader, and another writer of the same, sees
    /// all of one of them.
    pub(super) fn write(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let unfinished = format!(
            "{UNFINISHED}{}-{}-{}",
            std::process::id(),
            since_epoch().as_nanos(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(fs::openat(
            &self.fd,
            &unfinished,
            flags,
            Mode::RUSR | Mode::WUSR,
        )?);
        let written = parts
            .iter()
            .try_for_each(|part| file.write_all(part))
            .and_then(|()| Ok(fs::renameat(&self.fd, &unfinished, &self.fd, name)?));
        if written.is_err() {
            // The reason why it could not be written is what matters.
            let _ = fs::unlinkat(&self.fd, &unfinished, AtFlags::empty());
        }
        written
    }

    /// Removes what was used least recently until all files have at most `most` bytes, and what somebody left unfinished.
    /// Another process that does the same at the same time is fine.
    pub(super) fn prune(&self, most: u64) -> io::Result<()> {
        let mut files = Vec::new();
        for file in fs::Dir::read_from(&self.fd)? {
            let name = file?.file_name().to_owned();
            let Ok(stat) = fs::statat(&self.fd, &name, AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                continue;
            }
            let unfinished = name.to_bytes().starts_with(UNFINISHED.as_bytes());
            if unfinished && age(&stat) < HOUR {
                continue;
            }
            let age = if unfinished {
                Duration::MAX
            } else {
                age(&stat)
            };
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            files.push((age, size, name, unfinished));
        }
        files.sort_by_key(|(age, ..)| std::cmp::Reverse(*age));
        let mut total: u64 = files.iter().map(|(_, size, ..)| size).sum();
        for (_, size, name, unfinished) in files {
            if !unfinished && total <= most {
                break;
            }
            match fs::unlinkat(&self.fd, &name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => total -= size,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Why the content of a file is not to be believed.
fn refusal(stat: &Stat) -> Option<String> {
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        Some("is no file".to_owned())
    } else if stat.st_uid != rustix::process::geteuid().as_raw() {
        Some(format!("belongs to user {}", stat.st_uid))
    } else if stat.st_mode & OTHERS != 0 {
        Some(format!(
            "may be read or written by others (mode {:o})",
            stat.st_mode & 0o777
        ))
    } else if stat.st_nlink != 1 {
        Some("has another name elsewhere".to_owned())
    } else {
        None
    }
}

/// Says that a file is still used. That it cannot be said is no reason not to use it.
fn touch(fd: impl AsFd, stat: &Stat) {
    if age(stat) > DAY {
        let now = since_epoch();
        let now = Timespec {
            tv_sec: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: now.subsec_nanos().into(),
        };
        let _ = fs::futimens(
            fd,
            &Timestamps {
                last_access: now,
                last_modification: now,
            },
        );
    }
}

fn age(stat: &Stat) -> Duration {
    let modified = Duration::from_secs(u64::try_from(stat.st_mtime).unwrap_or(0));
    since_epoch().saturating_sub(modified)
}

fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        let dir = Dir::open(&path).unwrap();
        for (name, days) in [("b", 2), ("c", 1), ("a", 3)] {
            dir.write(name, &[b"12345", b"67890"]).unwrap();
            File::options()
                .append(true)
                .open(path.join(name))
                .and_then(|file| file.set_modified(SystemTime::now() - DAY * days))
                .unwrap();
        }
        let left = || {
            let mut left: Vec<_> = std::fs::read_dir(&path)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect();
            left.sort();
            left.concat()
        };
        for (most, expected) in [(30, "abc"), (29, "bc"), (20, "bc")] {
            dir.prune(most).unwrap();
            assert_eq!(left(), expected, "at most {most} bytes");
        }
        // Reading says that it is used: now the other is older.
        assert!(dir.read("b", path.join("b")).unwrap().is_some());
        dir.prune(10).unwrap();
        assert_eq!(left(), "b");
        dir.prune(0).unwrap();
        assert_eq!(left(), "");
    }
}
