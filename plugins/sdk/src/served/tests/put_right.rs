use serde_json::{Value, json};

use super::server;
use crate::served::raise_one;

const CRITICAL: &str = "scheduler.alpha.kubernetes.io/critical-pod";

fn deployment(template: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "it"}, "spec": {"template": template}})
}

fn on(minor: u32, template: Value) -> Value {
    let facts = server(minor, &[("apps/v1", "Deployment")]);
    raise_one(deployment(template), &facts).unwrap()["spec"]["template"].clone()
}

#[test]
fn servers_that_do_not_warn_get_what_was_written() {
    let template = json!({
        "metadata": {"annotations": {CRITICAL: ""}},
        "spec": {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
    });
    assert_eq!(on(16, template.clone()), template);
    assert_ne!(on(20, template.clone()), template);
}

#[test]
fn node_labels_get_their_newer_names_wherever_nodes_are_chosen() {
    let template = |arch: &str, os: &str, zone: &str| {
        json!({"spec": {
            "nodeSelector": {"disk": "ssd", os: "linux"},
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                        {"matchExpressions": [{"key": arch, "operator": "In", "values": ["amd64"]}, {"key": "own", "operator": "Exists"}]}]},
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 2, "preference": {"matchExpressions": [{"key": arch, "operator": "Exists"}]}}],
                },
                "podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": zone}],
                    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {"topologyKey": zone}}],
                },
            },
            "topologySpreadConstraints": [{"topologyKey": zone}],
        }})
    };
    assert_eq!(
        on(
            37,
            template(
                "beta.kubernetes.io/arch",
                "beta.kubernetes.io/os",
                "failure-domain.beta.kubernetes.io/zone"
            )
        ),
        template(
            "kubernetes.io/arch",
            "kubernetes.io/os",
            "topology.kubernetes.io/zone"
        )
    );
}

#[test]
fn annotations_without_effect_go() {
    assert_eq!(
        on(
            37,
            json!({"metadata": {"annotations": {CRITICAL: "", "own": "a"}, "labels": {}}})
        ),
        json!({"metadata": {"annotations": {"own": "a"}, "labels": {}}})
    );
    assert_eq!(
        on(
            37,
            json!({"metadata": {"annotations": {CRITICAL: ""}, "labels": {}}})
        ),
        json!({"metadata": {"labels": {}}})
    );
}

#[test]
fn security_profiles_become_fields() {
    let before = json!({
        "metadata": {"annotations": {
            "seccomp.security.alpha.kubernetes.io/pod": "runtime/default",
            "container.seccomp.security.alpha.kubernetes.io/a": "localhost/strict.json",
            "container.apparmor.security.beta.kubernetes.io/b": "unconfined",
        }},
        "spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "b", "securityContext": {"runAsUser": 1}}]},
    });
    assert_eq!(
        on(37, before.clone()),
        json!({
            "metadata": {},
            "spec": {
                "containers": [{"name": "a", "securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "strict.json"}}}],
                "initContainers": [{"name": "b", "securityContext": {"runAsUser": 1, "appArmorProfile": {"type": "Unconfined"}}}],
                "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
            },
        })
    );
    // The AppArmor field is younger than the other.
    let annotations = &on(28, before)["metadata"]["annotations"];
    assert_eq!(
        annotations,
        &json!({"container.apparmor.security.beta.kubernetes.io/b": "unconfined"})
    );
}

#[test]
fn a_field_that_is_written_wins() {
    let profile = json!({"seccompProfile": {"type": "Unconfined"}});
    let raised = on(
        37,
        json!({
            "metadata": {"annotations": {"seccomp.security.alpha.kubernetes.io/pod": "runtime/default"}},
            "spec": {"securityContext": profile},
        }),
    );
    assert_eq!(raised["spec"]["securityContext"], profile);
}

#[test]
fn every_kind_with_a_pod_template_is_looked_into() {
    let spec = |label: &str| json!({"nodeSelector": {label: "x"}});
    let (old, new) = ("beta.kubernetes.io/arch", "kubernetes.io/arch");
    for (api_version, kind, path) in [
        ("v1", "Pod", ""),
        ("v1", "PodTemplate", "/template"),
        ("apps/v1", "DaemonSet", "/spec/template"),
        ("apps/v1", "StatefulSet", "/spec/template"),
        ("apps/v1", "ReplicaSet", "/spec/template"),
        ("v1", "ReplicationController", "/spec/template"),
        ("batch/v1", "Job", "/spec/template"),
        ("batch/v1", "CronJob", "/spec/jobTemplate/spec/template"),
    ] {
        let mut at = json!({"spec": spec(old)});
        for key in path
            .split('/')
            .skip(1)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
        {
            at = json!({key: at});
        }
        at["apiVersion"] = api_version.into();
        at["kind"] = kind.into();
        let raised = raise_one(at, &server(37, &[(api_version, kind)])).unwrap();
        assert_eq!(
            raised.pointer(&format!("{path}/spec")),
            Some(&spec(new)),
            "{kind}"
        );
    }
}
