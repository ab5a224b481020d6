//! An installation of any size, and what it costs.

use std::path::Path;
use std::time::Duration;

use meshhost_cluster::{Applied, ApplyOptions, Cluster, Connect, Installation, PlanOptions};
use meshhost_core::bundle::{Bundle, Contributed};
use meshhost_core::object::Object;
use meshhost_core::revision::RevisionRequest;
use serde_json::{Value, json};

/// Of the installation and its namespace.
pub(crate) const NAME: &str = "many";
/// One object in so many is not as it was in another edition.
const CHANGES: usize = 4;

/// One manifest: a kilobyte of what nobody acts on.
fn manifest(number: usize, edition: usize) -> Value {
    let edition = if number.is_multiple_of(CHANGES) {
        edition
    } else {
        1
    };
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": format!("object-{number}"), "namespace": NAME, "labels": {"app": "many", "edition": edition.to_string()}},
        "data": {"number": number.to_string(), "text": "0123456789abcdef".repeat(64)}})
}

/// A namespace and what is in it, `objects` in all.
pub(crate) fn bundle(objects: usize, edition: usize) -> Bundle {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAME}});
    let rest = (1..objects).map(|number| manifest(number, edition));
    let mut objects: Vec<Contributed> = std::iter::once(namespace)
        .chain(rest)
        .map(|manifest| Contributed {
            object: Object::new(manifest).unwrap(),
            piece: "piece".into(),
            amended: Vec::new(),
        })
        .collect();
    objects.sort_by(|a, b| a.object.id().cmp(b.object.id()));
    Bundle {
        objects,
        ..Bundle::default()
    }
}

/// How many of so many objects are not as they were in another edition.
pub(crate) fn changed(objects: usize) -> usize {
    (1..objects)
        .filter(|number| number.is_multiple_of(CHANGES))
        .count()
}

pub(crate) async fn connect(kubeconfig: &Path) -> Cluster {
    let wish = Connect {
        kubeconfig: Some(kubeconfig.to_owned()),
        context: None,
    };
    Cluster::connect(&wish).await.expect("it answers")
}

/// Plans and applies.
pub(crate) async fn apply(cluster: &Cluster, bundle: &Bundle) -> Applied {
    let request = RevisionRequest {
        tool: "many".into(),
        at: "2020-01-01T00:00:00Z".into(),
        by: String::new(),
        settings: Value::Null,
        pieces: Vec::new(),
        bundle: String::new(),
    };
    let options = ApplyOptions {
        timeout: Duration::from_secs(1_800),
        ..ApplyOptions::default()
    };
    let (installation, how) = (Installation::new(NAME), PlanOptions::default());
    let plan = cluster.plan(bundle, &installation, &how).await;
    let plan = plan.expect("a plan can be made");
    assert_eq!(plan.refusals, []);
    let applied = cluster.apply(plan, request, &options, &|_| {}).await;
    applied.unwrap_or_else(|error| panic!("{error}"))
}

/// The most memory that this process has had, in MB.
pub(crate) fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    // Elsewhere than on Linux nobody tells, and nothing is held against it.
    kilobytes.unwrap_or(0) / 1024
}
