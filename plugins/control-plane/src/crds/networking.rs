//! `networking.istio.io/v1alpha3`: how traffic is routed.

mod parts;

mod virtual_service;

use meshhost_piece::{Value, json};

use super::definition::{Definition, age, column};
use super::schema::{
    anything, count, duration, flag, int32, labels, list, map, object, one_of, one_of_cases, text,
    texts, word,
};
use parts::{networking, port, port_number};

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        destination_rule(),
        networking("EnvoyFilter", "envoyfilters", envoy_filter()),
        networking("Gateway", "gateways", gateway()).short("gw"),
        service_entry(),
        networking("Sidecar", "sidecars", sidecar()),
        virtual_service::definition(),
    ]
}

fn destination_rule() -> Definition {
    let spec = object! {
        exportTo: texts(),
        host: text(),
        subsets: list(object! {
            labels: labels(),
            name: text(),
            trafficPolicy: traffic_policy(),
        }),
        trafficPolicy: traffic_policy(),
    };
    networking("DestinationRule", "destinationrules", spec)
        .short("dr")
        .list_kind()
        .columns(vec![
            column(
                "Host",
                ".spec.host",
                "The name of a service from the service registry",
            ),
            age(),
        ])
}

fn traffic_policy() -> Value {
    object! {
        connectionPool: connection_pool(),
        loadBalancer: load_balancer(),
        outlierDetection: outlier_detection(),
        portLevelSettings: list(object! {
            connectionPool: connection_pool(),
            loadBalancer: load_balancer(),
            outlierDetection: outlier_detection(),
            port: port_number(),
            tls: client_tls(),
        }),
        tls: client_tls(),
    }
}

fn connection_pool() -> Value {
    object! {
        http: object! {
            h2UpgradePolicy: word(&["DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"]),
            http1MaxPendingRequests: int32(),
            http2MaxRequests: int32(),
            idleTimeout: duration(),
            maxRequestsPerConnection: int32(),
            maxRetries: int32(),
        },
        tcp: object! {
            connectTimeout: duration(),
            maxConnections: int32(),
            tcpKeepalive: object! {
                interval: duration(),
                probes: count(),
                time: duration(),
            },
        },
    }
}

fn load_balancer() -> Value {
    let balancer = object! {
        consistentHash: object! {
            httpCookie: object! {
                name: text(),
                path: text(),
                ttl: duration(),
            },
            httpHeaderName: text(),
            minimumRingSize: count(),
            useSourceIp: flag(),
        },
        simple: word(&["ROUND_ROBIN", "LEAST_CONN", "RANDOM", "PASSTHROUGH"]),
    };
    let hash = one_of(json!({}), &["httpHeaderName", "httpCookie", "useSourceIp"]);
    one_of_cases(
        balancer,
        vec![
            json!({"required": ["simple"]}),
            json!({"required": ["consistentHash"], "properties": {"consistentHash": hash}}),
        ],
    )
}

fn outlier_detection() -> Value {
    object! {
        baseEjectionTime: duration(),
        consecutiveErrors: int32(),
        interval: duration(),
        maxEjectionPercent: int32(),
        minHealthPercent: int32(),
    }
}

fn client_tls() -> Value {
    object! {
        caCertificates: text(),
        clientCertificate: text(),
        mode: word(&["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"]),
        privateKey: text(),
        sni: text(),
        subjectAltNames: texts(),
    }
}

fn workload_selector() -> Value {
    object! { labels: labels() }
}

fn envoy_filter() -> Value {
    let of_traffic = ["ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND", "GATEWAY"];
    let matching = object! {
        cluster: object! {
            name: text(),
            portNumber: count(),
            service: text(),
            subset: text(),
        },
        context: word(&of_traffic),
        listener: object! {
            filterChain: object! {
                applicationProtocols: text(),
                filter: object! {
                    name: text(),
                    subFilter: object! { name: text() },
                },
                name: text(),
                sni: text(),
                transportProtocol: text(),
            },
            name: text(),
            portName: text(),
            portNumber: count(),
        },
        proxy: object! {
            metadata: labels(),
            proxyVersion: text(),
        },
        routeConfiguration: object! {
            gateway: text(),
            name: text(),
            portName: text(),
            portNumber: count(),
            vhost: object! {
                name: text(),
                route: object! {
                    action: word(&["ANY", "ROUTE", "REDIRECT", "DIRECT_RESPONSE"]),
                    name: text(),
                },
            },
        },
    };
    object! {
        configPatches: list(object! {
            applyTo: word(&[
                "INVALID", "LISTENER", "FILTER_CHAIN", "NETWORK_FILTER", "HTTP_FILTER",
                "ROUTE_CONFIGURATION", "VIRTUAL_HOST", "HTTP_ROUTE", "CLUSTER",
            ]),
            match: one_of(matching, &["listener", "routeConfiguration", "cluster"]),
            patch: object! {
                operation: word(&["INVALID", "MERGE", "ADD", "REMOVE", "INSERT_BEFORE", "INSERT_AFTER"]),
                value: anything(),
            },
        }),
        filters: list(object! {
            filterConfig: anything(),
            filterName: text(),
            filterType: word(&["INVALID", "HTTP", "NETWORK"]),
            insertPosition: object! {
                index: word(&["FIRST", "LAST", "BEFORE", "AFTER"]),
                relativeTo: text(),
            },
            listenerMatch: object! {
                address: texts(),
                listenerProtocol: word(&["ALL", "HTTP", "TCP"]),
                listenerType: word(&of_traffic),
                portNamePrefix: text(),
                portNumber: count(),
            },
        }),
        workloadLabels: labels(),
        workloadSelector: workload_selector(),
    }
}

fn gateway() -> Value {
    let protocol_version = || word(&["TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"]);
    object! {
        selector: labels(),
        servers: list(object! {
            bind: text(),
            defaultEndpoint: text(),
            hosts: texts(),
            port: port(),
            tls: object! {
                caCertificates: text(),
                cipherSuites: texts(),
                credentialName: text(),
                httpsRedirect: flag(),
                maxProtocolVersion: protocol_version(),
                minProtocolVersion: protocol_version(),
                mode: word(&["PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL"]),
                privateKey: text(),
                serverCertificate: text(),
                subjectAltNames: texts(),
                verifyCertificateHash: texts(),
                verifyCertificateSpki: texts(),
            },
        }),
    }
}

fn service_entry() -> Definition {
    let spec = object! {
        addresses: texts(),
        endpoints: list(object! {
            address: text(),
            labels: labels(),
            locality: text(),
            network: text(),
            ports: map(count()),
            weight: count(),
        }),
        exportTo: texts(),
        hosts: texts(),
        location: word(&["MESH_EXTERNAL", "MESH_INTERNAL"]),
        ports: list(port()),
        resolution: word(&["NONE", "STATIC", "DNS"]),
        subjectAltNames: texts(),
    };
    networking("ServiceEntry", "serviceentries", spec)
        .short("se")
        .list_kind()
        .columns(vec![
            column("Hosts", ".spec.hosts", "The hosts associated with the ServiceEntry"),
            column(
                "Location",
                ".spec.location",
                "Whether the service is external to the mesh or part of the mesh (MESH_EXTERNAL or MESH_INTERNAL)",
            ),
            column(
                "Resolution",
                ".spec.resolution",
                "Service discovery mode for the hosts (NONE, STATIC, or DNS)",
            ),
            age(),
        ])
}

fn sidecar() -> Value {
    let capture_mode = || word(&["DEFAULT", "IPTABLES", "NONE"]);
    object! {
        egress: list(object! {
            bind: text(),
            captureMode: capture_mode(),
            hosts: texts(),
            port: port(),
        }),
        ingress: list(object! {
            bind: text(),
            captureMode: capture_mode(),
            defaultEndpoint: text(),
            port: port(),
        }),
        outboundTrafficPolicy: object! { mode: word(&["REGISTRY_ONLY", "ALLOW_ANY"]) },
        workloadSelector: workload_selector(),
    }
}
