//! Settings in, selected fields of objects out, and what must hold with any settings.

mod call;

use call::{at, check, contribute, names, on, refused};
use meshhost_piece::{Contribution, Selector, Value, json};

fn cni(values: Value) -> Value {
    json!({ "values": { "cni": values } })
}

const DAEMON_SET: &str = "DaemonSet/istio-cni-node";

/// The entry for the node's CNI chain, read back from the ConfigMap.
fn entry(contribution: &Contribution) -> Value {
    let text = at(
        contribution,
        "ConfigMap/istio-cni-config",
        "/data/cni_network_config",
    );
    meshhost_piece::serde_json::from_str(text.as_str().expect("text")).expect("JSON")
}

#[test]
fn the_objects() {
    let objects = names(&contribute(&json!({})));
    assert_eq!(
        objects,
        [
            "ClusterRole/istio-cni",
            "ClusterRoleBinding/istio-cni",
            "ConfigMap/istio-cni-config",
            "DaemonSet/istio-cni-node",
            "ServiceAccount/istio-cni",
        ]
    );
    let psp = names(&contribute(&cni(
        json!({ "psp_cluster_role": "restricted" }),
    )));
    assert!(psp.contains(&"RoleBinding/istio-cni-psp".to_owned()));
    let off = json!({ "components": { "cni": { "enabled": false } } });
    assert!(names(&contribute(&off)).is_empty());
}

#[test]
fn each_value_reaches_its_place() {
    let image = "/spec/template/spec/containers/0/image";
    let pull = "/spec/template/spec/containers/0/imagePullPolicy";
    let spec = "/spec/template/spec";
    check(vec![
        (
            json!({}),
            DAEMON_SET,
            image,
            json!("docker.io/istio/install-cni:1.4.2"),
        ),
        (
            cni(json!({ "hub": "h", "tag": 1.5 })),
            DAEMON_SET,
            image,
            json!("h/install-cni:1.5"),
        ),
        (
            cni(json!({ "image": "own" })),
            DAEMON_SET,
            image,
            json!("docker.io/istio/own:1.4.2"),
        ),
        (
            cni(json!({ "image": "a/b:c", "hub": "h" })),
            DAEMON_SET,
            image,
            json!("a/b:c"),
        ),
        (json!({}), DAEMON_SET, pull, json!("Always")),
        (
            cni(json!({ "pullPolicy": "" })),
            DAEMON_SET,
            pull,
            json!("IfNotPresent"),
        ),
        (
            cni(json!({ "cniConfDir": "/c", "cniBinDir": "/b" })),
            DAEMON_SET,
            "/spec/template/spec/volumes",
            json!([
                { "name": "cni-bin-dir", "hostPath": { "path": "/b" } },
                { "name": "cni-net-dir", "hostPath": { "path": "/c" } },
            ]),
        ),
        (
            cni(json!({ "cniConfFileName": "10-calico.conflist" })),
            DAEMON_SET,
            "/spec/template/spec/containers/0/env/0",
            json!({ "name": "CNI_CONF_NAME", "value": "10-calico.conflist" }),
        ),
        (
            cni(json!({ "podAnnotations": { "a": true } })),
            DAEMON_SET,
            "/spec/template/metadata/annotations/a",
            json!("true"),
        ),
        (
            cni(json!({ "psp_cluster_role": "restricted" })),
            "RoleBinding/istio-cni-psp",
            "/roleRef/name",
            json!("restricted"),
        ),
        (
            json!({ "values": { "global": { "imagePullSecrets": ["s"] } } }),
            "ServiceAccount/istio-cni",
            "/imagePullSecrets",
            json!([{ "name": "s" }]),
        ),
        (
            json!({ "components": { "cni": { "enabled": true, "namespace": "kube-system" } } }),
            "ClusterRoleBinding/istio-cni",
            "/subjects/0/namespace",
            json!("kube-system"),
        ),
        (
            json!({ "components": { "cni": { "enabled": true, "k8s": { "priorityClassName": "own" } } } }),
            DAEMON_SET,
            "/spec/template/spec/priorityClassName",
            json!("own"),
        ),
    ]);
    assert!(at(&contribute(&json!({})), DAEMON_SET, spec)["hostNetwork"] == true);
}

#[test]
fn the_entry_of_the_chain() {
    for (values, pointer, expected) in [
        (json!({}), "/type", json!("istio-cni")),
        (
            json!({}),
            "/kubernetes/exclude_namespaces",
            json!(["istio-system"]),
        ),
        (
            json!({ "excludeNamespaces": ["a\"b", "c"] }),
            "/kubernetes/exclude_namespaces",
            json!(["a\"b", "c"]),
        ),
        (
            json!({ "excludeNamespaces": [] }),
            "/kubernetes/exclude_namespaces",
            json!([]),
        ),
        (json!({ "logLevel": "debug" }), "/log_level", json!("debug")),
        (
            json!({ "cniBinDir": "/b" }),
            "/kubernetes/cni_bin_dir",
            json!("/b"),
        ),
    ] {
        let entry = entry(&contribute(&cni(values.clone())));
        assert_eq!(entry.pointer(pointer), Some(&expected), "{values}");
    }
}

#[test]
fn unvalidated_values_count_and_unknown_ones_are_named() {
    let settings = json!({
        "components": { "cni": { "enabled": true, "namespace": "kube-system" } },
        "unvalidatedValues": { "cni": { "logLevel": "warn", "logLevl": "x" } },
    });
    let contribution = contribute(&settings);
    assert_eq!(entry(&contribution)["log_level"], "warn");
    assert_eq!(
        contribution.diagnostics.len(),
        1,
        "{:?}",
        contribution.diagnostics
    );
    assert_eq!(
        contribution.diagnostics[0].path.as_deref(),
        Some("unvalidatedValues.cni.logLevl")
    );
}

#[test]
fn pods_are_rolled_when_their_configuration_changes() {
    let settings =
        json!({ "components": { "cni": { "enabled": true, "namespace": "kube-system" } } });
    let contribution = contribute(&settings);
    assert_eq!(contribution.restarts.len(), 1);
    let rule = &contribution.restarts[0];
    let chosen = |selector: &Selector| -> Vec<&str> {
        contribution
            .objects
            .iter()
            .filter(|object| selector.chooses(object))
            .filter_map(|object| object["kind"].as_str())
            .collect()
    };
    assert_eq!(chosen(&rule.changed), ["ConfigMap"]);
    assert_eq!(chosen(&rule.restart), ["DaemonSet"]);
    assert_eq!(rule.restart.namespace.as_deref(), Some("kube-system"));
}

#[test]
fn a_class_that_the_namespace_may_not_use_is_told() {
    let within = |namespace: &str, class: Value| {
        json!({ "components": { "cni": {
            "enabled": true, "namespace": namespace, "k8s": { "priorityClassName": class },
        } } })
    };
    for (minor, settings, warnings) in [
        (16, within("istio-system", Value::Null), 1),
        (16, within("kube-system", Value::Null), 0),
        (16, within("istio-system", json!("own")), 0),
        (17, within("istio-system", Value::Null), 0),
    ] {
        let contribution = on(minor).contribute(&settings).expect("settings that fit");
        assert_eq!(
            contribution.diagnostics.len(),
            warnings,
            "1.{minor} {settings}"
        );
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    for (settings, word) in [
        (cni(json!({ "excludeNamespace": [] })), "excludeNamespace"),
        (
            cni(json!({ "excludeNamespaces": "kube-system" })),
            "sequence",
        ),
        (json!({ "components": { "cmi": {} } }), "cmi"),
        (
            json!({ "unvalidatedValues": { "cni": { "excludeNamespaces": 7 } } }),
            "sequence",
        ),
    ] {
        let refusal = refused(&settings);
        assert!(refusal.contains(word), "{settings}: {refusal}");
    }
}
