//! How many requests are made.

use meshhost_core::bundle::Bundle;

use crate::manifests::{bundle, mesh};
use crate::proxy::Proxy;
use crate::started::{client, run, through};

#[tokio::test]
async fn few_requests_are_made() {
    let proxy = Proxy::start(client().await).await;
    let cluster = through(&proxy).await;
    let bundle = bundle(mesh("few"));
    cluster.facts().await.unwrap();
    run(&cluster, &bundle, "few").await.expect("it is applied");
    let first = proxy.take_log();
    let objects = bundle.objects.len();
    assert!(
        first.len() <= objects * 6 / 5 + 40,
        "{} requests for {objects} objects: {first:#?}",
        first.len()
    );

    cluster.facts().await.unwrap();
    run(&cluster, &bundle, "few")
        .await
        .expect("there is nothing to do");
    let again = proxy.take_log();
    let writes: Vec<&String> = again.iter().filter(|it| !it.starts_with("GET ")).collect();
    assert!(writes.is_empty(), "{writes:#?}");
    let kinds: std::collections::BTreeSet<String> = bundle
        .objects
        .iter()
        .map(|it| it.object.id().group_kind())
        .collect();
    assert!(
        again.len() <= kinds.len() + 8,
        "{} requests for {} kinds: {again:#?}",
        again.len(),
        kinds.len()
    );

    run(&cluster, &Bundle::default(), "few")
        .await
        .expect("it is removed");
}
