//! The pod on each node that installs the plug-in and keeps it installed. Must not know what the configuration says.

use meshhost_istio::{object, pod};
use meshhost_piece::{Value, json};

use crate::names::{CONFIG, NAME, NODE};
use crate::network_config;
use crate::values::Values;

/// Name of the only container.
pub(crate) const CONTAINER: &str = "install-cni";

/// The DaemonSet.
pub(crate) fn daemon_set(values: &Values, namespace: &str) -> Value {
    let cni = &values.cni;
    let mut annotations = json!({ "scheduler.alpha.kubernetes.io/critical-pod": "" });
    for (key, value) in &cni.pod_annotations {
        annotations[key] = json!(value);
    }
    let mut env = Vec::new();
    if !cni.cni_conf_file_name.is_empty() {
        env.push(pod::env("CNI_CONF_NAME", &cni.cni_conf_file_name));
    }
    env.push(json!({
        "name": "CNI_NETWORK_CONFIG",
        "valueFrom": { "configMapKeyRef": { "name": CONFIG, "key": network_config::KEY } },
    }));
    env.push(pod::env("CNI_NET_DIR", cni.conf_dir()));
    let pull_policy = if cni.pull_policy.is_empty() {
        json!(values.global.image_pull_policy)
    } else {
        json!(cni.pull_policy)
    };
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": object::metadata(NODE, namespace, json!({ "k8s-app": NODE })),
        "spec": {
            "selector": { "matchLabels": { "k8s-app": NODE } },
            "updateStrategy": { "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": 1 } },
            "template": {
                "metadata": { "labels": { "k8s-app": NODE }, "annotations": annotations },
                "spec": {
                    "nodeSelector": { "beta.kubernetes.io/os": "linux" },
                    "hostNetwork": true,
                    // On every node, however tainted: where the plug-in is missing, pods of the mesh have no network.
                    "tolerations": [
                        { "operator": "Exists", "effect": "NoSchedule" },
                        { "operator": "Exists", "key": "CriticalAddonsOnly" },
                        { "operator": "Exists", "effect": "NoExecute" },
                    ],
                    "priorityClassName": "system-cluster-critical",
                    "serviceAccountName": NAME,
                    // Short, as a node has no plug-in between two pods of a rolling update.
                    "terminationGracePeriodSeconds": 5,
                    "containers": [{
                        "name": CONTAINER,
                        "image": image(values),
                        "imagePullPolicy": pull_policy,
                        "command": ["/install-cni.sh"],
                        "env": env,
                        "volumeMounts": [
                            { "name": "cni-bin-dir", "mountPath": "/host/opt/cni/bin" },
                            { "name": "cni-net-dir", "mountPath": "/host/etc/cni/net.d" },
                        ],
                    }],
                    "volumes": [
                        { "name": "cni-bin-dir", "hostPath": { "path": cni.bin_dir() } },
                        { "name": "cni-net-dir", "hostPath": { "path": cni.conf_dir() } },
                    ],
                },
            },
        },
    })
}

/// The installer's image: as it stands if it has a `/`, else with the plug-in's own hub and tag, or the mesh's.
pub(crate) fn image(values: &Values) -> String {
    let mut global = values.global.clone();
    if !values.cni.hub.is_empty() {
        global.hub.clone_from(&values.cni.hub);
    }
    if !values.cni.tag.as_str().is_empty() {
        global.tag = values.cni.tag.clone();
    }
    let name = match values.cni.image.as_str() {
        "" => CONTAINER,
        name => name,
    };
    pod::image(&global, name)
}
