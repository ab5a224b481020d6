//! Hooks: when they run, in which order, what is left of them, and what a failure leaves.

use meshhost_cluster::{ApplyError, Event, Installation, PlanOptions};
use meshhost_core::bundle::{Bundle, Contributed, ContributedHook};
use meshhost_core::card::{DeletePolicy, HookRun, Occasion};
use meshhost_core::object::Object;
use serde_json::{Value, json};

use crate::manifests::{bundle, config_map, namespace};
use crate::started::{apply, cluster, get, plan};

fn hook(manifest: Value, on: &[Occasion], weight: i32, delete: &[DeletePolicy]) -> ContributedHook {
    ContributedHook {
        contributed: Contributed {
            object: Object::new(manifest).unwrap(),
            piece: "piece".into(),
            amended: Vec::new(),
        },
        run: HookRun {
            on: on.to_vec(),
            weight,
            delete: delete.to_vec(),
        },
    }
}

fn job(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "none.invalid/x:1"}]}}}})
}

fn wish(name: &str, data: &str, hooks: Vec<ContributedHook>) -> Bundle {
    Bundle {
        hooks,
        ..bundle(vec![
            namespace(name),
            config_map(name, "c", &json!({ "a": data })),
        ])
    }
}

/// Hooks and objects in the order in which they were done.
fn order(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::HookDone { id, on, .. } => Some(format!("{} {}", on.word(), id.name)),
            Event::Applied { id, .. } => Some(id.name.clone()),
            Event::Deleted { id } => Some(format!("-{}", id.name)),
            _ => None,
        })
        .collect()
}

async fn is_there(name: &str, job: &str) -> bool {
    get(&format!("/apis/batch/v1/namespaces/{name}/jobs/{job}"))
        .await
        .is_some()
}

#[tokio::test]
async fn hooks_run_at_their_occasions() {
    use Occasion::{PostInstall, PostUpgrade, PreDelete, PreInstall, PreUpgrade};
    let name = "hooks";
    let all = |data: &str| {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "account", "namespace": name}});
        wish(
            name,
            data,
            vec![
                hook(job(name, "check"), &[PreInstall, PreUpgrade], 0, &[]),
                hook(account, &[PreInstall], -5, &[DeletePolicy::HookSucceeded]),
                hook(
                    job(name, "tell"),
                    &[PostInstall, PostUpgrade],
                    0,
                    &[DeletePolicy::HookSucceeded],
                ),
                hook(job(name, "save"), &[PreDelete], 0, &[]),
            ],
        )
    };
    let (applied, events) = apply(&all("1"), name).await;
    applied.unwrap();
    assert_eq!(
        order(&events),
        [
            "hooks",
            "pre-install account",
            "pre-install check",
            "c",
            "post-install tell"
        ]
    );
    assert!(
        is_there(name, "check").await,
        "it stays until it is run again"
    );
    assert!(!is_there(name, "tell").await);
    let account = format!("/api/v1/namespaces/{name}/serviceaccounts/account");
    assert_eq!(get(&account).await, None);

    let again = plan(&all("1"), name).await;
    assert!(again.is_empty(), "{:?} {:?}", again.hooks, again.removals);
    let status = cluster().await.status(&Installation::new(name)).await;
    let status = status.unwrap().unwrap();
    assert!(
        status.objects.iter().all(|object| object.drift.is_none()),
        "{status:?}"
    );

    let before = get(&format!("/apis/batch/v1/namespaces/{name}/jobs/check"))
        .await
        .unwrap();
    let (applied, events) = apply(&all("2"), name).await;
    applied.unwrap();
    assert_eq!(
        order(&events),
        ["hooks", "pre-upgrade check", "c", "post-upgrade tell"]
    );
    let after = get(&format!("/apis/batch/v1/namespaces/{name}/jobs/check"))
        .await
        .unwrap();
    assert_ne!(before["metadata"]["uid"], after["metadata"]["uid"]);

    let (applied, events) = apply(&Bundle::default(), name).await;
    applied.unwrap();
    assert_eq!(
        order(&events).first().map(String::as_str),
        Some("pre-delete save")
    );
    assert_eq!(get(&format!("/api/v1/namespaces/{name}")).await, None);
}

#[tokio::test]
async fn a_failed_hook_ends_the_run_before_anything_is_written() {
    let name = "hooks-fail";
    // Nobody runs it: no node fits.
    let mut stuck = job(name, "stuck");
    stuck["spec"]["activeDeadlineSeconds"] = json!(1);
    stuck["spec"]["template"]["spec"]["nodeSelector"] = json!({"none": "such"});
    let hooks = vec![hook(
        stuck,
        &[Occasion::PreInstall],
        0,
        &[DeletePolicy::HookFailed],
    )];
    let (applied, _) = apply(&wish(name, "1", hooks), name).await;
    let error = applied.unwrap_err();
    assert!(
        matches!(
            error,
            ApplyError::Hook {
                on: Occasion::PreInstall,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().contains("batch/Job hooks-fail/stuck")
            || error.to_string().contains("stuck"),
        "{error}"
    );
    assert_eq!(
        get(&format!("/api/v1/namespaces/{name}/configmaps/c")).await,
        None
    );
    assert!(!is_there(name, "stuck").await);

    // It has not been installed, so it is not an upgrade either.
    let hooks = vec![
        hook(job(name, "fine"), &[Occasion::PreInstall], 0, &[]),
        hook(job(name, "not"), &[Occasion::PreUpgrade], 0, &[]),
    ];
    let (applied, events) = apply(&wish(name, "1", hooks), name).await;
    applied.unwrap();
    assert_eq!(order(&events), ["hooks-fail", "pre-install fine", "c"]);
}

#[tokio::test]
async fn what_is_not_ours_is_not_run_over() {
    let name = "hooks-foreign";
    apply(&wish(name, "1", Vec::new()), name).await.0.unwrap();
    let mut foreign = job(name, "theirs");
    foreign["spec"]["suspend"] = json!(true);
    let jobs = format!("/apis/batch/v1/namespaces/{name}/jobs");
    crate::started::send("POST", &jobs, Some(foreign))
        .await
        .unwrap();
    let hooks = vec![hook(job(name, "theirs"), &[Occasion::PreUpgrade], 0, &[])];
    let (applied, _) = apply(&wish(name, "2", hooks), name).await;
    let error = applied.unwrap_err().to_string();
    assert!(error.contains("is no hook of this installation"), "{error}");
    assert!(is_there(name, "theirs").await);
}

#[tokio::test]
async fn a_rollback_and_an_asked_for_upgrade_have_their_own_hooks() {
    let name = "hooks-back";
    let hooks = || {
        vec![
            hook(
                job(name, "up"),
                &[Occasion::PreUpgrade],
                0,
                &[DeletePolicy::HookSucceeded],
            ),
            hook(
                job(name, "back"),
                &[Occasion::PostRollback],
                0,
                &[DeletePolicy::HookSucceeded],
            ),
        ]
    };
    apply(&wish(name, "1", hooks()), name).await.0.unwrap();
    apply(&wish(name, "2", hooks()), name).await.0.unwrap();
    let options = PlanOptions {
        restores: Some(1),
        ..PlanOptions::default()
    };
    let installation = Installation::new(name);
    let cluster = cluster().await;
    let plan = cluster
        .plan(&wish(name, "1", hooks()), &installation, &options)
        .await
        .unwrap();
    let told: Vec<String> = plan
        .hooks
        .iter()
        .map(|hook| format!("{} {}", hook.on.word(), hook.id.name))
        .collect();
    assert_eq!(told, ["post-rollback back"]);
}
