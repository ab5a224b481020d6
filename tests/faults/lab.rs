//! A control plane, the program, and killing it.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use meshhost_local_cluster::{Cluster, Settings};
use serde_json::{Value, json};

use crate::guest;
use crate::proxy::Proxy;

/// A control plane and a folder.
pub(crate) struct Lab {
    pub(crate) cluster: Cluster,
    pub(crate) client: kube::Client,
    pub(crate) folder: tempfile::TempDir,
}

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Killed,
    By(ExitStatus),
}

impl Lab {
    pub(crate) async fn new(settings: &Settings) -> Self {
        let cluster = Cluster::start(settings).expect("a cluster starts");
        let kubeconfig = Kubeconfig::read_from(&cluster.info().kubeconfig).unwrap();
        let config =
            kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
                .await
                .unwrap();
        Self {
            client: kube::Client::try_from(config).unwrap(),
            folder: tempfile::tempdir().unwrap(),
            cluster,
        }
    }

    /// The program, with its output in files that are called after `what`.
    pub(crate) fn command(&self, kubeconfig: &Path, what: &str, args: &[&str]) -> Command {
        let out = |kind: &str| File::create(self.folder.path().join(format!("{what}.{kind}")));
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshhost"));
        command
            .args(args)
            .env("KUBECONFIG", kubeconfig)
            .env("USER", "tester")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(out("out").unwrap())
            .stderr(out("err").unwrap());
        command
    }

    /// Packs the piece `manifests` into the folder and approves what it wants for the installations of these profiles.
    pub(crate) fn with_manifests(&self, profiles: &[String]) {
        let folder = self.folder.path();
        let example = ["--package", "meshhost-piece", "--example", "manifests"];
        guest::pack(
            folder,
            &example,
            "examples/manifests.wasm",
            "manifests.wasm",
        );
        let kubeconfig = &self.cluster.info().kubeconfig;
        for profile in profiles {
            let add = ["plugin", "add", "--agree", "--profile", profile];
            let status = self.command(kubeconfig, "add", &add).status().unwrap();
            assert!(status.success(), "{}", self.said("add"));
        }
    }

    /// What the program said, of the run that is called so.
    pub(crate) fn said(&self, what: &str) -> String {
        let read = |kind: &str| {
            std::fs::read_to_string(self.folder.path().join(format!("{what}.{kind}"))).unwrap()
        };
        format!("{}{}", read("out"), read("err"))
    }

    /// Runs the program by way of a proxy, to its end or until the proxy says that it is to be killed.
    pub(crate) async fn run(&self, proxy: &Proxy, what: &str, args: &[&str]) -> Ended {
        let mut child = self.begin(proxy, what, args);
        tokio::select! {
            status = end(&mut child) => return Ended::By(status),
            () = proxy.cut() => {}
        }
        // SIGKILL, by its process id.
        child.kill().unwrap();
        child.wait().unwrap();
        Ended::Killed
    }

    /// Runs the program by way of a proxy, and asks it to stop when the proxy says so, as a service manager does.
    pub(crate) async fn run_and_stop(
        &self,
        proxy: &Proxy,
        what: &str,
        args: &[&str],
    ) -> ExitStatus {
        let mut child = self.begin(proxy, what, args);
        tokio::select! {
            status = end(&mut child) => return status,
            () = proxy.cut() => {}
        }
        let id = child.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(kill.success());
        end(&mut child).await
    }

    fn begin(&self, proxy: &Proxy, what: &str, args: &[&str]) -> Child {
        let kubeconfig = proxy.kubeconfig(self.folder.path());
        self.command(&kubeconfig, what, args).spawn().unwrap()
    }
}

async fn end(child: &mut Child) -> ExitStatus {
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Writes `NAME-NUMBER.yaml`: these objects and nothing else.
pub(crate) fn write_profile(folder: &Path, name: &str, number: u32, objects: &[Value]) {
    let profile = json!({
        "apiVersion": "meshhost.dev/v1alpha1", "kind": "Installation",
        "spec": {"pieces": [{
            "name": "manifests", "enabled": true,
            "source": {"file": folder.join("manifests.wasm")},
            "settings": {"objects": objects},
        }]},
    });
    let path = folder.join(format!("{name}-{number}.yaml"));
    std::fs::write(path, profile.to_string()).unwrap();
}
