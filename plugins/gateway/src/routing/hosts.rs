//! The default Gateway of the ingress gateway, and hosts and ports that lead to one workload each.

use meshhost_piece::{Value, json};

use super::resource::{https_server, resource};
use crate::gateway::Gateway;
use crate::values::Ingress;

const NAME: &str = "ingressgateway";

/// HTTP for all hosts; with `tls`, HTTPS too; and a port for each of `ingressPorts`.
pub(super) fn default_gateway(gateway: &Gateway<'_>, own: &Ingress) -> Value {
    let mut servers = Vec::new();
    if own.tls {
        servers.push(https_server(443, "https-default"));
    }
    let plain = |number: u16, name: &str, protocol: &str| json!({ "port": { "number": number, "name": name, "protocol": protocol }, "hosts": ["*"] });
    servers.push(plain(80, "http", "HTTP"));
    for port in &own.ingress_ports {
        servers.push(plain(port.port, &port.name, "HTTP2"));
    }
    resource(
        "Gateway",
        NAME,
        gateway.namespace,
        json!({}),
        json!({ "selector": { "istio": gateway.direction.role() }, "servers": servers }),
    )
}

/// One for each of `hosts` and `ingressPorts`.
pub(super) fn virtual_services(gateway: &Gateway<'_>, own: &Ingress) -> Vec<Value> {
    let to = |host: &str, port: u16| json!([{ "destination": { "host": host, "port": { "number": port } } }]);
    let hosts = own.hosts.iter().map(|host| {
        let spec = json!({
            "hosts": [format!("{}.{}", host.name, own.domain)],
            "gateways": [NAME],
            "http": [{ "route": to(&host.dest, host.dest_port) }],
        });
        (&host.name, spec)
    });
    let ports = own.ingress_ports.iter().map(|port| {
        let spec = json!({
            "hosts": ["*"],
            "gateways": [NAME],
            "http": [{ "match": [{ "port": port.port }], "route": to(&port.dest, port.dest_port) }],
        });
        (&port.name, spec)
    });
    hosts
        .chain(ports)
        .map(|(name, spec)| resource("VirtualService", name, gateway.namespace, json!({}), spec))
        .collect()
}
