//! The control plane that these tests share, and looking at it from outside the engine.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use meshhost_cluster::{
    Applied, ApplyError, ApplyOptions, Cluster, Connect, Event, Installation, PlanOptions,
};
use meshhost_core::bundle::Bundle;
use meshhost_core::plan::Plan;
use meshhost_core::revision::RevisionRequest;
use serde_json::{Value, json};

static STARTED: OnceLock<(Child, PathBuf)> = OnceLock::new();

/// The kubeconfig of the control plane, which is started with the first test and ends with the last.
pub(crate) fn kubeconfig() -> PathBuf {
    let (_, path) = STARTED.get_or_init(|| {
        let program = std::env::var("MESHHOST_CONTROL_PLANE").expect("names the control plane");
        let dir =
            std::env::temp_dir().join(format!("meshhost-cluster-test-{}", std::process::id()));
        let mut child = Command::new(program)
            .args(["up", "--until-stdin-closes", "--nodes", "2", "--dir"])
            .arg(&dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the control plane starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it tells when it is ready");
        let told: Value = serde_json::from_str(&line).expect("it tells JSON");
        let path = told["kubeconfig"]
            .as_str()
            .expect("it has a kubeconfig")
            .into();
        (child, path)
    });
    path.clone()
}

/// Connected.
pub(crate) async fn cluster() -> Cluster {
    let wish = Connect {
        kubeconfig: Some(kubeconfig()),
        context: None,
    };
    Cluster::connect(&wish)
        .await
        .expect("the control plane answers")
}

/// A client of its own, to look and to meddle.
pub(crate) async fn client() -> kube::Client {
    let _already = rustls::crypto::ring::default_provider().install_default();
    let config = kube::config::Kubeconfig::read_from(kubeconfig()).unwrap();
    let options = kube::config::KubeConfigOptions::default();
    let config = kube::Config::from_custom_kubeconfig(config, &options)
        .await
        .unwrap();
    kube::Client::try_from(config).unwrap()
}

/// `GET`; `None` when it is not there.
pub(crate) async fn get(path: &str) -> Option<Value> {
    send("GET", path, None).await.ok()
}

/// Any request, as JSON.
pub(crate) async fn send(
    method: &str,
    path: &str,
    body: Option<Value>,
) -> Result<Value, kube::Error> {
    let kind = match method {
        "PATCH" => "application/merge-patch+json",
        _ => "application/json",
    };
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", kind)
        .body(
            body.map(|body| body.to_string().into_bytes())
                .unwrap_or_default(),
        )
        .unwrap();
    client().await.request(request).await
}

/// What an apply was asked to do; `settings` tells one from the other.
pub(crate) fn request(settings: &str) -> RevisionRequest {
    RevisionRequest {
        tool: "test".into(),
        at: "2020-01-01T00:00:00Z".into(),
        by: "tester".into(),
        settings: json!({ "settings": settings }),
        pieces: Vec::new(),
    }
}

pub(crate) async fn plan(bundle: &Bundle, name: &str) -> Plan {
    let options = PlanOptions::default();
    let installation = Installation::new(name);
    cluster()
        .await
        .plan(bundle, &installation, &options)
        .await
        .expect("a plan can be made")
}

/// Plans and applies, and gives what happened as well.
pub(crate) async fn apply(
    bundle: &Bundle,
    name: &str,
) -> (Result<Applied, ApplyError>, Vec<Event>) {
    apply_with(bundle, name, "same", ApplyOptions::default()).await
}

pub(crate) async fn apply_with(
    bundle: &Bundle,
    name: &str,
    settings: &str,
    options: ApplyOptions,
) -> (Result<Applied, ApplyError>, Vec<Event>) {
    let cluster = cluster().await;
    let plan = plan(bundle, name).await;
    let events = Mutex::new(Vec::new());
    let listener = |event: Event| events.lock().unwrap().push(event);
    let applied = cluster
        .apply(plan, request(settings), &options, &listener)
        .await;
    (applied, events.into_inner().unwrap())
}
