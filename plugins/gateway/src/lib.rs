//! The gateway piece: the proxies at the edge of an Istio 1.4 mesh, and the routes that come with them.
//!
//! Owns ingress and egress gateway; must not know other components beyond the addresses that `values.global` has.

mod advice;
mod agent;
mod deployment;
mod emits;
mod gateway;
mod proxy;
mod rights;
mod routing;
mod scaling;
mod service;
pub mod values;

use meshhost_istio::{Component, Global, Settings, Workload, customise, pod};
use meshhost_piece::{
    Card, Contribution, Diagnostic, Failure, Piece, Problem, Request, Value, served,
};

use crate::gateway::{Direction, Gateway};
use crate::values::{Components, Values};

/// The piece.
pub struct Gateways;

impl Piece for Gateways {
    type Settings = Settings<Components, Values>;

    fn describe() -> Card {
        Card {
            name: "gateway".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Istio's ingress and egress gateways".to_owned(),
            emits: emits::selectors(),
            images: vec![pod::image(
                &Global::default(),
                &Global::default().proxy.image,
            )],
            ..Card::default()
        }
    }

    fn contribute(request: Request<Self::Settings>) -> Result<Contribution, Failure> {
        let (mut values, mut diagnostics) = request.settings.effective_values()?;
        values.global.fill_namespaces(&request.namespace);
        let components = &request.settings.components;
        let ingress = &components.ingress_gateway;
        let egress = &components.egress_gateway;
        diagnostics.extend(advice::without_effect(
            &values,
            ingress.enabled,
            egress.enabled,
        ));

        let mut objects = Vec::new();
        let mut problems = Vec::new();
        let mut contradictions = Vec::new();
        let mut add = |component: &Component, direction, at, own: Vec<Value>| match finish(
            component,
            direction,
            &request.namespace,
            at,
            own,
        ) {
            Ok((own, advice)) => {
                objects.extend(own);
                diagnostics.extend(advice);
            }
            Err(own) => problems.extend(own),
        };
        if egress.enabled {
            let namespace = egress.namespace_or(&request.namespace);
            let gateway = Gateway::egress(&values, namespace);
            contradictions.extend(scaling::problem(&gateway));
            let mut own = deployment::objects(&gateway);
            own.extend(rights::objects(&gateway));
            own.push(service::egress(&gateway));
            own.extend(routing::egress(&gateway, &values.gateways.egress));
            add(egress, Direction::Egress, "components.egressGateway", own);
        }
        if ingress.enabled {
            let namespace = ingress.namespace_or(&request.namespace);
            let gateway = Gateway::ingress(&values, namespace);
            contradictions.extend(scaling::problem(&gateway));
            let mut own = deployment::objects(&gateway);
            own.extend(rights::objects(&gateway));
            own.extend(service::ingress(&gateway, &values.gateways.ingress));
            own.extend(routing::ingress(&gateway, &values.gateways.ingress));
            add(
                ingress,
                Direction::Ingress,
                "components.ingressGateway",
                own,
            );
        }
        problems.extend(contradictions);
        if !problems.is_empty() {
            return Err(problems.into());
        }
        keep_one_shared_rule(&mut objects, &mut diagnostics);
        Ok(Contribution {
            objects: served::raise(objects, &request.facts)?,
            diagnostics,
            ..Contribution::default()
        })
    }
}

/// Puts the component's Kubernetes settings into its objects, and looks at what came out.
fn finish(
    component: &Component,
    direction: Direction,
    default_namespace: &str,
    at: &str,
    mut objects: Vec<Value>,
) -> Result<(Vec<Value>, Vec<Diagnostic>), Vec<Problem>> {
    let workload = Workload {
        kind: "Deployment",
        name: direction.name(),
        container: proxy::CONTAINER,
    };
    let namespace = component.namespace_or(default_namespace);
    let mut diagnostics = customise(&mut objects, component, Some(workload), namespace, at)?;
    diagnostics.extend(advice::host_network(&objects, direction, at));
    diagnostics.extend(advice::service(&objects, direction, &direction.root()));
    Ok((objects, diagnostics))
}

/// In one namespace both gateways' way to other clusters asks for a DestinationRule of the same name: the egress
/// gateway's stays, as it does when istioctl 1.4 writes both.
fn keep_one_shared_rule(objects: &mut Vec<Value>, diagnostics: &mut Vec<Diagnostic>) {
    let mut kept: Vec<Value> = Vec::new();
    objects.retain(|object| {
        if object["metadata"]["name"] != routing::SHARED_RULE {
            return true;
        }
        let same = kept
            .iter()
            .find(|other| other["metadata"]["namespace"] == object["metadata"]["namespace"]);
        if let Some(other) = same {
            if other["spec"]["host"] != object["spec"]["host"] {
                diagnostics.push(Diagnostic::warning(
                    "values.gateways.istio-egressgateway.zvpn.suffix",
                    format!(
                        "both gateways have a DestinationRule {}: the one for {} is left out; install the gateways in two namespaces",
                        routing::SHARED_RULE, object["spec"]["host"]
                    ),
                ));
            }
            return false;
        }
        kept.push(object.clone());
        true
    });
}

meshhost_piece::export!(Gateways);
