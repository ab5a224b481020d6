//! Clusters with names, which stay up until they are taken down: for people. Must not know what they are used for.
//!
//! Each has a directory under the user's state directory. The control plane holds a lock in it for as long as it runs,
//! so a process id that the system has given to somebody else is never taken for a cluster.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use directories::ProjectDirs;
use rustix::process::{Pid, Signal, kill_process};

use crate::launch::{Error, Info, launch};
use crate::settings::Settings;

/// The name that is meant when none is given.
pub const DEFAULT_NAME: &str = "default";

/// How long a control plane may take to end when asked, before it is killed.
const PATIENCE: Duration = Duration::from_secs(15);

/// What [`up`] found or did.
#[derive(Debug)]
pub enum Up {
    /// It was started.
    Started(Info),
    /// It was up already; the settings were not looked at.
    Already(Info),
}

/// Starts the cluster `name` and waits until it is ready. It goes on when this process ends.
///
/// # Errors
/// As [`crate::Cluster::start`], and when the name is not usable.
pub fn up(name: &str, settings: &Settings) -> Result<Up, Error> {
    let place = Place::of(name)?;
    let _turn = place.take_turn()?;
    // Without its description yet, it is one whose starter was interrupted: it comes up or ends.
    while place.is_locked()? {
        if let Some(info) = place.info()? {
            return Ok(Up::Already(info));
        }
        thread::sleep(Duration::from_millis(100));
    }
    place.clear()?;
    let launched = launch(&place.directory, settings, |command| {
        command.arg("--detached");
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0); // Ctrl-C here is not meant for it
    })?;
    Ok(Up::Started(launched.info))
}

/// Takes the cluster `name` down, with all it holds. Says whether there was one.
///
/// # Errors
/// When it does not end, or its files cannot be removed.
pub fn down(name: &str) -> Result<bool, Error> {
    let place = Place::of(name)?;
    let _turn = place.take_turn()?;
    let running = place.is_locked()?;
    if running {
        place.end()?;
    }
    place.clear()?;
    Ok(running)
}

/// The cluster `name`, if it is up.
///
/// # Errors
/// When its files cannot be read.
pub fn find(name: &str) -> Result<Option<Info>, Error> {
    let place = Place::of(name)?;
    if place.is_locked()? {
        place.info()
    } else {
        Ok(None)
    }
}

/// All clusters that are up, by name.
///
/// # Errors
/// When the state directory cannot be read.
pub fn list() -> Result<Vec<(String, Info)>, Error> {
    let folder = clusters()?;
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(Error::system(folder.display().to_string()))?,
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir()
            && let Some(info) = find(&name)?
        {
            found.push((name, info));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

fn clusters() -> Result<PathBuf, Error> {
    let dirs = ProjectDirs::from("", "", "meshhost").ok_or(crate::program::BuildError::NoHome)?;
    Ok(dirs
        .state_dir()
        .unwrap_or_else(|| dirs.data_local_dir())
        .join("clusters"))
}

/// Where a cluster's files are, whether there is one or not.
struct Place {
    directory: PathBuf,
}

impl Place {
    fn of(name: &str) -> Result<Place, Error> {
        let good = (1..=40).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !good {
            return Err(Error::Name(name.to_owned()));
        }
        Ok(Place {
            directory: clusters()?.join(name),
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// One process at a time starts or ends a cluster of this name; others wait here.
    fn take_turn(&self) -> Result<File, Error> {
        let path = self.directory.with_extension("turn");
        let open = || -> io::Result<File> {
            fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            let file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            file.lock()?;
            Ok(file)
        };
        open().map_err(Error::system(path.display().to_string()))
    }

    /// Whether a control plane holds the directory's lock.
    fn is_locked(&self) -> Result<bool, Error> {
        let path = self.file("lock");
        match File::options().write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::System {
                what: path.display().to_string(),
                cause: error,
            }),
            Ok(file) => match file.try_lock() {
                Ok(()) => Ok(false), // and given back when the file is closed here
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(cause)) => Err(Error::System {
                    what: path.display().to_string(),
                    cause,
                }),
            },
        }
    }

    fn info(&self) -> Result<Option<Info>, Error> {
        let path = self.file("cluster.json");
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(Error::System {
                what: path.display().to_string(),
                cause,
            }),
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|e| Error::System {
                    what: path.display().to_string(),
                    cause: e.into(),
                }),
        }
    }

    fn end(&self) -> Result<(), Error> {
        let pid = self.process()?;
        for signal in [Signal::TERM, Signal::KILL] {
            let _ = kill_process(pid, signal); // it may just have ended by itself
            let deadline = Instant::now() + PATIENCE;
            while Instant::now() < deadline {
                if !self.is_locked()? {
                    return Ok(());
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        Err(Error::StillRunning {
            pid: pid.as_raw_nonzero().get(),
            directory: self.directory.clone(),
        })
    }

    /// The control plane's process id: it writes it into the lock file when it has the lock.
    fn process(&self) -> Result<Pid, Error> {
        let path = self.file("lock");
        let text = fs::read_to_string(&path).map_err(Error::system(path.display().to_string()))?;
        let pid = text.trim().parse().ok().and_then(Pid::from_raw);
        let strange = || io::Error::other(format!("{:?} is not a process id", text.trim()));
        pid.ok_or_else(|| Error::System {
            what: path.display().to_string(),
            cause: strange(),
        })
    }

    /// Removes what an earlier cluster left.
    fn clear(&self) -> Result<(), Error> {
        match fs::remove_dir_all(&self.directory) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(Error::System {
                what: self.directory.display().to_string(),
                cause,
            }),
            _ => Ok(()),
        }
    }
}
