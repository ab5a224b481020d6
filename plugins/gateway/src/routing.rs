//! Istio resources that come with the gateways. Owns who has which; each kind of route is a module below.

mod addons;
mod certificate;
mod clusters;
mod hosts;
mod kubernetes_ingress;
mod machines;
mod resource;

use meshhost_piece::{Value, json};

use crate::gateway::Gateway;
use crate::values::{Egress, Ingress};

pub(crate) use clusters::SHARED_RULE;

/// Resources of the ingress gateway.
pub(crate) fn ingress(gateway: &Gateway<'_>, own: &Ingress) -> Vec<Value> {
    let mut objects = vec![
        hosts::default_gateway(gateway, own),
        all_of_the_mesh(gateway),
    ];
    objects.extend(hosts::virtual_services(gateway, own));
    objects.extend(addons::objects(gateway, own));
    objects.extend(certificate::objects(gateway, own));
    let global = gateway.global;
    if global.k8s_ingress.enabled {
        objects.push(kubernetes_ingress::gateway(gateway));
    }
    if global.mesh_expansion.enabled {
        objects.extend(machines::objects(gateway));
    }
    if global.multi_cluster.enabled {
        objects.extend(clusters::ingress(gateway));
    }
    objects
}

/// Resources of the egress gateway.
pub(crate) fn egress(gateway: &Gateway<'_>, own: &Egress) -> Vec<Value> {
    if own.zvpn.enabled {
        clusters::egress(gateway, &own.zvpn.suffix)
    } else {
        Vec::new()
    }
}

/// Lets the proxies of the namespace see every service of the mesh.
fn all_of_the_mesh(gateway: &Gateway<'_>) -> Value {
    resource::resource(
        "Sidecar",
        "default",
        gateway.namespace,
        json!({}),
        json!({ "egress": [{ "hosts": ["*/*"] }] }),
    )
}
