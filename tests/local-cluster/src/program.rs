//! The programs of a control plane: found in the user's cache, or built into it. Must not know clusters.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use directories::ProjectDirs;

use crate::compile::{CompileError, compile};
use crate::go::GoError;
use crate::progress::Progress;
use crate::sources::{KubeVersion, Sources};

/// Why there is no program to start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Go is missing, too old, or failed.
    #[error("the local control plane is built once, from Kubernetes {kubernetes} with Go: {cause}")]
    Go {
        /// The version of Kubernetes to build.
        kubernetes: String,
        /// What is wrong, and what to do.
        cause: GoError,
    },
    /// The same for Helm.
    #[error("Helm {version} is built once, with Go: {cause}")]
    Helm {
        /// Its version.
        version: &'static str,
        /// What is wrong, and what to do.
        cause: GoError,
    },
    /// The cache or the sources cannot be used.
    #[error("{path}: {cause}")]
    Files {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The system does not say where the home directory is.
    #[error("no home directory to keep the built control plane in; set HOME (or XDG_CACHE_HOME)")]
    NoHome,
}

impl BuildError {
    pub(crate) fn files(path: &Path) -> impl FnOnce(io::Error) -> BuildError {
        let path = path.to_owned();
        move |cause| BuildError::Files { path, cause }
    }
}

/// What to start for one version of Kubernetes.
#[derive(Debug, Clone)]
pub struct Program {
    /// The control plane of today, which runs clusters of every version: `control-plane up`, `control-plane selftest`;
    /// and kubectl: `control-plane kubectl`.
    pub path: PathBuf,
    /// A folder with that version's components, if they are not the built-in ones.
    pub components: Option<PathBuf>,
}

/// Gives the programs for `version`; builds them (minutes, with progress on standard error) if this machine has none of
/// these very sources yet. One process builds, others that want the same wait for it.
///
/// # Errors
/// When Go is missing or too old, the build fails (no network for the modules, no space), or the cache is not writable.
pub fn find_or_build(version: KubeVersion) -> Result<Program, BuildError> {
    let today = KubeVersion::default();
    let path = built(today)?.join(NAME);
    let components = if version == today {
        None
    } else {
        Some(built(version)?)
    };
    Ok(Program { path, components })
}

/// The program's name in the folder of its build.
const NAME: &str = "control-plane";

/// Names by which the program of an old version is called: each makes it that component.
const OLD_NAMES: [&str; 3] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
];

/// The folder of a finished build.
fn built(version: KubeVersion) -> Result<PathBuf, BuildError> {
    let sources = Sources::of(version).map_err(BuildError::files(Path::new(version.as_str())))?;
    let cache = ProjectDirs::from("", "", "meshhost")
        .ok_or(BuildError::NoHome)?
        .cache_dir()
        .join("control-plane");
    let build = format!("{}-{}", sources.kubernetes, sources.digest);
    let folder = cache.join(&build);
    let program = folder.join(NAME);
    if program.is_file() {
        return Ok(folder);
    }
    fs::create_dir_all(&folder).map_err(BuildError::files(&folder))?;
    let mut progress = Progress::new(format!("building Kubernetes {} (once)", sources.kubernetes));
    let lock_file = cache.join(format!("{build}.lock"));
    let _lock = wait_for_lock(&lock_file, &mut progress).map_err(BuildError::files(&lock_file))?;
    if !program.is_file() {
        // Under another name first: what has the final name is whole.
        let unfinished = folder.join("unfinished");
        compile(&sources, &unfinished, &mut progress).map_err(|error| match error {
            CompileError::Go(cause) => BuildError::Go {
                kubernetes: sources.kubernetes.clone(),
                cause,
            },
            CompileError::Files(cause) => BuildError::Files {
                path: folder.clone(),
                cause,
            },
        })?;
        if version != KubeVersion::default() {
            link_names(&folder).map_err(BuildError::files(&folder))?;
        }
        fs::rename(&unfinished, &program).map_err(BuildError::files(&program))?;
        forget_old_builds(&cache, &sources.kubernetes, &build);
    }
    progress.done(&format!("it is {}", program.display()));
    Ok(folder)
}

fn link_names(folder: &Path) -> io::Result<()> {
    for name in OLD_NAMES {
        let link = folder.join(name);
        match fs::remove_file(&link) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => std::os::unix::fs::symlink(NAME, &link)?,
        }
    }
    Ok(())
}

pub(crate) fn wait_for_lock(path: &Path, progress: &mut Progress) -> io::Result<File> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) => {
                progress.at("waiting for another process that builds it", "")
            }
            Err(fs::TryLockError::Error(cause)) => return Err(cause),
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// A build is some 140 MB, and every change of the sources makes a new one: those of the same Kubernetes that are older
/// than two weeks go. What cannot be removed stays; it only takes space.
fn forget_old_builds(cache: &Path, kubernetes: &str, keep: &str) {
    let prefix = format!("{kubernetes}-");
    let two_weeks = Duration::from_secs(14 * 24 * 60 * 60);
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let age = entry
            .metadata()
            .and_then(|m| m.modified())
            .ok()
            .and_then(|t| SystemTime::now().duration_since(t).ok());
        if name.starts_with(&prefix)
            && !name.starts_with(keep)
            && age.is_some_and(|age| age > two_weeks)
        {
            let _ = if name.ends_with(".lock") {
                fs::remove_file(entry.path())
            } else {
                fs::remove_dir_all(entry.path())
            };
        }
    }
}
