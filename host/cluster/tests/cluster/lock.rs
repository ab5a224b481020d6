//! One run at a time: who comes second waits, or is told who is at work; who is dead blocks nobody for long.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use meshhost_cluster::{
    Applied, ApplyError, ApplyOptions, Event, Installation, LockError, LockOptions, PlanOptions,
    StateError, Unfinished, Work,
};
use meshhost_core::bundle::Bundle;
use serde_json::{Value, json};

use crate::manifests::{bundle, config_map, namespace};
use crate::started::{apply, cluster, get, request, send};

fn wish(name: &str, value: &str) -> Bundle {
    let mut manifests = vec![namespace(name)];
    manifests.extend((0..20).map(|n| config_map(name, &format!("c{n}"), &json!({ "a": value }))));
    bundle(manifests)
}

fn options(wait: Duration, lasts: Duration) -> ApplyOptions {
    ApplyOptions {
        lock: LockOptions { wait, lasts },
        ..ApplyOptions::default()
    }
}

async fn lease(name: &str) -> Option<Value> {
    get(&lease_path(name)).await
}

fn lease_path(name: &str) -> String {
    format!("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/meshhost-{name}")
}

/// What all twenty say; they must agree.
async fn value(name: &str) -> String {
    let list = get(&format!(
        "/api/v1/namespaces/{name}/configmaps?labelSelector=applyset.kubernetes.io/part-of"
    ))
    .await
    .unwrap();
    let values: std::collections::BTreeSet<&str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["data"]["a"].as_str().unwrap())
        .collect();
    assert_eq!(values.len(), 1, "a mixture: {values:?}");
    (*values.first().unwrap()).to_owned()
}

const NO_TIME: Duration = Duration::ZERO;
const LASTS: Duration = Duration::from_secs(2);

#[tokio::test]
async fn of_two_runs_at_once_one_gives_way() {
    let cluster = cluster().await;
    let wish = |value: &str| {
        bundle(vec![
            namespace("race"),
            config_map("race", "c", &json!({"a": value})),
        ])
    };
    let plan_of = async |value: &str| {
        let options = PlanOptions::default();
        cluster
            .plan(&wish(value), &Installation::new("race"), &options)
            .await
            .unwrap()
    };
    let (one, two) = (plan_of("1").await, plan_of("2").await);
    let options = ApplyOptions::default();
    cluster
        .apply(one, request("1"), &options, &|_| {})
        .await
        .expect("the first is applied");
    let error = cluster
        .apply(two, request("2"), &options, &|_| {})
        .await
        .expect_err("the second is late");
    assert!(
        matches!(error, ApplyError::State(StateError::Moved { .. })),
        "{error}"
    );
    assert_eq!(
        get("/api/v1/namespaces/race/configmaps/c").await.unwrap()["data"]["a"],
        "1"
    );
    let last = cluster
        .last_revision(&Installation::new("race"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        last.request.settings["settings"], "1",
        "the record of the first is whole"
    );
    apply(&Bundle::default(), "race")
        .await
        .0
        .expect("it is removed");
}

/// Two applies at the same time: the second one's plan is made while the first is at work.
#[tokio::test(flavor = "multi_thread")]
async fn who_comes_second_is_told_who_is_at_work_or_waits() {
    let name = "second";
    let cluster = cluster().await;
    let installation = Installation::new(name);
    let plan_of = async |value: &str| {
        let options = PlanOptions::default();
        cluster
            .plan(&wish(name, value), &installation, &options)
            .await
            .unwrap()
    };
    // The first stops where it is until the second has had its say.
    let (go_on, gate) = std::sync::mpsc::channel::<()>();
    let (at_work, working) = tokio::sync::oneshot::channel();
    let first = plan_of("1").await;
    let one = std::thread::spawn(move || {
        let (gate, at_work) = (Mutex::new(gate), Mutex::new(Some(at_work)));
        let listener = |event: Event| {
            if let Event::Wave { number: 2, .. } = event {
                at_work.lock().unwrap().take().unwrap().send(()).unwrap();
                gate.lock().unwrap().recv().unwrap();
            }
        };
        let long = options(NO_TIME, Duration::from_secs(60));
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(async {
                let cluster = crate::started::cluster().await;
                cluster.apply(first, request("1"), &long, &listener).await
            })
    });
    let two = async {
        working.await.unwrap();
        let status = cluster.status(&installation).await.unwrap().unwrap();
        let Some(Unfinished {
            what,
            lock: Some(lock),
        }) = status.unfinished
        else {
            panic!("{:?}", status.unfinished)
        };
        assert_eq!(what, Work::Apply(1));
        assert!(lock.holder.starts_with("tester (process "), "{lock:?}");

        // Refused: the holder shows life.
        let plan = plan_of("2").await;
        let beat = async {
            loop {
                tokio::time::sleep(Duration::from_millis(300)).await;
                let alive = json!({"spec": {"renewTime": "2020-01-01T00:00:00.000000Z", "leaseTransitions": Instant::now().elapsed().subsec_nanos()}});
                let _ = send("PATCH", &lease_path(name), Some(alive)).await;
                let alive = json!({"spec": {"renewTime": "2020-01-02T00:00:00.000000Z"}});
                let _ = send("PATCH", &lease_path(name), Some(alive)).await;
            }
        };
        let events = Mutex::new(Vec::new());
        let tell = |event: Event| events.lock().unwrap().push(event);
        let short = options(NO_TIME, LASTS);
        let refused = tokio::select! {
            never = beat => never,
            refused = cluster.apply(plan, request("2"), &short, &tell) => refused,
        };
        let error = refused.expect_err("somebody is at work");
        assert!(
            matches!(error, ApplyError::Lock(LockError::Held { .. })),
            "{error}"
        );
        assert!(error.to_string().starts_with("tester (process "), "{error}");
        assert!(error.to_string().contains("--wait-for-lock"), "{error}");
        let events = events.into_inner().unwrap();
        assert!(matches!(&events[..], [Event::Locked { .. }]), "{events:?}");

        // Waiting: the plan that it had is out of date then.
        let plan = plan_of("2").await;
        go_on.send(()).unwrap();
        let patient = options(Duration::from_secs(60), LASTS);
        cluster.apply(plan, request("2"), &patient, &|_| {}).await
    };
    let two: Result<Applied, ApplyError> = two.await;
    let one = one.join().unwrap();
    one.expect("the first is applied");
    let error = two.expect_err("the cluster has moved meanwhile");
    assert!(
        matches!(error, ApplyError::State(StateError::Moved { .. })),
        "{error}"
    );
    assert_eq!(value(name).await, "1", "it is the first one's, whole");
    assert_eq!(lease(name).await, None, "the lock is given back");
    apply(&wish(name, "2"), name)
        .await
        .0
        .expect("it is applied");
    assert_eq!(value(name).await, "2");
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
}

/// The Lease of a run that was killed.
fn left(name: &str) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": format!("meshhost-{name}"), "namespace": "kube-system"},
        "spec": {"holderIdentity": "the dead", "leaseDurationSeconds": 1, "leaseTransitions": 3,
            // A clock that goes wrong must not matter.
            "acquireTime": "2099-01-01T00:00:00.000000Z", "renewTime": "2099-01-01T00:00:00.000000Z"},
    })
}

#[tokio::test]
async fn the_lock_of_a_dead_run_is_waited_out_and_taken_over() {
    let name = "dead";
    let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
    send("POST", leases, Some(left(name))).await.unwrap();
    let (applied, events) = apply(&wish(name, "1"), name).await;
    applied.expect("it is applied");
    let told: Vec<&Event> = events
        .iter()
        .filter(|event| matches!(event, Event::Locked { .. } | Event::TakenOver { .. }))
        .collect();
    let [
        Event::Locked {
            by,
            stale_after_ms: 1000,
        },
        Event::TakenOver { from },
    ] = &told[..]
    else {
        panic!("{told:?}");
    };
    assert_eq!(
        (by.holder.as_str(), from.holder.as_str()),
        ("the dead", "the dead")
    );
    assert_eq!(lease(name).await, None);

    // One that is left where there is no installation goes with `uninstall` as well.
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
    send("POST", leases, Some(left(name))).await.unwrap();
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("there is nothing");
    assert_eq!(lease(name).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_lock_was_taken_over_writes_nothing_more() {
    let name = "lost";
    let cluster = cluster().await;
    let installation = Installation::new(name);
    let plan = cluster
        .plan(&wish(name, "1"), &installation, &PlanOptions::default())
        .await
        .unwrap();
    let runtime = tokio::runtime::Handle::current();
    let listener = |event: Event| {
        if let Event::Wave { number: 2, .. } = event {
            let over = json!({"spec": {"holderIdentity": "another"}});
            // The run stands still meanwhile, as a stopped process does.
            tokio::task::block_in_place(|| {
                runtime
                    .block_on(send("PATCH", &lease_path(name), Some(over)))
                    .unwrap();
                std::thread::sleep(LASTS);
            });
        }
    };
    let short = options(NO_TIME, LASTS);
    let error = cluster
        .apply(plan, request("1"), &short, &listener)
        .await
        .expect_err("it is another's by now");
    let told = error.to_string();
    assert!(told.contains("another"), "{told}");
    let written = get(&format!("/api/v1/namespaces/{name}/configmaps/c0")).await;
    assert_eq!(written, None, "it was written without the lock");
    assert_eq!(
        lease(name).await.unwrap()["spec"]["holderIdentity"],
        "another"
    );
    send("DELETE", &lease_path(name), None).await.unwrap();
    apply(&Bundle::default(), name)
        .await
        .0
        .expect("it is removed");
}
