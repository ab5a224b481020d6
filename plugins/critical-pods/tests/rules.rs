//! The piece as the host calls it: settings as JSON, objects of others, Kubernetes of some version.

use meshhost_piece::{
    Amendments, Facts, Failure, KubernetesVersion, Once, Piece, Request, Selected, Severity, Value,
    json,
};
use meshhost_piece_critical_pods::CriticalPods;

const OLD: u32 = 16;
const NEW: u32 = 17;

fn amend(minor: u32, settings: Value, objects: &[Value]) -> Result<Amendments, Failure> {
    let request = Request {
        installation: "mesh".to_owned(),
        namespace: "istio-system".to_owned(),
        facts: Facts {
            kubernetes: KubernetesVersion {
                major: 1,
                minor,
                git_version: format!("v1.{minor}.3"),
            },
            served: Vec::new(),
            platform: "kubernetes".to_owned(),
        },
        settings: meshhost_piece::settings(&settings.to_string()).expect("settings that fit"),
        files: Vec::new(),
        once: Once {
            seed: [7; 32],
            time: 1_577_836_800,
        },
    };
    let objects = objects
        .iter()
        .zip(0..)
        .map(|(manifest, id)| Selected {
            id,
            piece: "other".to_owned(),
            manifest: manifest.clone(),
        })
        .collect();
    CriticalPods::amend(request, objects)
}

fn workload(kind: &str, namespace: &str, name: &str) -> Value {
    json!({ "kind": kind, "metadata": { "namespace": namespace, "name": name }, "spec": {} })
}

fn rule(class: &str, workloads: Value) -> Value {
    json!({ "rules": [{ "className": class, "workloads": workloads }] })
}

#[test]
fn the_class_lands_where_each_kind_keeps_its_pod() {
    let template = json!({ "spec": { "template": { "spec": { "priorityClassName": "system-node-critical" } } } });
    let pod = json!({ "spec": { "priorityClassName": "system-node-critical" } });
    let cron = json!({ "spec": { "jobTemplate": template } });
    for (kind, patch) in [
        ("Deployment", &template),
        ("DaemonSet", &template),
        ("StatefulSet", &template),
        ("ReplicaSet", &template),
        ("Job", &template),
        ("CronJob", &cron),
        ("Pod", &pod),
    ] {
        let settings = rule(
            "system-node-critical",
            json!([{ "kind": kind, "name": "a" }]),
        );
        let answer = amend(OLD, settings, &[workload(kind, "kube-system", "a")]).unwrap();
        assert_eq!(answer.changes.len(), 1, "{kind}");
        assert_eq!(&answer.changes[0].patch, patch, "{kind}");
        assert!(
            answer.diagnostics.is_empty(),
            "{kind}: {:?}",
            answer.diagnostics
        );
    }
}

#[test]
fn what_a_rule_chooses() {
    let objects = [
        workload("Deployment", "istio-system", "istio-pilot"),
        workload("Deployment", "istio-system", "istio-galley"),
        workload("DaemonSet", "istio-system", "istio-nodeagent"),
        workload("Deployment", "monitoring", "istio-pilot"),
        workload("ConfigMap", "istio-system", "istio-pilot"),
    ];
    for (workloads, chosen) in [
        (json!({ "name": "istio-pilot" }), vec![0, 3]),
        (
            json!({ "name": "istio-pilot", "namespace": "monitoring" }),
            vec![3],
        ),
        (json!({ "name": "istio-*" }), vec![0, 1, 2, 3]),
        (json!({ "name": "istio-*", "kind": "DaemonSet" }), vec![2]),
        (
            json!({ "name": "*", "namespace": "istio-system" }),
            vec![0, 1, 2],
        ),
        (json!({ "name": "istio" }), vec![]),
    ] {
        let answer = amend(NEW, rule("mine", json!([workloads])), &objects).unwrap();
        let ids: Vec<u32> = answer.changes.iter().map(|change| change.id).collect();
        assert_eq!(ids, chosen, "{workloads}");
    }
}

#[test]
fn the_later_rule_is_followed() {
    let settings = json!({ "rules": [
        { "className": "mine", "workloads": [{ "name": "istio-*" }] },
        { "className": "other", "workloads": [{ "name": "istio-pilot" }] },
    ] });
    let answer = amend(NEW, settings, &[workload("Deployment", "a", "istio-pilot")]).unwrap();
    assert_eq!(answer.changes.len(), 1);
    assert_eq!(
        answer.changes[0].patch["spec"]["template"]["spec"]["priorityClassName"],
        "other"
    );
}

#[test]
fn nothing_to_change_changes_nothing() {
    let mut object = workload("Deployment", "a", "b");
    object["spec"]["template"]["spec"]["priorityClassName"] = json!("mine");
    let answer = amend(NEW, rule("mine", json!([{ "name": "b" }])), &[object]).unwrap();
    assert!(answer.changes.is_empty());
}

#[test]
fn before_1_17_the_system_classes_stay_in_kube_system() {
    let objects = [
        workload("Deployment", "istio-system", "istio-pilot"),
        workload("DaemonSet", "istio-system", "istio-nodeagent"),
        workload("DaemonSet", "kube-system", "istio-cni-node"),
    ];
    let settings = rule("system-cluster-critical", json!([{ "name": "istio-*" }]));
    let Err(Failure::Rejected(problems)) = amend(OLD, settings.clone(), &objects) else {
        panic!("should be rejected");
    };
    assert_eq!(problems.len(), 2, "one a workload");
    assert_eq!(problems[0].path, "rules[0].workloads[0]");
    assert!(
        problems[0]
            .message
            .contains("Deployment istio-system/istio-pilot")
    );
    assert!(problems[0].message.contains("v1.16.3"));
    assert!(
        problems[1]
            .message
            .contains("DaemonSet istio-system/istio-nodeagent")
    );
    assert!(problems.iter().all(|problem| problem.hint.is_some()));

    let answer = amend(NEW, settings, &objects).unwrap();
    assert_eq!(answer.changes.len(), 3);
    assert_eq!(answer.diagnostics.len(), 1);
    assert!(answer.diagnostics[0].message.contains("ResourceQuota"));
    assert!(answer.diagnostics[0].message.ends_with("istio-system"));

    let own = rule("mine", json!([{ "name": "istio-*" }]));
    assert_eq!(amend(OLD, own, &objects).unwrap().changes.len(), 3);
}

#[test]
fn a_rule_that_finds_nothing_warns() {
    let answer = amend(NEW, json!({}), &[workload("Deployment", "a", "b")]).unwrap();
    assert!(answer.changes.is_empty());
    assert_eq!(answer.diagnostics.len(), 1);
    assert_eq!(answer.diagnostics[0].severity, Severity::Warning);
    assert_eq!(
        answer.diagnostics[0].path.as_deref(),
        Some("rules[0].workloads[0]")
    );
    assert!(
        answer.diagnostics[0]
            .message
            .contains("DaemonSet istio-cni-node in kube-system")
    );
}

#[test]
fn without_settings_the_cni_node_pods_are_node_critical() {
    let answer = amend(
        OLD,
        json!({}),
        &[workload("DaemonSet", "kube-system", "istio-cni-node")],
    )
    .unwrap();
    assert_eq!(
        answer.changes[0].patch["spec"]["template"]["spec"]["priorityClassName"],
        "system-node-critical"
    );
}

#[test]
fn rules_that_make_no_sense_are_all_named() {
    for (settings, paths) in [
        (
            rule("system-critical", json!([{ "name": "a" }])),
            vec!["rules[0].className"],
        ),
        (
            rule("", json!([{ "name": "a" }])),
            vec!["rules[0].className"],
        ),
        (
            rule("Not_A_Name", json!([])),
            vec!["rules[0].className", "rules[0].workloads"],
        ),
        (
            rule(
                "mine",
                json!([{ "name": "" }, { "name": "a*b" }, { "name": "a**" }]),
            ),
            vec![
                "rules[0].workloads[0].name",
                "rules[0].workloads[1].name",
                "rules[0].workloads[2].name",
            ],
        ),
    ] {
        let Err(Failure::Rejected(problems)) = amend(NEW, settings.clone(), &[]) else {
            panic!("{settings} should be rejected");
        };
        let found: Vec<&str> = problems
            .iter()
            .map(|problem| problem.path.as_str())
            .collect();
        assert_eq!(found, paths, "{settings}");
    }
}

#[test]
fn unknown_keys_and_kinds_are_refused() {
    for settings in [
        json!({ "rule": [] }),
        rule("mine", json!([{ "name": "a", "kind": "Gateway" }])),
        json!({ "rules": [{ "className": "mine" }] }),
    ] {
        let read = meshhost_piece::settings::<meshhost_piece_critical_pods::Settings>(
            &settings.to_string(),
        );
        assert!(read.is_err(), "{settings}");
    }
}
