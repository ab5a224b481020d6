//! One row a value: what it changes.

use meshhost_piece::serde_json::{Value, json};

use super::{find, objects, values};

/// Where in which object a value shows: `Kind/name` and a JSON pointer.
struct Shows(Value, &'static str, &'static str, Value);

fn check(rows: Vec<Shows>) {
    for Shows(given, object, pointer, want) in rows {
        let rendered = objects(values(given.clone()));
        let (kind, name) = object.split_once('/').unwrap();
        let object = find(&rendered, kind, name).unwrap_or_else(|| panic!("{given}: no {object}"));
        let got = object.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(got, want, "{given}: {kind}/{name} {pointer}");
    }
}

const POD: &str = "/spec/template/spec";

#[test]
fn of_all_pods() {
    check(vec![
        Shows(
            json!({ "global": { "hub": "mine/istio", "tag": "9" } }),
            "Deployment/istio-pilot",
            "/spec/template/spec/containers/0/image",
            json!("mine/istio/pilot:9"),
        ),
        Shows(
            json!({ "pilot": { "image": "their/pilot:dev" } }),
            "Deployment/istio-pilot",
            "/spec/template/spec/containers/0/image",
            json!("their/pilot:dev"),
        ),
        Shows(
            json!({ "global": { "priorityClassName": "system-cluster-critical" } }),
            "Deployment/istio-telemetry",
            "/spec/template/spec/priorityClassName",
            json!("system-cluster-critical"),
        ),
        Shows(
            json!({ "global": { "arch": { "amd64": 3, "s390x": 0 } } }),
            "Deployment/istio-citadel",
            "/spec/template/spec/affinity/nodeAffinity/preferredDuringSchedulingIgnoredDuringExecution",
            json!([weight(3, "amd64"), weight(2, "ppc64le")]),
        ),
        Shows(
            json!({ "global": { "defaultNodeSelector": { "disk": "ssd" } } }),
            "Deployment/istio-policy",
            "/spec/template/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchExpressions/1",
            json!({ "key": "disk", "operator": "In", "values": ["ssd"] }),
        ),
        Shows(
            json!({ "galley": { "resources": { "limits": { "cpu": 1 } } } }),
            "Deployment/istio-galley",
            "/spec/template/spec/containers/0/resources",
            json!({ "limits": { "cpu": "1" }, "requests": { "cpu": "100m" } }),
        ),
        Shows(
            json!({ "security": { "podAntiAffinityTermLabelSelector": [
                { "key": "app", "operator": "In", "values": "a,b", "topologyKey": "zone" },
            ] } }),
            "Deployment/istio-citadel",
            "/spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution",
            json!([{ "weight": 100, "podAffinityTerm": {
                "labelSelector": { "matchExpressions": [{ "key": "app", "operator": "In", "values": ["a", "b"] }] },
                "topologyKey": "zone",
            } }]),
        ),
        Shows(
            json!({ "global": { "imagePullSecrets": ["registry"] } }),
            "ServiceAccount/istio-citadel-service-account",
            "/imagePullSecrets",
            json!([{ "name": "registry" }]),
        ),
    ]);
}

fn weight(weight: u8, arch: &str) -> Value {
    json!({ "weight": weight, "preference": { "matchExpressions": [
        { "key": "beta.kubernetes.io/arch", "operator": "In", "values": [arch] },
    ] } })
}

#[test]
fn of_control_plane_security() {
    for (secured, containers, address, store) in [
        (
            true,
            2,
            "unix:///sock/mixer.socket",
            "mcp://localhost:15019",
        ),
        (
            false,
            1,
            "tcp://0.0.0.0:9091",
            "mcp://istio-galley.istio-system.svc:9901",
        ),
    ] {
        let rendered = objects(values(
            json!({ "global": { "controlPlaneSecurityEnabled": secured } }),
        ));
        for name in [
            "istio-pilot",
            "istio-galley",
            "istio-policy",
            "istio-telemetry",
        ] {
            let deployment = find(&rendered, "Deployment", name).unwrap();
            let pods = deployment.pointer(POD).unwrap()["containers"]
                .as_array()
                .unwrap();
            assert_eq!(pods.len(), containers, "{name}");
        }
        let telemetry = find(&rendered, "Deployment", "istio-telemetry").unwrap();
        let args = &telemetry.pointer(POD).unwrap()["containers"][0]["args"];
        assert_eq!(args[2], address);
        assert_eq!(args[4], format!("--configStoreURL={store}"));
        assert_eq!(
            find(&rendered, "ConfigMap", "galley-envoy-config").is_some(),
            secured
        );
    }
}

#[test]
fn of_the_mesh_configuration() {
    let table = [
        (json!({}), "controlPlaneAuthPolicy: MUTUAL_TLS"),
        (
            json!({}),
            "discoveryAddress: istio-pilot.istio-system:15011",
        ),
        (
            json!({}),
            "mixerCheckServer: istio-policy.istio-system.svc.cluster.local:15004",
        ),
        (
            json!({ "global": { "policyNamespace": "p" } }),
            "mixerCheckServer: istio-policy.p.svc.cluster.local:15004",
        ),
        (
            json!({ "global": { "controlPlaneSecurityEnabled": false } }),
            "address: istio-galley.istio-system:9901",
        ),
        (
            json!({ "global": { "tracer": { "zipkin": { "address": "z:1" } } } }),
            "address: z:1",
        ),
        (
            json!({ "global": { "outboundTrafficPolicy": { "mode": "REGISTRY_ONLY" } } }),
            "mode: REGISTRY_ONLY",
        ),
        (
            json!({ "global": { "mtls": { "auto": true } } }),
            "enableAutoMtls: true",
        ),
        (
            json!({ "pilot": { "policy": { "enabled": true } } }),
            "disablePolicyChecks: false",
        ),
        (
            json!({ "global": { "istioRemote": true, "remotePolicyAddress": "10.0.0.1" } }),
            "mixerCheckServer: 10.0.0.1:15004",
        ),
        (
            json!({ "global": { "proxy": { "envoyMetricsService": { "enabled": true, "host": "m", "port": 1 } } } }),
            "address: m:1",
        ),
    ];
    for (given, line) in table {
        let rendered = objects(values(given.clone()));
        let mesh = find(&rendered, "ConfigMap", "istio").unwrap()["data"]["mesh"]
            .as_str()
            .unwrap();
        assert!(
            mesh.lines()
                .any(|of| of.trim_start_matches([' ', '-']) == line),
            "{given}: no `{line}` in\n{mesh}"
        );
    }
}

#[test]
fn of_mutual_tls() {
    for (mtls, peers, destinations) in [
        (
            json!({}),
            json!([{ "mtls": { "mode": "PERMISSIVE" } }]),
            false,
        ),
        (json!({ "enabled": true }), json!([{ "mtls": {} }]), true),
        (
            json!({ "enabled": true, "auto": true }),
            json!([{ "mtls": {} }]),
            false,
        ),
    ] {
        let rendered = objects(values(json!({ "global": { "mtls": mtls } })));
        assert_eq!(
            find(&rendered, "MeshPolicy", "default").unwrap()["spec"]["peers"],
            peers,
            "{mtls}"
        );
        for name in ["default", "api-server"] {
            assert_eq!(
                find(&rendered, "DestinationRule", name).is_some(),
                destinations,
                "{mtls}"
            );
        }
    }
}

#[test]
fn that_switch_objects() {
    let table = [
        (
            json!({ "pilot": { "autoscaleEnabled": false } }),
            "HorizontalPodAutoscaler/istio-pilot",
            false,
        ),
        (
            json!({ "mixer": { "telemetry": { "autoscaleEnabled": false } } }),
            "HorizontalPodAutoscaler/istio-telemetry",
            true,
        ),
        (
            json!({ "mixer": { "telemetry": { "autoscaleMin": 0 } } }),
            "HorizontalPodAutoscaler/istio-telemetry",
            false,
        ),
        (
            json!({ "global": { "defaultPodDisruptionBudget": { "enabled": false } } }),
            "PodDisruptionBudget/istio-galley",
            false,
        ),
        (
            json!({ "pilot": { "configMap": false } }),
            "ConfigMap/istio",
            false,
        ),
        (
            json!({ "global": { "omitSidecarInjectorConfigMap": true } }),
            "ConfigMap/istio-sidecar-injector",
            false,
        ),
        (
            json!({ "global": { "operatorManageWebhooks": true } }),
            "MutatingWebhookConfiguration/istio-sidecar-injector",
            false,
        ),
        (
            json!({ "clusterResources": false }),
            "MeshPolicy/default",
            false,
        ),
        (
            json!({ "telemetry": { "v2": { "enabled": true } } }),
            "EnvoyFilter/stats-filter",
            true,
        ),
        (
            json!({ "version": "canary" }),
            "Deployment/istio-pilotcanary",
            true,
        ),
    ];
    for (given, object, there) in table {
        let rendered = objects(values(given.clone()));
        let (kind, name) = object.split_once('/').unwrap();
        let found = rendered
            .iter()
            .any(|of| of["kind"] == kind && of["metadata"]["name"] == name);
        assert_eq!(found, there, "{given}: {object}");
    }
}

#[test]
fn of_the_injector() {
    let rendered = objects(values(json!({
        "global": { "proxy": { "autoInject": "disabled" } },
        "sidecarInjectorWebhook": { "neverInjectSelector": [{ "matchLabels": { "a": "b" } }] },
        "istio_cni": { "enabled": true },
    })));
    let data = &find(&rendered, "ConfigMap", "istio-sidecar-injector").unwrap()["data"];
    let config = data["config"].as_str().unwrap();
    assert!(config.contains("policy: disabled"), "{config}");
    assert!(config.contains("template: "), "{config}");
    let given: Value =
        meshhost_piece::serde_json::from_str(data["values"].as_str().unwrap()).unwrap();
    assert_eq!(given["istio_cni"]["enabled"], true);
    assert_eq!(given["global"]["proxy"]["statusPort"], 15020);

    check(vec![
        Shows(
            json!({ "sidecarInjectorWebhook": { "enableNamespacesByDefault": true } }),
            "MutatingWebhookConfiguration/istio-sidecar-injector",
            "/webhooks/0/namespaceSelector/matchExpressions/1",
            json!({ "key": "istio-injection", "operator": "NotIn", "values": ["disabled"] }),
        ),
        Shows(
            json!({ "sidecarInjectorWebhook": { "objectSelector": { "enabled": true, "autoInject": false } } }),
            "MutatingWebhookConfiguration/istio-sidecar-injector",
            "/webhooks/0/objectSelector",
            json!({ "matchLabels": { "sidecar.istio.io/inject": "true" } }),
        ),
    ]);
}

#[test]
fn of_another_clusters_control_plane() {
    let given = json!({ "createRemoteSvcEndpoints": true, "remotePilotAddress": "10.0.0.2", "remotePolicyAddress": "10.0.0.1" });
    let off = json!({ "enabled": false });
    let rendered = objects(json!({
        "components": { "pilot": off, "policy": off, "telemetry": off },
        "values": { "global": given },
    }));
    for (name, address) in [("istio-pilot", "10.0.0.2"), ("istio-policy", "10.0.0.1")] {
        let endpoints = find(&rendered, "Endpoints", name).unwrap();
        assert_eq!(endpoints["subsets"][0]["addresses"][0]["ip"], address);
        assert_eq!(
            find(&rendered, "Service", name).unwrap()["spec"]["clusterIP"],
            "None"
        );
    }
    assert!(find(&rendered, "Endpoints", "istio-telemetry").is_none());
}
