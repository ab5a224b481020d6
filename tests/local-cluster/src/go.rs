//! Running Go, with an eye on it while it works. Must not know what is built, or why.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Why Go did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum GoError {
    /// No Go on this machine.
    #[error(
        "there is no `go` in PATH ({0}). Install Go {wanted} or later from https://go.dev/dl or with the system's package \
         manager, and run this again", wanted = .1
    )]
    Missing(io::Error, String),
    /// There is a Go, but it refuses the module, most often because it is too old.
    #[error(
        "Go {wanted} or later is needed, and the `go` in PATH cannot: {said}. Install a newer one from https://go.dev/dl \
         and run this again"
    )]
    TooOld {
        /// The oldest Go that can.
        wanted: String,
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
}

/// Go in the folder of one module.
pub(crate) struct Go<'a> {
    pub(crate) folder: &'a Path,
    /// The oldest Go that can build the module.
    pub(crate) wanted: &'a str,
}

impl Go<'_> {
    /// Sees that there is a Go that accepts the module. Go reads the version that is wanted from go.mod, and fetches that
    /// one if it may.
    pub(crate) fn check(&self, on_line: impl FnMut(Option<&str>)) -> Result<(), GoError> {
        self.run(&["list", "-m"], on_line)
            .map(drop)
            .map_err(|error| match error {
                GoError::Failed { said, .. } => GoError::TooOld {
                    wanted: self.wanted.to_owned(),
                    said,
                },
                other => other,
            })
    }

    /// Runs one Go command; gives its standard output, and each line of its standard error to `on_line` as it comes, or
    /// nothing about once a second while none comes.
    pub(crate) fn run(
        &self,
        args: &[&str],
        on_line: impl FnMut(Option<&str>),
    ) -> Result<String, GoError> {
        self.run_with(args, &[], on_line)
    }

    /// The same, with variables of its environment.
    pub(crate) fn run_with(
        &self,
        args: &[&str],
        variables: &[(&str, &OsStr)],
        mut on_line: impl FnMut(Option<&str>),
    ) -> Result<String, GoError> {
        let failed = |said: String| GoError::Failed {
            command: args.join(" "),
            folder: self.folder.to_owned(),
            said,
        };
        let mut child = Command::new("go")
            .args(args)
            .current_dir(self.folder)
            .env("CGO_ENABLED", "0") // no C compiler needed, and the same program everywhere
            .env("GOWORK", "off")
            .env("GOFLAGS", "-mod=readonly")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|cause| GoError::Missing(cause, self.wanted.to_owned()))?;
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
}
