//! The API server goes away for a while, and the database dies, while the demo profile is applied.

use std::process::Child;
use std::time::Duration;

use meshhost_local_cluster::{Component, Settings};

use crate::lab::Lab;

const APPLY: &[&str] = &["apply", "--yes", "--profile", "demo", "-o", "json"];

/// Starts an apply and waits until it is in the middle of its writes: at the first objects of new kinds. Earlier, an API
/// server that goes away between accepting a definition's names and establishing it looks at it again only five minutes
/// later, which is nothing that a client can help.
async fn begun(lab: &Lab, what: &str) -> Child {
    let kubeconfig = lab.cluster.info().kubeconfig.clone();
    let mut child = lab.command(&kubeconfig, what, APPLY).spawn().unwrap();
    while !lab.said(what).contains(r#""kind":"handler""#) {
        let ended = child.try_wait().unwrap();
        assert_eq!(ended, None, "{}", lab.said(what));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    child
}

async fn ends_well(lab: &Lab, what: &str, mut child: Child) {
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap())
        .await
        .unwrap();
    let said = lab.said(what);
    assert!(status.success(), "{said}");
    let kubeconfig = lab.cluster.info().kubeconfig.clone();
    let run = |what: &str, args: &[&str]| lab.command(&kubeconfig, what, args).status().unwrap();
    let same = run("diff", &["diff", "--profile", "demo"]);
    assert_eq!(same.code(), Some(0), "{}", lab.said("diff"));
    let works = run("status", &["status"]);
    assert_eq!(works.code(), Some(0), "{}", lab.said("status"));
    let gone = run("uninstall", &["uninstall", "--yes"]);
    assert_eq!(gone.code(), Some(0), "{}", lab.said("uninstall"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_survives_its_api_server_and_its_database() {
    let mut lab = Lab::new(&Settings {
        separate: true,
        ..Settings::default()
    })
    .await;
    let child = begun(&lab, "api-server").await;
    lab.cluster.stop(Component::ApiServer).unwrap();
    // As long as the outage is to last.
    tokio::time::sleep(Duration::from_secs(10)).await;
    lab.cluster.restart(Component::ApiServer).unwrap();
    let noticed = lab.said("api-server").contains(r#""event":"retrying""#);
    assert!(noticed, "{}", lab.said("api-server"));
    ends_well(&lab, "api-server", child).await;

    let mut child = begun(&lab, "etcd").await;
    lab.cluster.kill(Component::Etcd).unwrap();
    // Long enough that requests come in between.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(child.try_wait().unwrap(), None, "{}", lab.said("etcd"));
    lab.cluster.restart(Component::Etcd).unwrap();
    ends_well(&lab, "etcd", child).await;
}
