//! The piece: settings in, objects out. Owns which component is rendered by which module, and what the piece may emit.

use meshhost_istio::{Component, Workload, as_written, customise};
use meshhost_piece::{
    Card, Contribution, Diagnostic, Failure, Piece, Problem, Request, Value, served,
};

use crate::context::Context;
use crate::settings::{Components, Settings};
use crate::{
    base, cert_manager, citadel, core_dns, crds, galley, injector, node_agent, pilot, policy,
    telemetry,
};

mod card;
mod consistency;
mod restarts;

/// The control plane of Istio 1.4.
#[derive(Debug)]
pub struct ControlPlane;

impl Piece for ControlPlane {
    type Settings = Settings;

    fn describe() -> Card {
        card::card()
    }

    fn contribute(request: Request<Settings>) -> Result<Contribution, Failure> {
        let (mut values, mut diagnostics) = request.settings.effective_values()?;
        let components = &request.settings.components;
        fill_namespaces(&mut values.global, components, &request.namespace);
        let ctx = Context::new(components, &values, &request.namespace);
        let mut objects = Vec::new();
        let mut problems = consistency::problems(&ctx);
        for part in parts(components) {
            if !part.component.enabled {
                continue;
            }
            match part.render(&ctx, &request.namespace) {
                Ok((of_part, said)) => {
                    objects.extend(of_part);
                    diagnostics.extend(said);
                }
                Err(of_part) => problems.extend(of_part),
            }
        }
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let restarts = restarts::rules(&objects, &values.version);
        let mut objects = served::raise(objects, &request.facts)?;
        let issuers = &ctx.namespace.cert_manager;
        as_written::print(&mut objects, &request.facts, |kind, _| match kind {
            "EnvoyFilter" => Some(String::new()),
            "ClusterIssuer" => Some(issuers.clone()),
            _ => None,
        });
        Ok(Contribution {
            restarts,
            objects,
            diagnostics,
            ..Contribution::default()
        })
    }
}

/// Namespaces that the values do not say are those of the components.
fn fill_namespaces(global: &mut meshhost_istio::Global, components: &Components, default: &str) {
    for (field, component) in [
        (&mut global.istio_namespace, &components.pilot),
        (&mut global.config_namespace, &components.galley),
        (&mut global.telemetry_namespace, &components.telemetry),
        (&mut global.policy_namespace, &components.policy),
        (&mut global.security_namespace, &components.citadel),
    ] {
        if field.is_empty() {
            component.namespace_or(default).clone_into(field);
        }
    }
    global.fill_namespaces(default);
}

type Render = fn(&Context<'_>) -> Result<Vec<Value>, Problem>;

/// A component, what renders it, and the workload that its Kubernetes settings are about.
struct Part<'a> {
    key: &'static str,
    component: &'a Component,
    render: Render,
    workload: Option<Workload<'static>>,
}

impl Part<'_> {
    fn render(
        &self,
        ctx: &Context<'_>,
        default_namespace: &str,
    ) -> Result<(Vec<Value>, Vec<Diagnostic>), Vec<Problem>> {
        let mut objects = (self.render)(ctx).map_err(|problem| vec![problem])?;
        let diagnostics = customise(
            &mut objects,
            self.component,
            self.workload,
            self.component.namespace_or(default_namespace),
            &format!("components.{}", self.key),
        )?;
        Ok((objects, diagnostics))
    }
}

fn parts(components: &Components) -> [Part<'_>; 10] {
    let part = |key,
                component,
                render: Render,
                workload: Option<(&'static str, &'static str, &'static str)>| Part {
        key,
        component,
        render,
        workload: workload.map(|(kind, name, container)| Workload {
            kind,
            name,
            container,
        }),
    };
    let deployment = |name, container| Some(("Deployment", name, container));
    [
        part(
            "base",
            &components.base,
            |ctx| Ok([crds::crds(ctx), base::objects(ctx)].concat()),
            None,
        ),
        part(
            "citadel",
            &components.citadel,
            |ctx| Ok(citadel::objects(ctx)),
            deployment("istio-citadel", "citadel"),
        ),
        part(
            "galley",
            &components.galley,
            |ctx| Ok(galley::objects(ctx)),
            deployment("istio-galley", "galley"),
        ),
        part(
            "nodeAgent",
            &components.node_agent,
            |ctx| Ok(node_agent::objects(ctx)),
            Some(("DaemonSet", "istio-nodeagent", "nodeagent")),
        ),
        part(
            "pilot",
            &components.pilot,
            |ctx| Ok(pilot::objects(ctx)),
            deployment("istio-pilot", "discovery"),
        ),
        part(
            "policy",
            &components.policy,
            |ctx| Ok(policy::objects(ctx)),
            deployment("istio-policy", "mixer"),
        ),
        part(
            "telemetry",
            &components.telemetry,
            |ctx| Ok(telemetry::objects(ctx)),
            deployment("istio-telemetry", "mixer"),
        ),
        part(
            "injector",
            &components.injector,
            injector::objects,
            deployment("istio-sidecar-injector", "sidecar-injector-webhook"),
        ),
        part(
            "certManager",
            &components.cert_manager,
            |ctx| Ok(cert_manager::objects(ctx)),
            deployment("certmanager", "certmanager"),
        ),
        part(
            "coreDNS",
            &components.core_dns,
            |ctx| Ok(core_dns::objects(ctx)),
            deployment("istiocoredns", "coredns"),
        ),
    ]
}
