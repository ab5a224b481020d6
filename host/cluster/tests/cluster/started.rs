//! The control plane that these tests share, and looking at it from outside the engine.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use meshhost_cluster::{
    Applied, ApplyError, ApplyOptions, Cluster, Connect, Event, Installation, PlanOptions,
};
use meshhost_core::bundle::Bundle;
use meshhost_core::plan::Plan;
use meshhost_core::revision::RevisionRequest;
use meshhost_local_cluster::{Cluster as LocalCluster, Settings};
use serde_json::{Value, json};

use crate::proxy::Proxy;

static STARTED: OnceLock<LocalCluster> = OnceLock::new();

/// The kubeconfig of the control plane, which is started with the first test and ends with the process.
pub(crate) fn kubeconfig() -> PathBuf {
    let started = STARTED.get_or_init(|| {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR"));
        forget_old_ones(all);
        let directory = all.join(format!("cluster-{}", std::process::id()));
        let settings = Settings {
            nodes: 2,
            ..Settings::default()
        };
        LocalCluster::start_in(&directory, &settings).expect("the control plane starts")
    });
    started.info().kubeconfig.clone()
}

/// Nothing is dropped at the end of a test process, so the next one clears up.
fn forget_old_ones(all: &Path) {
    let hour = std::time::Duration::from_secs(3600);
    for entry in std::fs::read_dir(all).into_iter().flatten().flatten() {
        let age = entry
            .metadata()
            .and_then(|it| it.modified())
            .ok()
            .and_then(|it| it.elapsed().ok());
        if entry.file_name().to_string_lossy().starts_with("cluster-")
            && age.is_some_and(|age| age > hour)
        {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
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

/// Connected by way of a proxy; what takes longer than a second is tried again.
pub(crate) async fn through(proxy: &Proxy) -> Cluster {
    let path = proxy.kubeconfig(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let wish = Connect {
        kubeconfig: Some(path.clone()),
        context: None,
    };
    let cluster = Cluster::connect(&wish).await.expect("the proxy answers");
    std::fs::remove_file(path).unwrap();
    proxy.take_log();
    cluster.with_try_limit(std::time::Duration::from_secs(1))
}

/// Plans and applies.
pub(crate) async fn run(
    cluster: &Cluster,
    bundle: &Bundle,
    name: &str,
) -> Result<Applied, ApplyError> {
    let plan = cluster
        .plan(bundle, &Installation::new(name), &PlanOptions::default())
        .await;
    let plan = plan.unwrap_or_else(|error| panic!("no plan: {error}"));
    cluster
        .apply(plan, request("same"), &ApplyOptions::default(), &|_| {})
        .await
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
        bundle: String::new(),
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
