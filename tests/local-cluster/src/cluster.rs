//! A cluster that lives as long as a value: for tests. Must not know clusters with names.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tempfile::TempDir;

use crate::launch::{Error, Info, Launched, launch};
use crate::settings::{Component, Settings};

/// How long a control plane may take to end by itself. It gives each component two seconds.
const PATIENCE: Duration = Duration::from_secs(15);

/// A running cluster that ends, and is gone, when this value is dropped; also when this process is killed.
#[derive(Debug)]
pub struct Cluster {
    child: Child,
    /// Open for as long as the control plane shall run.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    info: Info,
    /// Removed at the end, unless a test is failing and its logs are worth reading.
    temporary: Option<TempDir>,
}

/// The control plane's reply to a request.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    error: String,
    pids: std::collections::BTreeMap<String, u32>,
}

impl Cluster {
    /// Starts a cluster in a temporary directory and waits until it is ready: the API server answers, nodes are Ready, and
    /// namespaces have their service accounts. Builds the control plane first if this machine has none (minutes).
    ///
    /// # Errors
    /// When the control plane cannot be built, or does not become ready within two minutes.
    pub fn start(settings: &Settings) -> Result<Cluster, Error> {
        let temporary = tempfile::Builder::new()
            .prefix("meshhost-cluster-")
            .tempdir()
            .map_err(Error::system("a temporary directory"))?;
        match Cluster::start_in(temporary.path(), settings) {
            Ok(mut cluster) => {
                cluster.temporary = Some(temporary);
                Ok(cluster)
            }
            Err(error) => {
                if matches!(error, Error::NotReady { .. }) {
                    let _ = temporary.keep(); // the error tells the reader to look at the logs
                }
                Err(error)
            }
        }
    }

    /// Like [`Cluster::start`], in a new or empty directory of the caller's, which stays.
    ///
    /// # Errors
    /// As [`Cluster::start`]; also when the directory has held a cluster before.
    pub fn start_in(directory: &Path, settings: &Settings) -> Result<Cluster, Error> {
        let Launched {
            mut child,
            stdout,
            info,
        } = launch(directory, settings, |command| {
            command.arg("--until-stdin-closes").stdin(Stdio::piped());
        })?;
        let requests = child.stdin.take();
        Ok(Cluster {
            child,
            requests,
            answers: stdout,
            info,
            temporary: None,
        })
    }

    /// The cluster's addresses and files.
    #[must_use]
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Asks a component to end and waits until it has. The API server closes its port at once; watches that are open are
    /// cut after two seconds.
    ///
    /// # Errors
    /// When it is not running, or the cluster was started without [`Settings::separate`].
    pub fn stop(&mut self, component: Component) -> Result<(), Error> {
        self.request("stop", component)
    }

    /// Ends a component as a crash would.
    ///
    /// # Errors
    /// As [`Cluster::stop`].
    pub fn kill(&mut self, component: Component) -> Result<(), Error> {
        self.request("kill", component)
    }

    /// Starts a component that was ended, with its data and on its port, and waits until the API server is ready (unless
    /// the other of etcd and API server is still ended).
    ///
    /// # Errors
    /// When it is running already, or the API server is not ready within a minute.
    pub fn restart(&mut self, component: Component) -> Result<(), Error> {
        self.request("start", component)
    }

    fn request(&mut self, verb: &str, component: Component) -> Result<(), Error> {
        let request = format!("{verb} {component}");
        let requests = self
            .requests
            .as_mut()
            .expect("the pipe is only closed when the cluster is dropped");
        writeln!(requests, "{request}").map_err(Error::system(request.clone()))?;
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .map_err(Error::system(request.clone()))?;
        let answer: Answer = serde_json::from_str(&line).map_err(|error| Error::Refused {
            request: request.clone(),
            said: format!(
                "no answer ({error}); its logs are in {}",
                self.info.directory.display()
            ),
        })?;
        self.info.pids = answer.pids;
        if answer.error.is_empty() {
            Ok(())
        } else {
            Err(Error::Refused {
                request,
                said: answer.error,
            })
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.requests.take());
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() >= deadline {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        if thread::panicking()
            && let Some(temporary) = self.temporary.take()
        {
            eprintln!(
                "the cluster's logs are kept in {}",
                temporary.keep().display()
            );
        }
    }
}
