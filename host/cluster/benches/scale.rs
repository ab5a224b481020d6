//! How time and memory grow with the number of objects, beside the least that a server takes: each object applied and
//! deleted, and nothing else. `cargo bench -p meshhost-cluster --bench scale`, or with sizes: `-- 500 1000`.

#![expect(clippy::unwrap_used, reason = "a measurement that fails is none")]

#[path = "../tests/scale/many.rs"]
mod many;

use std::path::Path;
use std::time::Instant;

use futures::{StreamExt as _, stream};
use meshhost_core::bundle::Bundle;
use meshhost_core::id::ObjectId;
use meshhost_local_cluster::{Cluster as LocalCluster, Settings};

/// Requests in flight of what is compared with.
const IN_FLIGHT: usize = 16;

fn main() {
    let sizes: Vec<usize> = std::env::args()
        .filter_map(|size| size.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![500, 1_000, 5_000]
    } else {
        sizes
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure(&sizes));
}

async fn measure(sizes: &[usize]) {
    let settings = Settings {
        nodes: 0,
        ..Settings::default()
    };
    let started = LocalCluster::start(&settings).expect("the control plane starts");
    let kubeconfig = started.info().kubeconfig.clone();
    println!("seconds, and milliseconds an object in brackets");
    println!(
        "objects | floor: apply    delete | apply          again          change a 4th   uninstall      | peak MB"
    );
    for size in sizes {
        let all = many::bundle(*size, 1);
        let floor = floor(&kubeconfig, &all).await;
        // Only what comes from here on counts.
        let _not_on_linux = std::fs::write("/proc/self/clear_refs", "5");
        let cluster = many::connect(&kubeconfig).await;
        let mut row = Vec::new();
        for wish in [&all, &all, &many::bundle(*size, 2), &Bundle::default()] {
            let begun = Instant::now();
            let counts = many::apply(&cluster, wish).await.counts;
            row.push(begun.elapsed().as_secs_f64());
            assert!(
                [0, many::changed(*size)].contains(&counts.change),
                "{counts:?}"
            );
        }
        let each =
            |seconds: &f64| format!("{seconds:6.2} ({:5.2})", seconds * 1_000.0 / *size as f64);
        let row: Vec<String> = row.iter().map(each).collect();
        let floor: Vec<String> = floor.iter().map(each).collect();
        println!(
            "{size:7} | {} | {} | {:7}",
            floor.join(" "),
            row.join(" "),
            many::peak_memory()
        );
    }
}

/// The least that can be done: a server-side apply for each object, then a deletion for each, many at a time.
async fn floor(kubeconfig: &Path, bundle: &Bundle) -> [f64; 2] {
    let _already_chosen = rustls::crypto::ring::default_provider().install_default();
    let config = kube::config::Kubeconfig::read_from(kubeconfig).unwrap();
    let options = kube::config::KubeConfigOptions::default();
    let config = kube::Config::from_custom_kubeconfig(config, &options)
        .await
        .unwrap();
    let client = &kube::Client::try_from(config).unwrap();
    let send = |method: &'static str, path: String, body: String| async move {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header(
                "content-type",
                if method == "PATCH" {
                    "application/apply-patch+yaml"
                } else {
                    "application/json"
                },
            )
            .body(body.into_bytes())
            .unwrap();
        client.request::<serde_json::Value>(request).await.unwrap();
    };
    // The namespace first, and last.
    let (namespaces, rest): (Vec<_>, Vec<_>) = bundle
        .objects
        .iter()
        .map(|contributed| &contributed.object)
        .partition(|object| object.id().kind == "Namespace");
    let begun = Instant::now();
    for objects in [&namespaces, &rest] {
        let applied = stream::iter(objects).map(|object| {
            let path = format!("{}?fieldManager=floor&force=true", path(object.id()));
            send(
                "PATCH",
                path,
                serde_json::Value::Object(object.manifest().clone()).to_string(),
            )
        });
        applied
            .buffer_unordered(IN_FLIGHT)
            .collect::<Vec<()>>()
            .await;
    }
    let applied = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let deleted =
        stream::iter(&rest).map(|object| send("DELETE", path(object.id()), String::new()));
    deleted
        .buffer_unordered(IN_FLIGHT)
        .collect::<Vec<()>>()
        .await;
    [applied, begun.elapsed().as_secs_f64()]
}

fn path(id: &ObjectId) -> String {
    match &id.namespace {
        Some(namespace) => format!("/api/v1/namespaces/{namespace}/configmaps/{}", id.name),
        None => format!("/api/v1/namespaces/{}", id.name),
    }
}
