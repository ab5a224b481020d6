//! The control plane's program: found in the user's cache, or built into it. Must not know clusters.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, SystemTime};

use directories::ProjectDirs;

use crate::progress::Progress;
use crate::sources::{KubeVersion, Sources};

/// Why there is no program to start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No Go on this machine.
    #[error(
        "Kubernetes {kubernetes} is built once with Go {go} or later, and there is no `go` in PATH ({cause}). Install it \
         from https://go.dev/dl or with the system's package manager, and run this again"
    )]
    NoGo {
        /// The version of Kubernetes to build.
        kubernetes: String,
        /// The oldest Go that can.
        go: String,
        /// What the system said.
        cause: io::Error,
    },
    /// There is a Go, but it refuses these sources, most often because it is too old.
    #[error(
        "Kubernetes {kubernetes} is built once with Go {go} or later, and the `go` in PATH cannot: {said}. Install a newer \
         one from https://go.dev/dl and run this again"
    )]
    OldGo {
        /// The version of Kubernetes to build.
        kubernetes: String,
        /// The oldest Go that can.
        go: String,
        /// What Go said.
        said: String,
    },
    /// Go ran and failed.
    #[error("`go {command}` in {folder} failed. Its last words:\n{said}")]
    Failed {
        /// The arguments.
        command: String,
        /// Where it ran.
        folder: PathBuf,
        /// The end of what it wrote.
        said: String,
    },
    /// The cache cannot be used.
    #[error("{path}: {cause}")]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The system does not say where the home directory is.
    #[error("no home directory to keep the built control plane in; set HOME (or XDG_CACHE_HOME)")]
    NoHome,
}

/// Gives the path of the control plane's program for `version`; builds it (minutes, with its progress on standard error)
/// if this machine has none of these very sources yet. One process builds, others that want the same wait for it.
///
/// # Errors
/// When Go is missing or too old, the build fails (no network for the modules, no space), or the cache is not writable.
pub fn find_or_build(version: KubeVersion) -> Result<PathBuf, BuildError> {
    let sources = Sources::of(version).map_err(|cause| BuildError::Cache {
        path: version.as_str().into(),
        cause,
    })?;
    let cache = ProjectDirs::from("", "", "meshhost")
        .ok_or(BuildError::NoHome)?
        .cache_dir()
        .join("control-plane");
    let build = format!("{}-{}", sources.kubernetes, sources.digest);
    let program = cache.join(&build).join("control-plane");
    if program.is_file() {
        return Ok(program);
    }
    let cannot = |path: &Path| {
        let path = path.to_owned();
        move |cause| BuildError::Cache { path, cause }
    };
    let folder = cache.join(&build);
    fs::create_dir_all(&folder).map_err(cannot(&folder))?;
    let mut progress = Progress::new(format!("building Kubernetes {} (once)", sources.kubernetes));
    let lock_file = cache.join(format!("{build}.lock"));
    let _lock = wait_for_lock(&lock_file, &mut progress).map_err(cannot(&lock_file))?;
    if !program.is_file() {
        // Under another name first: what has the final name is whole.
        let unfinished = folder.join("control-plane.new");
        go_build(&sources, &unfinished, &mut progress)?;
        fs::rename(&unfinished, &program).map_err(cannot(&program))?;
        forget_old_builds(&cache, &sources.kubernetes, &build);
    }
    progress.done(&format!("it is {}", program.display()));
    Ok(program)
}

fn wait_for_lock(path: &Path, progress: &mut Progress) -> io::Result<File> {
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

fn go_build(sources: &Sources, output: &Path, progress: &mut Progress) -> Result<(), BuildError> {
    progress.at("asking Go for its version", "");
    check_go(sources, progress)?;
    progress.at("downloading modules", "");
    let mut modules = 0;
    let flags = ["-trimpath", "-buildvcs=false"];
    // Lists what is not in Go's build cache. Downloads first, and says so on standard error.
    let list = [
        "list",
        "-deps",
        "-f",
        "{{if .Stale}}{{.ImportPath}}{{end}}",
        flags[0],
        flags[1],
        ".",
    ];
    let stale = go(sources, &list, |line| match line {
        Some(line) if line.starts_with("go: downloading") => {
            modules += 1;
            progress.at("downloading modules", &format!(" ({modules})"));
        }
        _ => progress.at("downloading modules", &format!(" ({modules})")),
    })?;
    let total = stale.lines().filter(|line| !line.is_empty()).count();

    let version = format!(
        "-s -w -X k8s.io/component-base/version.gitVersion={}",
        sources.kubernetes
    );
    let output = output.to_string_lossy();
    let build = [
        "build", "-v", flags[0], flags[1], "-ldflags", &version, "-o", &output, ".",
    ];
    let mut compiled = 0;
    go(sources, &build, |line| {
        compiled += usize::from(line.is_some());
        if compiled < total {
            progress.at("compiling", &format!(" {compiled} of {total} packages"));
        } else {
            progress.at("linking", "");
        }
    })?;
    Ok(())
}

/// Runs Go in the sources' folder, where it reads from go.mod which version is wanted (and fetches that one if it may).
fn check_go(sources: &Sources, progress: &mut Progress) -> Result<(), BuildError> {
    let checked = go(sources, &["list", "-m"], |_| {
        progress.at("asking Go for its version", "")
    });
    checked.map(drop).map_err(|error| match error {
        BuildError::Failed { said, .. } => BuildError::OldGo {
            kubernetes: sources.kubernetes.clone(),
            go: sources.go.clone(),
            said,
        },
        other => other,
    })
}

/// Runs one Go command; gives its standard output, and each line of its standard error to `on_line` as it comes, or
/// nothing about once a second while none comes.
fn go(
    sources: &Sources,
    args: &[&str],
    mut on_line: impl FnMut(Option<&str>),
) -> Result<String, BuildError> {
    let failed = |said: String| BuildError::Failed {
        command: args.join(" "),
        folder: sources.folder.clone(),
        said,
    };
    let mut child = Command::new("go")
        .args(args)
        .current_dir(&sources.folder)
        .env("CGO_ENABLED", "0") // no C compiler needed, and the same program everywhere
        .env("GOWORK", "off")
        .env("GOFLAGS", "-mod=readonly")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|cause| BuildError::NoGo {
            kubernetes: sources.kubernetes.clone(),
            go: sources.go.clone(),
            cause,
        })?;
    let stdout = child.stdout.take().expect("standard output is piped");
    let stderr = child.stderr.take().expect("standard error is piped");
    let output = thread::spawn(move || io::read_to_string(stdout));
    let (send, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    // Compile errors come last, after the names of thousands of packages.
    let mut last: Vec<String> = Vec::new();
    loop {
        match lines.recv_timeout(Duration::from_secs(1)) {
            Ok(line) => {
                on_line(Some(&line));
                last.push(line);
                if last.len() > 40 {
                    last.remove(0);
                }
            }
            Err(RecvTimeoutError::Timeout) => on_line(None),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = child.wait().map_err(|cause| failed(cause.to_string()))?;
    if !status.success() {
        return Err(failed(last.join("\n")));
    }
    let output = output
        .join()
        .map_err(|_| failed("its output could not be read".to_owned()))?;
    output.map_err(|cause| failed(cause.to_string()))
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
