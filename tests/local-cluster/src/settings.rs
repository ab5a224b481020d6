//! What a cluster should be like. Must not know how it is started.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::sources::KubeVersion;

/// One part of a control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// The database.
    Etcd,
    /// The API server.
    ApiServer,
    /// The controllers: Deployments, Jobs, namespaces, garbage collection and so on.
    ControllerManager,
    /// What puts pods on nodes.
    Scheduler,
    /// What plays the nodes.
    Kwok,
}

impl Component {
    /// The usual name of the program.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Component::Etcd => "etcd",
            Component::ApiServer => "kube-apiserver",
            Component::ControllerManager => "kube-controller-manager",
            Component::Scheduler => "kube-scheduler",
            Component::Kwok => "kwok",
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a cluster should be like. The default is Kubernetes of today with three nodes, all in one process.
///
/// When the environment has `KUBEBUILDER_ASSETS`, programs of that folder with the components' names are used instead of
/// the built-in components.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The version of Kubernetes.
    pub version: KubeVersion,
    /// How many nodes, named `node-1` and so on.
    pub nodes: u32,
    /// Each component as a process of its own, so that it can be stopped, killed and started by the test.
    pub separate: bool,
    /// More flags for components, each as it stands on the component's command line.
    pub flags: Vec<(Component, String)>,
    /// kwok's `Stage` objects, instead of those that make every pod Ready at once.
    pub stages: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            version: KubeVersion::default(),
            nodes: 3,
            separate: false,
            flags: Vec::new(),
            stages: None,
        }
    }
}

impl Settings {
    /// The command line that starts such a cluster in `directory`.
    pub(crate) fn arguments(&self, directory: &Path) -> Vec<OsString> {
        let mut line: Vec<OsString> = vec!["up".into(), "--dir".into(), directory.into()];
        line.push(format!("--nodes={}", self.nodes).into());
        if self.separate {
            line.push("--processes".into());
        }
        for (component, flag) in &self.flags {
            line.push(format!("--arg={component}={flag}").into());
        }
        if let Some(stages) = &self.stages {
            line.push("--stages".into());
            line.push(stages.into());
        }
        line
    }
}
