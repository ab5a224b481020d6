//! Settings in, selected fields of objects out, and what must hold with any settings.

mod advice;
mod call;
mod routes;

use call::{at, check, contribute, names, refused};
use meshhost_piece::{Value, json};

const INGRESS: &str = "Deployment/istio-ingressgateway";
const EGRESS: &str = "Deployment/istio-egressgateway";
const SERVICE: &str = "Service/istio-ingressgateway";

fn ingress(values: Value) -> Value {
    json!({ "values": { "gateways": { "istio-ingressgateway": values } } })
}

fn egress(values: Value) -> Value {
    json!({
        "components": { "egressGateway": { "enabled": true } },
        "values": { "gateways": { "istio-egressgateway": values } },
    })
}

fn global(values: Value) -> Value {
    json!({ "values": { "global": values } })
}

/// The container of the proxy.
fn proxy(settings: &Value, object: &str) -> Value {
    let containers = at(
        &contribute(settings),
        object,
        "/spec/template/spec/containers",
    );
    containers
        .as_array()
        .into_iter()
        .flatten()
        .find(|container| container["name"] == "istio-proxy")
        .cloned()
        .unwrap_or_default()
}

/// The value of an argument that is followed by it.
fn argument(settings: &Value, object: &str, flag: &str) -> Option<String> {
    let proxy = proxy(settings, object);
    let arguments: Vec<&str> = proxy["args"]
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let place = arguments.iter().position(|argument| *argument == flag)?;
    Some(arguments[place + 1].to_owned())
}

/// The value of an environment variable.
fn env(settings: &Value, object: &str, name: &str) -> Value {
    proxy(settings, object)["env"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|variable| variable["name"] == name)
        .map(|variable| variable["value"].clone())
        .unwrap_or_default()
}

#[test]
fn the_objects() {
    assert_eq!(
        names(&contribute(&json!({}))),
        [
            "Deployment/istio-ingressgateway",
            "Gateway/ingressgateway",
            "HorizontalPodAutoscaler/istio-ingressgateway",
            "PodDisruptionBudget/ingressgateway",
            "Service/istio-ingressgateway",
            "ServiceAccount/istio-ingressgateway-service-account",
            "Sidecar/default",
        ]
    );
    let only_egress = json!({ "components": {
        "ingressGateway": { "enabled": false },
        "egressGateway": { "enabled": true },
    } });
    assert_eq!(
        names(&contribute(&only_egress)),
        [
            "Deployment/istio-egressgateway",
            "DestinationRule/istio-multicluster-destinationrule",
            "EnvoyFilter/istio-multicluster-egressgateway",
            "Gateway/istio-multicluster-egressgateway",
            "HorizontalPodAutoscaler/istio-egressgateway",
            "PodDisruptionBudget/istio-egressgateway",
            "Service/istio-egressgateway",
            "VirtualService/istio-multicluster-egressgateway",
        ]
    );
}

#[test]
fn the_deployment() {
    check(vec![
        (json!({}), INGRESS, "/spec/replicas", Value::Null),
        (
            ingress(json!({ "autoscaleEnabled": false, "replicaCount": 3 })),
            INGRESS,
            "/spec/replicas",
            json!(3),
        ),
        (
            ingress(json!({ "replicaCount": 3 })),
            INGRESS,
            "/spec/replicas",
            Value::Null,
        ),
        (
            ingress(json!({ "rollingMaxSurge": 1, "rollingMaxUnavailable": "10%" })),
            INGRESS,
            "/spec/strategy/rollingUpdate",
            json!({ "maxSurge": 1, "maxUnavailable": "10%" }),
        ),
        (
            ingress(json!({ "podAnnotations": { "a": 1 } })),
            INGRESS,
            "/spec/template/metadata/annotations",
            json!({ "sidecar.istio.io/inject": "false", "a": "1" }),
        ),
        (
            json!({}),
            INGRESS,
            "/spec/template/metadata/labels/heritage",
            json!("Tiller"),
        ),
        (
            json!({ "components": { "ingressGateway": { "enabled": true, "namespace": "edge" } } }),
            INGRESS,
            "/spec/template/metadata/labels",
            json!({ "app": "istio-ingressgateway", "istio": "ingressgateway" }),
        ),
        (
            ingress(json!({ "additionalContainers": [{ "name": "own", "image": "i" }] })),
            INGRESS,
            "/spec/template/spec/containers/1",
            json!({ "name": "own", "image": "i" }),
        ),
        (
            ingress(json!({ "configVolumes": [{ "name": "v", "configMapName": "c" }] })),
            INGRESS,
            "/spec/template/spec/volumes/3",
            json!({ "name": "v", "configMap": { "name": "c", "optional": true } }),
        ),
        (
            ingress(json!({ "secretVolumes": [] })),
            INGRESS,
            "/spec/template/spec/volumes",
            json!([{
                "name": "istio-certs",
                "secret": { "secretName": "istio.istio-ingressgateway-service-account", "optional": true },
            }]),
        ),
        (
            ingress(json!({ "resources": { "requests": { "cpu": "5m" } } })),
            INGRESS,
            "/spec/template/spec/containers/0/resources/requests",
            json!({ "cpu": "5m", "memory": "128Mi" }),
        ),
        (
            global(json!({ "proxy": { "enableCoreDump": true } })),
            INGRESS,
            "/spec/template/spec/initContainers/0/image",
            json!("docker.io/istio/proxyv2:1.4.2"),
        ),
        (
            global(json!({ "priorityClassName": "own" })),
            INGRESS,
            "/spec/template/spec/priorityClassName",
            json!("own"),
        ),
        (
            egress(json!({})),
            EGRESS,
            "/spec/template/spec/serviceAccountName",
            Value::Null,
        ),
    ]);
    for (name, expected) in [
        ("", "docker.io/istio/proxyv2:1.4.2"),
        ("own", "docker.io/istio/own:1.4.2"),
        ("a/b:c", "a/b:c"),
    ] {
        let settings = global(json!({ "proxy": { "image": name } }));
        assert_eq!(proxy(&settings, INGRESS)["image"], expected);
    }
}

#[test]
fn what_scales_and_keeps_it() {
    check(vec![
        (
            ingress(
                json!({ "autoscaleMin": 2, "autoscaleMax": 7, "cpu": { "targetAverageUtilization": 50 } }),
            ),
            "HorizontalPodAutoscaler/istio-ingressgateway",
            "/spec",
            json!({
                "minReplicas": 2,
                "maxReplicas": 7,
                "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": "istio-ingressgateway" },
                "metrics": [{ "type": "Resource", "resource": { "name": "cpu", "targetAverageUtilization": 50 } }],
            }),
        ),
        (
            json!({}),
            "PodDisruptionBudget/ingressgateway",
            "/spec/selector/matchLabels/release",
            json!("istio"),
        ),
    ]);
    for (settings, kind) in [
        (
            ingress(json!({ "autoscaleEnabled": false })),
            "HorizontalPodAutoscaler",
        ),
        (
            ingress(json!({ "autoscaleMin": 0 })),
            "HorizontalPodAutoscaler",
        ),
        (
            global(json!({ "defaultPodDisruptionBudget": { "enabled": false } })),
            "PodDisruptionBudget",
        ),
        (ingress(json!({ "customService": true })), "Service/"),
    ] {
        let names = names(&contribute(&settings));
        assert!(
            !names.iter().any(|name| name.starts_with(kind)),
            "{settings}: {names:?}"
        );
    }
}

#[test]
fn the_service() {
    check(vec![
        (json!({}), SERVICE, "/spec/type", json!("LoadBalancer")),
        (
            ingress(json!({ "type": "ClusterIP" })),
            SERVICE,
            "/spec/type",
            json!("ClusterIP"),
        ),
        (
            egress(json!({ "type": "LoadBalancer" })),
            "Service/istio-egressgateway",
            "/spec/type",
            json!("ClusterIP"),
        ),
        (
            ingress(json!({ "loadBalancerIP": "192.0.2.1" })),
            SERVICE,
            "/spec/loadBalancerIP",
            json!("192.0.2.1"),
        ),
        (
            ingress(json!({ "loadBalancerSourceRanges": ["10.0.0.0/8"] })),
            SERVICE,
            "/spec/loadBalancerSourceRanges",
            json!(["10.0.0.0/8"]),
        ),
        (
            json!({}),
            SERVICE,
            "/spec/externalTrafficPolicy",
            Value::Null,
        ),
        (
            ingress(json!({ "externalTrafficPolicy": "Local" })),
            SERVICE,
            "/spec/externalTrafficPolicy",
            json!("Local"),
        ),
        (
            ingress(json!({ "serviceAnnotations": { "a": true } })),
            SERVICE,
            "/metadata/annotations",
            json!({ "a": "true" }),
        ),
        (
            ingress(
                json!({ "ports": [{ "port": 80, "name": "http2", "nodePort": 31380, "targetPort": "http", "protocol": "TCP" }] }),
            ),
            SERVICE,
            "/spec/ports",
            json!([{ "name": "http2", "port": 80, "targetPort": "http", "nodePort": 31380, "protocol": "TCP" }]),
        ),
        (
            json!({ "values": {
                "global": { "meshExpansion": { "enabled": true } },
                "gateways": { "istio-ingressgateway": {
                    "ports": [],
                    "meshExpansionPorts": [{ "port": 853, "name": "dns" }],
                    "ingressPorts": [{ "port": 9000, "name": "app", "dest": "app.ns", "destPort": 80 }],
                } },
            } }),
            SERVICE,
            "/spec/ports",
            json!([{ "name": "dns", "port": 853 }, { "name": "app", "port": 9000 }]),
        ),
    ]);
}

#[test]
fn arguments_of_the_proxy() {
    let off = json!({ "controlPlaneSecurityEnabled": false, "configNamespace": "cfg" });
    let service = json!({ "proxy": {
        "envoyMetricsService": { "enabled": true, "host": "m", "port": 1 },
        "envoyAccessLogService": { "enabled": true, "host": "l", "port": 2 },
    } });
    for (settings, flag, expected) in [
        (
            json!({}),
            "--discoveryAddress",
            Some("istio-pilot.istio-system:15011"),
        ),
        (json!({}), "--controlPlaneAuthPolicy", Some("MUTUAL_TLS")),
        (
            global(off.clone()),
            "--discoveryAddress",
            Some("istio-pilot.cfg:15010"),
        ),
        (global(off), "--controlPlaneAuthPolicy", Some("NONE")),
        (
            json!({}),
            "--zipkinAddress",
            Some("zipkin.istio-system:9411"),
        ),
        (
            global(json!({ "telemetryNamespace": "tel" })),
            "--zipkinAddress",
            Some("zipkin.tel:9411"),
        ),
        (
            global(json!({ "tracer": { "zipkin": { "address": "z:1" } } })),
            "--zipkinAddress",
            Some("z:1"),
        ),
        (json!({}), "--applicationPorts", None),
        (
            ingress(json!({ "applicationPorts": 443 })),
            "--applicationPorts",
            Some("443"),
        ),
        (
            global(service.clone()),
            "--envoyMetricsServiceAddress",
            Some("m:1"),
        ),
        (
            global(service),
            "--envoyAccessLogServiceAddress",
            Some("l:2"),
        ),
        (
            global(json!({ "proxy": { "clusterDomain": "x.y" } })),
            "--domain",
            Some("$(POD_NAMESPACE).svc.x.y"),
        ),
    ] {
        let found = argument(&settings, INGRESS, flag);
        assert_eq!(found.as_deref(), expected, "{settings} {flag}");
    }
    for (settings, single, there) in [
        (json!({}), "--trust-domain=cluster.local", true),
        (
            global(json!({ "trustDomain": "" })),
            "--trust-domain=",
            false,
        ),
        (json!({}), "--log_as_json", false),
        (global(json!({ "logAsJson": true })), "--log_as_json", true),
        (
            global(json!({ "proxy": { "logLevel": "" } })),
            "--proxyLogLevel=warning",
            false,
        ),
    ] {
        let arguments = &proxy(&settings, INGRESS)["args"];
        let found = arguments.as_array().unwrap().contains(&json!(single));
        assert_eq!(found, there, "{settings} {single}");
    }
}

#[test]
fn environment_of_the_proxy() {
    let network = json!({
        "components": { "egressGateway": { "enabled": true } },
        "values": { "global": { "network": "n" } },
    });
    let own_network = json!({ "values": {
        "global": { "network": "n" },
        "gateways": { "istio-ingressgateway": { "env": { "ISTIO_META_NETWORK": "own" } } },
    } });
    for (settings, object, name, expected) in [
        (
            json!({}),
            INGRESS,
            "ISTIO_META_ROUTER_MODE",
            json!("sni-dnat"),
        ),
        (
            json!({}),
            INGRESS,
            "ISTIO_META_CLUSTER_ID",
            json!("Kubernetes"),
        ),
        (
            json!({}),
            INGRESS,
            "ISTIO_META_MESH_ID",
            json!("cluster.local"),
        ),
        (
            global(json!({ "meshID": "m" })),
            INGRESS,
            "ISTIO_META_MESH_ID",
            json!("m"),
        ),
        (network.clone(), INGRESS, "ISTIO_META_NETWORK", json!("n")),
        (network, EGRESS, "ISTIO_META_NETWORK", Value::Null),
        (own_network, INGRESS, "ISTIO_META_NETWORK", json!("own")),
        (
            json!({}),
            INGRESS,
            "ISTIO_METAJSON_LABELS",
            json!("{\"app\":\"istio-ingressgateway\",\"istio\":\"ingressgateway\"}\n"),
        ),
        (
            ingress(json!({ "podAnnotations": { "b": "x<y>&z", "a": "1" } })),
            INGRESS,
            "ISTIO_METAJSON_ANNOTATIONS",
            json!("{\"a\":\"1\",\"b\":\"x\\u003cy\\u003e\\u0026z\"}\n"),
        ),
        (
            ingress(json!({ "env": { "OWN": true } })),
            INGRESS,
            "OWN",
            json!("true"),
        ),
        (
            ingress(json!({ "sds": { "enabled": true } })),
            INGRESS,
            "ISTIO_META_USER_SDS",
            json!("true"),
        ),
        (
            global(json!({ "sds": { "enabled": true } })),
            INGRESS,
            "SDS_ENABLED",
            json!("true"),
        ),
    ] {
        assert_eq!(
            env(&settings, object, name),
            expected,
            "{settings} {object} {name}"
        );
    }
}

#[test]
fn certificates_by_sds() {
    let settings = ingress(json!({ "sds": { "enabled": true, "image": "a/agent:1" } }));
    check(vec![
        (
            settings.clone(),
            INGRESS,
            "/spec/template/spec/containers/0/image",
            json!("a/agent:1"),
        ),
        (
            settings,
            "RoleBinding/istio-ingressgateway-sds",
            "/subjects/0/name",
            json!("istio-ingressgateway-service-account"),
        ),
        (
            egress(json!({ "sds": { "enabled": true } })),
            "RoleBinding/istio-egressgateway-sds",
            "/subjects/0/name",
            json!("istio-egressgateway-service-account"),
        ),
    ]);
    // A name twice is no list of volumes: the API server would refuse the Deployment.
    let both = json!({
        "components": { "egressGateway": { "enabled": true } },
        "values": { "global": { "sds": { "enabled": true } } },
    });
    for object in [INGRESS, EGRESS] {
        let volumes = at(&contribute(&both), object, "/spec/template/spec/volumes");
        let names: Vec<&Value> = volumes
            .as_array()
            .unwrap()
            .iter()
            .map(|volume| &volume["name"])
            .collect();
        let mut once = names.clone();
        once.dedup();
        assert_eq!(
            names.iter().filter(|name| **name == "sdsudspath").count(),
            1,
            "{object}"
        );
        assert_eq!(names.len(), once.len(), "{object}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    for (settings, word) in [
        (
            ingress(json!({ "autoscaleMin": 9 })),
            "values.gateways.istio-ingressgateway.autoscaleMax",
        ),
        (
            egress(json!({ "autoscaleMin": 2, "autoscaleMax": 1 })),
            "values.gateways.istio-egressgateway.autoscaleMax",
        ),
        (ingress(json!({ "rollingMaxSurge": "some" })), "25%"),
        (
            ingress(json!({ "resources": { "limits": { "cpu": "lots" } } })),
            "lots",
        ),
        (ingress(json!({ "tipe": "ClusterIP" })), "tipe"),
        (ingress(json!({ "type": "ClusterIp" })), "ClusterIp"),
        (ingress(json!({ "ports": [{ "port": 70000 }] })), "70000"),
        (ingress(json!({ "ports": [{ "name": "x" }] })), "port"),
        (
            ingress(json!({ "externalTrafficPolicy": "local" })),
            "local",
        ),
        (
            egress(json!({ "meshExpansionPorts": [] })),
            "meshExpansionPorts",
        ),
        (
            json!({ "values": { "gateways": { "istio-ilbgateway": {} } } }),
            "istio-ilbgateway",
        ),
        (
            json!({ "components": { "ingressGateway": { "enabled": true, "k8s": { "overlays": [{
                "kind": "Deployment", "name": "istio-ingressgateway",
                "patches": [{ "path": "spec.template.spec.containers.[name:none].image", "value": "x" }],
            }] } } } }),
            "components.ingressGateway.k8s.overlays",
        ),
    ] {
        let refusal = refused(&settings);
        assert!(refusal.contains(word), "{settings}: {refusal}");
    }
}
