use serde_json::json;

use super::*;

/// `ready`, `terminating`, `progressing: …`, `failed: …`.
fn told(live: Value) -> String {
    match readiness(&live) {
        Readiness::Ready => "ready".into(),
        Readiness::Terminating => "terminating".into(),
        Readiness::Progressing(why) => format!("progressing: {why}"),
        Readiness::Failed(why) => format!("failed: {why}"),
    }
}

fn table(kind: (&str, &str), rows: &[(Value, Value, &str)]) {
    for (spec, status, expected) in rows {
        let live = json!({
            "apiVersion": kind.0, "kind": kind.1, "metadata": {"name": "x", "generation": 2},
            "spec": spec, "status": status,
        });
        assert_eq!(told(live), *expected, "{kind:?} {spec} {status}");
    }
}

fn conditions(conditions: &[(&str, &str, &str, &str)]) -> Value {
    conditions
        .iter()
        .map(|(kind, status, reason, message)| {
            json!({"type": kind, "status": status, "reason": reason, "message": message})
        })
        .collect()
}

#[test]
fn what_is_deleted_is_terminating() {
    for kind in ["Deployment", "Whatever"] {
        let live = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"deletionTimestamp": "2020-01-01T00:00:00Z"}});
        assert_eq!(told(live), "terminating");
    }
}

#[test]
fn deployment() {
    let unseen = "progressing: its controller has not seen the change yet";
    let s = |updated: i64, all: i64, available: i64| json!({"observedGeneration": 2, "updatedReplicas": updated, "replicas": all, "availableReplicas": available});
    let mut late = s(1, 1, 0);
    late["conditions"] = conditions(&[(
        "Progressing",
        "False",
        "ProgressDeadlineExceeded",
        "has timed out",
    )]);
    let mut refused = s(0, 0, 0);
    refused["conditions"] =
        conditions(&[("ReplicaFailure", "True", "FailedCreate", "exceeded quota")]);
    table(
        ("apps/v1", "Deployment"),
        &[
            (json!({}), json!({}), unseen),
            (
                json!({}),
                json!({"observedGeneration": 1, "updatedReplicas": 1, "replicas": 1, "availableReplicas": 1}),
                unseen,
            ),
            (json!({}), s(1, 1, 1), "ready"),
            (
                json!({"replicas": 3}),
                s(1, 3, 3),
                "progressing: 1 of 3 pods started",
            ),
            // The old count is still what the status says of a Deployment that was scaled up.
            (
                json!({"replicas": 3}),
                s(1, 1, 1),
                "progressing: 1 of 3 pods started",
            ),
            (
                json!({"replicas": 3}),
                s(3, 4, 3),
                "progressing: 1 of the old pods still there",
            ),
            (
                json!({"replicas": 3}),
                s(3, 3, 2),
                "progressing: 2 of 3 pods available",
            ),
            (json!({"replicas": 0}), s(0, 0, 0), "ready"),
            (
                json!({"replicas": 2, "paused": true}),
                s(0, 2, 2),
                "progressing: the roll-out is paused",
            ),
            (
                json!({}),
                late,
                "failed: ProgressDeadlineExceeded: has timed out",
            ),
            (
                json!({}),
                refused,
                "progressing: FailedCreate: exceeded quota",
            ),
        ],
    );
}

#[test]
fn daemon_set() {
    let s = |wanted: i64, updated: i64, available: i64| json!({"observedGeneration": 2, "desiredNumberScheduled": wanted, "updatedNumberScheduled": updated, "numberAvailable": available});
    let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
    table(
        ("apps/v1", "DaemonSet"),
        &[
            (
                json!({}),
                json!({}),
                "progressing: its controller has not seen the change yet",
            ),
            (json!({}), s(3, 1, 3), "progressing: 1 of 3 pods started"),
            (json!({}), s(3, 3, 2), "progressing: 2 of 3 pods available"),
            (json!({}), s(3, 3, 3), "ready"),
            (json!({}), s(0, 0, 0), "ready"),
            (on_delete, s(3, 0, 3), "ready"),
        ],
    );
}

#[test]
fn stateful_set() {
    let s = |all: i64, updated: i64, ready: i64| json!({"observedGeneration": 2, "replicas": all, "updatedReplicas": updated, "readyReplicas": ready});
    table(
        ("apps/v1", "StatefulSet"),
        &[
            (
                json!({}),
                json!({}),
                "progressing: its controller has not seen the change yet",
            ),
            (
                json!({"replicas": 2}),
                s(2, 1, 2),
                "progressing: 1 of 2 pods updated",
            ),
            (
                json!({"replicas": 2}),
                s(2, 2, 1),
                "progressing: 1 of 2 pods ready",
            ),
            (json!({"replicas": 2}), s(2, 2, 2), "ready"),
            (
                json!({"replicas": 1}),
                s(2, 2, 2),
                "progressing: 1 pods too many still there",
            ),
            (
                json!({"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}}),
                s(2, 1, 2),
                "ready",
            ),
            (
                json!({"replicas": 2, "updateStrategy": {"type": "OnDelete"}}),
                s(2, 0, 2),
                "ready",
            ),
        ],
    );
}

#[test]
fn replica_set() {
    table(
        ("apps/v1", "ReplicaSet"),
        &[
            (
                json!({"replicas": 2}),
                json!({"observedGeneration": 2, "availableReplicas": 1}),
                "progressing: 1 of 2 pods available",
            ),
            (
                json!({"replicas": 2}),
                json!({"observedGeneration": 2, "availableReplicas": 2}),
                "ready",
            ),
            (
                json!({}),
                json!({"observedGeneration": 1, "availableReplicas": 2}),
                "progressing: its controller has not seen the change yet",
            ),
        ],
    );
}

#[test]
fn job_is_ready_when_complete_and_not_when_started() {
    let with = |kind: &str| json!({"conditions": conditions(&[(kind, "True", "R", "m")])});
    table(
        ("batch/v1", "Job"),
        &[
            (
                json!({}),
                json!({"startTime": "2020-01-01T00:00:00Z", "active": 1}),
                "progressing: 0 of 1 pods complete",
            ),
            (json!({}), with("Complete"), "ready"),
            (json!({}), with("Failed"), "failed: R: m"),
            (json!({}), with("FailureTarget"), "failed: R: m"),
            (json!({"suspend": true}), json!({}), "ready"),
        ],
    );
}

#[test]
fn pod() {
    let container = |state: Value| json!({"phase": "Pending", "containerStatuses": [{"name": "c", "image": "img:1", "ready": false, "state": state}]});
    let mut crashing =
        container(json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}));
    crashing["containerStatuses"][0]["lastState"] = json!({"terminated": {"exitCode": 2, "reason": "Error", "message": "a\nb\nc\nno such file\n"}});
    table(
        ("v1", "Pod"),
        &[
            (json!({}), json!({}), "progressing: not ready yet"),
            (json!({}), json!({"phase": "Succeeded"}), "ready"),
            (
                json!({}),
                json!({"phase": "Failed", "reason": "Evicted"}),
                "failed: Evicted",
            ),
            (
                json!({}),
                json!({"phase": "Running", "conditions": conditions(&[("Ready", "True", "", "")])}),
                "ready",
            ),
            (
                json!({}),
                json!({"phase": "Pending", "conditions": conditions(&[("PodScheduled", "False", "Unschedulable", "0/3 nodes are available")])}),
                "progressing: no node takes it (Unschedulable: 0/3 nodes are available)",
            ),
            (
                json!({}),
                container(json!({"waiting": {"reason": "ContainerCreating"}})),
                "progressing: not ready yet",
            ),
            (
                json!({}),
                container(
                    json!({"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}),
                ),
                "progressing: container c (image img:1): ImagePullBackOff: no such image",
            ),
            (
                json!({}),
                crashing,
                "failed: container c (image img:1): CrashLoopBackOff: back-off 5m0s; it ended with exit code 2: b / c / no such file",
            ),
            (
                json!({}),
                container(json!({"running": {}})),
                "progressing: container c runs, but its readiness probe has not succeeded",
            ),
        ],
    );
}

#[test]
fn custom_resource_definition() {
    let c = |list: &[(&str, &str, &str, &str)]| json!({"conditions": conditions(list)});
    table(
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        &[
            (json!({}), json!({}), "progressing: not established yet"),
            (
                json!({}),
                c(&[("NamesAccepted", "True", "", "")]),
                "progressing: not established yet",
            ),
            (
                json!({}),
                c(&[
                    ("NamesAccepted", "True", "", ""),
                    ("Established", "False", "Installing", "wait"),
                ]),
                "progressing: not established yet",
            ),
            (
                json!({}),
                c(&[
                    ("NamesAccepted", "False", "ListKindConflict", "taken"),
                    ("Established", "False", "NotAccepted", "no"),
                ]),
                "failed: ListKindConflict: taken",
            ),
            (
                json!({}),
                c(&[
                    ("NamesAccepted", "True", "", ""),
                    ("Established", "True", "", ""),
                ]),
                "ready",
            ),
        ],
    );
}

#[test]
fn kinds_without_pods() {
    table(
        ("v1", "Service"),
        &[
            (
                json!({}),
                json!({}),
                "progressing: it has no cluster IP yet",
            ),
            (json!({"clusterIP": "None"}), json!({}), "ready"),
            (json!({"type": "ExternalName"}), json!({}), "ready"),
            (
                json!({"type": "LoadBalancer", "clusterIP": "10.0.0.1"}),
                json!({"loadBalancer": {}}),
                "ready",
            ),
        ],
    );
    table(
        ("v1", "PersistentVolumeClaim"),
        &[
            (json!({}), json!({"phase": "Bound"}), "ready"),
            (
                json!({}),
                json!({"phase": "Pending"}),
                "progressing: no volume is bound to it yet",
            ),
            (
                json!({}),
                json!({"phase": "Lost"}),
                "failed: its volume is lost",
            ),
        ],
    );
    table(
        ("v1", "Namespace"),
        &[
            (json!({}), json!({"phase": "Active"}), "ready"),
            (json!({}), json!({"phase": "Terminating"}), "terminating"),
        ],
    );
    table(
        ("policy/v1", "PodDisruptionBudget"),
        &[
            (
                json!({}),
                json!({}),
                "progressing: its controller has not seen the change yet",
            ),
            (
                json!({}),
                json!({"observedGeneration": 2, "expectedPods": 0}),
                "ready",
            ),
        ],
    );
    table(
        ("apiregistration.k8s.io/v1", "APIService"),
        &[
            (json!({}), json!({}), "ready"),
            (
                json!({"service": {"name": "a"}}),
                json!({"conditions": conditions(&[("Available", "False", "MissingEndpoints", "none")])}),
                "progressing: MissingEndpoints: none",
            ),
        ],
    );
}

#[test]
fn unknown_kinds_are_judged_by_their_conditions() {
    let c = |list: &[(&str, &str, &str, &str)]| json!({"conditions": conditions(list)});
    table(
        ("mesh.io/v1", "Thing"),
        &[
            (json!({}), json!({}), "ready"),
            (json!({}), Value::Null, "ready"),
            (
                json!({}),
                json!({"observedGeneration": 1}),
                "progressing: its controller has not seen the change yet",
            ),
            // Helm issue 32615: some controllers write a text.
            (json!({}), json!({"observedGeneration": "1"}), "ready"),
            (json!({}), c(&[("Ready", "True", "", "")]), "ready"),
            (
                json!({}),
                c(&[("Ready", "False", "Wait", "for it")]),
                "progressing: Wait: for it",
            ),
            (
                json!({}),
                c(&[("Ready", "Unknown", "", "")]),
                "progressing: no reason given",
            ),
            (
                json!({}),
                c(&[("Stalled", "True", "Broken", "")]),
                "failed: Broken",
            ),
            (
                json!({}),
                c(&[
                    ("Reconciling", "True", "Busy", ""),
                    ("Ready", "True", "", ""),
                ]),
                "progressing: Busy",
            ),
        ],
    );
}
