//! Starting the program and waiting until its cluster is ready. Must not know who ends it, and when.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde::Deserialize;

use crate::program::{self, BuildError};
use crate::settings::Settings;

/// Why a cluster could not be started, spoken to, or ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no program to start.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// It ended before the cluster was ready.
    #[error("the local control plane did not start: {said}\nIts logs are in {directory}")]
    NotReady {
        /// What it said at the end.
        said: String,
        /// The cluster's directory.
        directory: PathBuf,
    },
    /// It refused a request.
    #[error("the local control plane refused `{request}`: {said}")]
    Refused {
        /// The request.
        request: String,
        /// Why.
        said: String,
    },
    /// A name that cannot be a cluster's.
    #[error("{0:?} cannot be a cluster's name: 1 to 40 lower-case letters, digits and `-`")]
    Name(String),
    /// It does not end, not even when killed.
    #[error("the control plane with process id {pid} in {directory} does not end")]
    StillRunning {
        /// Its process id.
        pid: i32,
        /// The cluster's directory.
        directory: PathBuf,
    },
    /// The system refused something.
    #[error("{what}: {cause}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        cause: io::Error,
    },
}

impl Error {
    pub(crate) fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
        let what = what.into();
        move |cause| Error::System { what, cause }
    }
}

/// A running cluster, as the control plane describes it when it is ready.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// The administrator's kubeconfig; complete in itself, so it can be copied.
    pub kubeconfig: PathBuf,
    /// `https://127.0.0.1:PORT`.
    pub server: String,
    /// The process that runs the cluster.
    pub pid: u32,
    /// The components that are processes of their own, by name.
    pub pids: BTreeMap<String, u32>,
    /// Where the cluster's files are, logs among them.
    pub directory: PathBuf,
    /// What the API server says it is, `v1.37.2`.
    pub version: String,
    /// How many nodes were made.
    pub nodes: u32,
    /// From the start of the process until everything was ready.
    #[serde(rename = "readyAfterMilliseconds")]
    pub ready_after_ms: u64,
}

/// A started control plane whose cluster is ready.
pub(crate) struct Launched {
    pub(crate) child: Child,
    pub(crate) stdout: BufReader<ChildStdout>,
    pub(crate) info: Info,
}

/// Starts a cluster in `directory` (made if needed) and waits until it is ready. `prepare` may change how the process
/// is started: by default it has no standard input.
pub(crate) fn launch(
    directory: &Path,
    settings: &Settings,
    prepare: impl FnOnce(&mut Command),
) -> Result<Launched, Error> {
    let program = program::find_or_build(settings.version)?;
    fs::create_dir_all(directory).map_err(Error::system(directory.display().to_string()))?;
    let said = directory.join("supervisor.log");
    let log = File::create(&said).map_err(Error::system(said.display().to_string()))?;
    let mut command = Command::new(&program.path);
    command
        .args(settings.arguments(directory))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log);
    if let Some(components) = &program.components {
        command.arg("--assets").arg(components);
    }
    prepare(&mut command);
    let mut child = command
        .spawn()
        .map_err(Error::system(program.path.display().to_string()))?;
    let mut stdout = BufReader::new(child.stdout.take().expect("standard output is piped"));
    let mut line = String::new();
    // The control plane has a limit of its own on how long it tries; here it is enough to wait for its word or its end.
    let read = stdout.read_line(&mut line);
    let info = read
        .map_err(|e| e.to_string())
        .and_then(|_| serde_json::from_str(&line).map_err(|e| e.to_string()));
    match info {
        Ok(info) => Ok(Launched {
            child,
            stdout,
            info,
        }),
        Err(reason) => {
            let _ = child.kill();
            let _ = child.wait();
            let words = fs::read_to_string(&said).unwrap_or_default();
            let said = if words.trim().is_empty() {
                reason
            } else {
                words.trim().to_owned()
            };
            Err(Error::NotReady {
                said,
                directory: directory.to_owned(),
            })
        }
    }
}
