use serde_json::{Value, json};

use super::{raise, raise_one, version};
use crate::{Facts, Failure, KubernetesVersion, ServedKind};

mod definitions;
mod put_right;
mod schemas;

/// A server of version 1.`minor` that serves these and nothing else.
pub(super) fn server(minor: u32, served: &[(&str, &str)]) -> Facts {
    Facts {
        kubernetes: KubernetesVersion {
            major: 1,
            minor,
            git_version: format!("v1.{minor}.0"),
        },
        served: served
            .iter()
            .map(|(api_version, kind)| ServedKind {
                api_version: (*api_version).to_owned(),
                kind: (*kind).to_owned(),
                namespaced: true,
            })
            .collect(),
        platform: "kubernetes".to_owned(),
    }
}

/// An object with a name, of a kind in a version, and these further fields.
fn object(api_version: &str, kind: &str, fields: Value) -> Value {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "it"}});
    for (key, value) in fields.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

/// What `before` in version `from` becomes on a server that only has version `to`.
fn check(kind: &str, from: &str, to: &str, before: Value, after: Value) {
    let facts = server(37, &[(to, kind)]);
    let raised = raise_one(object(from, kind, before), &facts).unwrap();
    assert_eq!(raised, object(to, kind, after), "{kind} {from}");
}

#[test]
fn a_version_that_is_served_is_left_alone() {
    let facts = server(
        16,
        &[
            ("policy/v1", "PodDisruptionBudget"),
            ("policy/v1beta1", "PodDisruptionBudget"),
        ],
    );
    let budget = object(
        "policy/v1beta1",
        "PodDisruptionBudget",
        json!({"spec": {"selector": {}}}),
    );
    assert_eq!(raise_one(budget.clone(), &facts).unwrap(), budget);
    assert_eq!(
        version("policy/v1beta1", "PodDisruptionBudget", &facts),
        Some("policy/v1beta1")
    );
}

#[test]
fn custom_resources_are_left_alone() {
    let rule = object("config.istio.io/v1alpha2", "rule", json!({"spec": {}}));
    assert_eq!(raise_one(rule.clone(), &server(37, &[])).unwrap(), rule);
    // The same kind in another group is not Kubernetes' own.
    let ingress = object(
        "example.com/v1beta1",
        "Ingress",
        json!({"spec": {"backend": {}}}),
    );
    assert_eq!(
        raise_one(ingress.clone(), &server(37, &[])).unwrap(),
        ingress
    );
}

#[test]
fn the_newest_served_version_of_a_kind_is_taken() {
    let hpa = "HorizontalPodAutoscaler";
    for (served, expected) in [
        (&["autoscaling/v1", "autoscaling/v2"][..], "autoscaling/v2"),
        (
            &["autoscaling/v2beta2", "autoscaling/v1"],
            "autoscaling/v2beta2",
        ),
        (&["autoscaling/v2", "autoscaling/v2beta2"], "autoscaling/v2"),
    ] {
        let served: Vec<_> = served.iter().map(|version| (*version, hpa)).collect();
        let facts = server(30, &served);
        assert_eq!(version("autoscaling/v2beta1", hpa, &facts), Some(expected));
        let raised = raise_one(object("autoscaling/v2beta1", hpa, json!({})), &facts).unwrap();
        assert_eq!(raised["apiVersion"], expected);
    }
}

#[test]
fn a_newer_form_is_written_for_an_older_server_where_nothing_differs() {
    let facts = server(20, &[("batch/v1beta1", "CronJob")]);
    let raised = raise_one(object("batch/v1", "CronJob", json!({})), &facts).unwrap();
    assert_eq!(raised["apiVersion"], "batch/v1beta1");

    let facts = server(16, &[("policy/v1beta1", "PodDisruptionBudget")]);
    let problem = raise_one(
        object("policy/v1", "PodDisruptionBudget", json!({})),
        &facts,
    )
    .unwrap_err();
    assert_eq!(
        problem.message,
        "PodDisruptionBudget it: it is written in policy/v1, and the server's policy/v1beta1 cannot say the same"
    );
}

#[test]
fn every_object_that_no_version_can_express_is_named() {
    let facts = server(37, &[("policy/v1", "PodDisruptionBudget")]);
    let mut namespaced = object("extensions/v1beta1", "Ingress", json!({}));
    namespaced["metadata"]["namespace"] = "web".into();
    let failure = raise(
        vec![
            object("policy/v1beta1", "PodSecurityPolicy", json!({})),
            object("policy/v1beta1", "PodDisruptionBudget", json!({})),
            namespaced,
        ],
        &facts,
    )
    .unwrap_err();
    let Failure::Rejected(problems) = failure else {
        panic!("{failure:?}");
    };
    assert_eq!(problems.len(), 2);
    assert_eq!(
        problems[0].message,
        "PodSecurityPolicy it: it is written in policy/v1beta1, and a Kubernetes v1.37.0 server serves no version of PodSecurityPolicy"
    );
    assert!(
        problems[0]
            .hint
            .as_deref()
            .unwrap()
            .contains("pod-security.kubernetes.io/enforce")
    );
    assert!(problems[1].message.starts_with("Ingress web/it: "));
}

#[test]
fn budgets_that_chose_nothing_still_choose_nothing() {
    let rows = [
        (json!({"selector": {}}), json!({})),
        (json!({"selector": {"matchLabels": {}}}), json!({})),
        (json!({"minAvailable": 1}), json!({"minAvailable": 1})),
        (
            json!({"selector": {"matchLabels": {"app": "a"}}}),
            json!({"selector": {"matchLabels": {"app": "a"}}}),
        ),
    ];
    for (before, after) in rows {
        check(
            "PodDisruptionBudget",
            "policy/v1beta1",
            "policy/v1",
            json!({"spec": before}),
            json!({"spec": after}),
        );
    }
}

#[test]
fn autoscalers_name_metric_and_target() {
    let selector = json!({"matchLabels": {"a": "b"}});
    let rows = [
        (
            json!({"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 80}}),
            json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}),
        ),
        (
            json!({"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "1Gi"}}),
            json!({"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}}),
        ),
        (
            json!({"type": "Pods", "pods": {"metricName": "qps", "selector": selector, "targetAverageValue": "1k"}}),
            json!({"type": "Pods", "pods": {"metric": {"name": "qps", "selector": selector}, "target": {"type": "AverageValue", "averageValue": "1k"}}}),
        ),
        (
            json!({"type": "Object", "object": {"target": {"kind": "Service", "name": "a"}, "metricName": "qps", "targetValue": "10k"}}),
            json!({"type": "Object", "object": {"describedObject": {"kind": "Service", "name": "a"}, "metric": {"name": "qps"}, "target": {"type": "Value", "value": "10k"}}}),
        ),
        (
            json!({"type": "Object", "object": {"target": {"kind": "Service", "name": "a"}, "metricName": "qps", "targetValue": "0", "averageValue": "5"}}),
            json!({"type": "Object", "object": {"describedObject": {"kind": "Service", "name": "a"}, "metric": {"name": "qps"}, "target": {"type": "AverageValue", "averageValue": "5"}}}),
        ),
        (
            json!({"type": "External", "external": {"metricName": "queue", "metricSelector": selector, "targetAverageValue": "30"}}),
            json!({"type": "External", "external": {"metric": {"name": "queue", "selector": selector}, "target": {"type": "AverageValue", "averageValue": "30"}}}),
        ),
    ];
    for (before, after) in rows {
        check(
            "HorizontalPodAutoscaler",
            "autoscaling/v2beta1",
            "autoscaling/v2",
            json!({"spec": {"maxReplicas": 5, "metrics": [before]}}),
            json!({"spec": {"maxReplicas": 5, "metrics": [after]}}),
        );
    }
}

#[test]
fn webhooks_keep_the_defaults_they_were_written_with() {
    for kind in [
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
    ] {
        check(
            kind,
            "admissionregistration.k8s.io/v1beta1",
            "admissionregistration.k8s.io/v1",
            json!({"webhooks": [
                {"name": "a.b.c"},
                {"name": "d.e.f", "failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": 3,
                 "sideEffects": "NoneOnDryRun", "admissionReviewVersions": ["v1"]},
                {"name": "g.h.i", "sideEffects": "Unknown"},
            ]}),
            json!({"webhooks": [
                {"name": "a.b.c", "sideEffects": "None", "admissionReviewVersions": ["v1beta1"],
                 "failurePolicy": "Ignore", "matchPolicy": "Exact", "timeoutSeconds": 30},
                {"name": "d.e.f", "failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": 3,
                 "sideEffects": "NoneOnDryRun", "admissionReviewVersions": ["v1"]},
                {"name": "g.h.i", "sideEffects": "None", "admissionReviewVersions": ["v1beta1"],
                 "failurePolicy": "Ignore", "matchPolicy": "Exact", "timeoutSeconds": 30},
            ]}),
        );
    }
}

#[test]
fn webhooks_that_v1_cannot_express_are_refused() {
    let kind = "MutatingWebhookConfiguration";
    let facts = server(37, &[("admissionregistration.k8s.io/v1", kind)]);
    for (webhooks, word) in [
        (
            json!([{"name": "a.b.c", "sideEffects": "Some"}]),
            "sideEffects: Some",
        ),
        (
            json!([{"name": "a.b.c"}, {"name": "a.b.c"}]),
            "two webhooks are named a.b.c",
        ),
    ] {
        let written = object(
            "admissionregistration.k8s.io/v1beta1",
            kind,
            json!({"webhooks": webhooks}),
        );
        let problem = raise_one(written, &facts).unwrap_err();
        assert!(problem.message.contains(word), "{}", problem.message);
        assert!(problem.hint.is_some());
    }
}

#[test]
fn ingresses_name_services_and_path_types() {
    for from in ["extensions/v1beta1", "networking.k8s.io/v1beta1"] {
        check(
            "Ingress",
            from,
            "networking.k8s.io/v1",
            json!({"spec": {
                "backend": {"serviceName": "a", "servicePort": 80},
                "rules": [{"host": "h", "http": {"paths": [
                    {"path": "/x", "backend": {"serviceName": "b", "servicePort": "http"}},
                    {"pathType": "Prefix", "path": "/y", "backend": {"serviceName": "c", "servicePort": "8080"}},
                ]}}, {"host": "none"}],
            }}),
            json!({"spec": {
                "rules": [{"host": "h", "http": {"paths": [
                    {"path": "/x", "pathType": "ImplementationSpecific", "backend": {"service": {"name": "b", "port": {"name": "http"}}}},
                    {"pathType": "Prefix", "path": "/y", "backend": {"service": {"name": "c", "port": {"number": 8080}}}},
                ]}}, {"host": "none"}],
                "defaultBackend": {"service": {"name": "a", "port": {"number": 80}}},
            }}),
        );
    }
}

#[test]
fn workloads_keep_the_defaults_they_were_written_with() {
    let template = json!({"metadata": {"labels": {"a": "b"}}});
    let selector = json!({"matchLabels": {"a": "b"}});
    let rows = [
        (
            "Deployment",
            "extensions/v1beta1",
            json!({"template": template, "rollbackTo": {"revision": 1}}),
            json!({"template": template, "selector": selector, "progressDeadlineSeconds": i32::MAX, "revisionHistoryLimit": i32::MAX,
                   "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}}),
        ),
        (
            "Deployment",
            "extensions/v1beta1",
            json!({"template": template, "progressDeadlineSeconds": 5, "revisionHistoryLimit": 3, "strategy": {"type": "Recreate"}}),
            json!({"template": template, "progressDeadlineSeconds": 5, "revisionHistoryLimit": 3, "strategy": {"type": "Recreate"}, "selector": selector}),
        ),
        (
            "Deployment",
            "apps/v1beta1",
            json!({"template": template, "selector": {"matchLabels": {"c": "d"}}}),
            json!({"template": template, "selector": {"matchLabels": {"c": "d"}}, "revisionHistoryLimit": 2}),
        ),
        ("Deployment", "apps/v1beta2", json!({}), json!({})),
        (
            "DaemonSet",
            "extensions/v1beta1",
            json!({"template": template, "templateGeneration": 4}),
            json!({"template": template, "selector": selector, "updateStrategy": {"type": "OnDelete"}}),
        ),
        (
            "StatefulSet",
            "apps/v1beta1",
            json!({"template": template, "updateStrategy": {"type": "RollingUpdate"}}),
            json!({"template": template, "updateStrategy": {"type": "RollingUpdate"}, "selector": selector}),
        ),
        (
            "ReplicaSet",
            "extensions/v1beta1",
            json!({"template": template}),
            json!({"template": template, "selector": selector}),
        ),
    ];
    for (kind, from, before, after) in rows {
        check(
            kind,
            from,
            "apps/v1",
            json!({"spec": before}),
            json!({"spec": after}),
        );
    }
}

#[test]
fn small_things() {
    check(
        "RoleBinding",
        "rbac.authorization.k8s.io/v1alpha1",
        "rbac.authorization.k8s.io/v1",
        json!({"subjects": [{"kind": "User", "apiVersion": "rbac.authorization.k8s.io/v1alpha1", "name": "u"},
                            {"kind": "ServiceAccount", "apiVersion": "v1", "name": "s"}]}),
        json!({"subjects": [{"kind": "User", "name": "u", "apiGroup": "rbac.authorization.k8s.io"},
                            {"kind": "ServiceAccount", "name": "s"}]}),
    );
    check(
        "EndpointSlice",
        "discovery.k8s.io/v1beta1",
        "discovery.k8s.io/v1",
        json!({"endpoints": [{"topology": {"kubernetes.io/hostname": "n", "topology.kubernetes.io/zone": "z",
                                           "topology.kubernetes.io/region": "r", "rack": "7"}}]}),
        json!({"endpoints": [{"nodeName": "n", "zone": "z", "deprecatedTopology": {"rack": "7"}}]}),
    );
    let facts = server(
        37,
        &[("certificates.k8s.io/v1", "CertificateSigningRequest")],
    );
    let unsigned = object(
        "certificates.k8s.io/v1beta1",
        "CertificateSigningRequest",
        json!({"spec": {}}),
    );
    assert!(
        raise_one(unsigned, &facts)
            .unwrap_err()
            .message
            .contains("no signer")
    );
}

#[test]
fn what_is_not_of_the_expected_form_is_left_for_the_server() {
    let everything: Vec<(&str, &str)> = super::kinds::newest().collect();
    let facts = server(37, &everything);
    for (from, kind) in super::kinds::all() {
        if !everything.iter().any(|(_, served)| *served == kind) {
            continue;
        }
        for spec in [
            json!(null),
            json!("text"),
            json!([1]),
            json!({"metrics": 3, "versions": {"a": 1}, "template": []}),
        ] {
            for webhooks in [json!(7), json!([null, 4])] {
                // The point is that nothing panics, and that no field is lost.
                let written = object(
                    from,
                    kind,
                    json!({"spec": spec, "webhooks": webhooks, "subjects": 1, "endpoints": "x"}),
                );
                if let Ok(raised) = raise_one(written, &facts) {
                    assert_eq!(raised["subjects"], 1);
                }
            }
        }
    }
    // Not even an object.
    assert_eq!(raise_one(json!(3), &facts).unwrap(), json!(3));
}
