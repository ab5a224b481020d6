//! 5,000 objects in one installation, in a process of its own: how much memory that takes, and that nothing is forgotten.

#![expect(clippy::unwrap_used, reason = "in a test, unwrap is the assertion")]

#[path = "scale/many.rs"]
mod many;

use meshhost_cluster::Installation;
use meshhost_core::bundle::Bundle;
use meshhost_local_cluster::{Cluster as LocalCluster, Settings};

const OBJECTS: usize = 5_000;
/// In MB.
const MOST_MEMORY: u64 = 300;

#[tokio::test]
async fn five_thousand_objects_fit() {
    let settings = Settings {
        nodes: 0,
        ..Settings::default()
    };
    let started = LocalCluster::start(&settings).expect("the control plane starts");
    let cluster = many::connect(&started.info().kubeconfig).await;
    let (all, changed) = (many::bundle(OBJECTS, 1), many::bundle(OBJECTS - 1_000, 2));

    let applied = many::apply(&cluster, &all).await;
    assert_eq!(applied.counts.create, OBJECTS);
    let again = many::apply(&cluster, &all).await;
    assert_eq!((again.counts.unchanged, again.revision), (OBJECTS, None));
    let pruned = many::apply(&cluster, &changed).await.counts;
    assert_eq!(
        (pruned.delete, pruned.change),
        (1_000, many::changed(OBJECTS - 1_000))
    );
    let installation = Installation::new(many::NAME);
    let status = cluster.status(&installation).await.unwrap().unwrap();
    assert_eq!(status.objects.len(), OBJECTS - 1_000);
    let removed = many::apply(&cluster, &Bundle::default()).await;
    assert_eq!(
        (removed.counts.delete, removed.left),
        (OBJECTS - 1_000, Vec::new())
    );
    assert!(cluster.status(&installation).await.unwrap().is_none());

    let peak = many::peak_memory();
    assert!(peak < MOST_MEMORY, "{peak} MB");
}
