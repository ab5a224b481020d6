//! The addons piece: what people look at a mesh of Istio 1.4 with. Prometheus, Grafana, tracing (Jaeger, Zipkin or an
//! OpenCensus collector) and Kiali.
//!
//! Owns these four; must not know the control plane beyond the addresses that `values.global` has.

mod advice;
mod emits;
mod grafana;
mod kiali;
mod prometheus;
mod tracing;
pub mod values;
mod workload;

use meshhost_istio::{Component, Settings, Workload, as_written, customise};
use meshhost_piece::{Card, Contribution, Failure, Piece, Request, RestartRule, Value, served};

use crate::values::{Components, Values};

/// The piece.
pub struct Addons;

impl Piece for Addons {
    type Settings = Settings<Components, Values>;

    fn describe() -> Card {
        let values = Values::default();
        Card {
            name: "addons".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Prometheus, Grafana, tracing and Kiali for an Istio mesh".to_owned(),
            emits: emits::selectors(),
            images: vec![
                prometheus::image(&values.prometheus),
                grafana::image(&values.grafana),
                tracing::jaeger_image(&values.tracing.jaeger),
                kiali::image(&values.kiali),
            ],
            ..Card::default()
        }
    }

    fn contribute(request: Request<Self::Settings>) -> Result<Contribution, Failure> {
        let (mut values, mut diagnostics) = request.settings.effective_values()?;
        values.global.fill_namespaces(&request.namespace);
        let components = &request.settings.components;
        let tracer = tracing::container(values.tracing.provider);
        let addons: [(&Component, &str, Workload<'_>, Build, Restarts); 4] = [
            (
                &components.prometheus,
                "components.prometheus",
                workload(prometheus::NAME, prometheus::NAME),
                prometheus::objects,
                |_, namespace| vec![prometheus::restarts(namespace)],
            ),
            (
                &components.grafana,
                "components.grafana",
                workload(grafana::NAME, grafana::NAME),
                grafana::objects,
                |_, namespace| grafana::restarts(namespace).into(),
            ),
            (
                &components.tracing,
                "components.tracing",
                workload(tracing::NAME, tracer),
                tracing::objects,
                |values, namespace| tracing::restarts(values, namespace).into_iter().collect(),
            ),
            (
                &components.kiali,
                "components.kiali",
                workload(kiali::NAME, kiali::NAME),
                kiali::objects,
                |_, namespace| vec![kiali::restarts(namespace)],
            ),
        ];

        let mut contribution = Contribution::default();
        let mut problems = Vec::new();
        for (component, at, workload, build, restarts) in addons {
            if !component.enabled {
                continue;
            }
            let namespace = component.namespace_or(&request.namespace);
            let mut objects = build(&values, namespace);
            match customise(&mut objects, component, Some(workload), namespace, at) {
                Ok(advice) => diagnostics.extend(advice),
                Err(own) => problems.extend(own),
            }
            contribution.objects.extend(objects);
            contribution.restarts.extend(restarts(&values, namespace));
        }
        if !problems.is_empty() {
            return Err(problems.into());
        }
        diagnostics.extend(advice::advice(&values, components));
        contribution.objects = served::raise(contribution.objects, &request.facts)?;
        as_written::print(&mut contribution.objects, &request.facts, |kind, name| {
            matches!(
                (kind, name),
                ("PersistentVolumeClaim", grafana::CLAIM) | ("ConfigMap", tracing::CONFIG)
            )
            .then(String::new)
        });
        contribution.diagnostics = diagnostics;
        Ok(contribution)
    }
}

/// Objects of an add-on in a namespace.
type Build = fn(&Values, &str) -> Vec<Value>;
/// Which of them start anew when which others change.
type Restarts = fn(&Values, &str) -> Vec<RestartRule>;

fn workload<'a>(name: &'a str, container: &'a str) -> Workload<'a> {
    Workload {
        kind: "Deployment",
        name,
        container,
    }
}

meshhost_piece::export!(Addons);
