//! Traces of requests, kept by one of three programs. Owns the Services, which have the same names for all; the
//! Deployment of each program is a module below.

mod jaeger;
mod opencensus;
mod place;
mod zipkin;

use meshhost_istio::TextMap;
use meshhost_piece::{RestartRule, Selector, Value, json};

use crate::values::{Jaeger, Provider, Values};
use crate::workload;

pub(crate) use jaeger::CLAIM;
pub(crate) use opencensus::CONFIG;
pub(crate) use place::NAME;

/// Everything of tracing.
pub(crate) fn objects(values: &Values, namespace: &str) -> Vec<Value> {
    let mut objects = match values.tracing.provider {
        Provider::Jaeger => jaeger::objects(values, namespace),
        Provider::Zipkin => vec![zipkin::deployment(values, namespace)],
        Provider::OpenCensus => opencensus::objects(values, namespace),
    };
    objects.extend(services(values, namespace));
    objects
}

/// The collector reads its configuration at the start; the others have none.
pub(crate) fn restarts(values: &Values, namespace: &str) -> Option<RestartRule> {
    (values.tracing.provider == Provider::OpenCensus).then(|| RestartRule {
        changed: Selector::kind("", "ConfigMap")
            .named(CONFIG)
            .within(namespace),
        restart: Selector::kind("apps", "Deployment")
            .named(NAME)
            .within(namespace),
    })
}

/// Name of the main container.
pub(crate) fn container(provider: Provider) -> &'static str {
    match provider {
        Provider::Jaeger => jaeger::CONTAINER,
        Provider::Zipkin => zipkin::CONTAINER,
        Provider::OpenCensus => opencensus::CONTAINER,
    }
}

/// The image of Jaeger.
pub(crate) fn jaeger_image(own: &Jaeger) -> String {
    jaeger::image(own)
}

/// The label `app`, and the part of Jaeger's path.
fn app(provider: Provider) -> &'static str {
    match provider {
        Provider::Jaeger => jaeger::APP,
        Provider::Zipkin => zipkin::APP,
        Provider::OpenCensus => opencensus::APP,
    }
}

fn services(values: &Values, namespace: &str) -> Vec<Value> {
    let own = &values.tracing;
    let app = app(own.provider);
    let labels = json!({ "app": app });
    let selector = json!({ "app": app });
    // Where proxies send traces to.
    let mut services = vec![workload::service(
        "zipkin",
        namespace,
        labels.clone(),
        &TextMap::new(),
        json!({
            "selector": selector,
            "ports": [{
                "name": own.service.name,
                "protocol": "TCP",
                "port": own.zipkin.query_port,
                "targetPort": own.zipkin.query_port,
            }],
        }),
    )];
    // Where people look at them; the collector has no pages.
    let pages = match own.provider {
        Provider::Jaeger => Some(jaeger::PAGES),
        Provider::Zipkin => Some(own.zipkin.query_port),
        Provider::OpenCensus => None,
    };
    if let Some(port) = pages {
        services.push(workload::service(
            "tracing",
            namespace,
            labels,
            &own.service.annotations,
            json!({
                "type": own.service.service_type,
                "selector": selector,
                "ports": [{
                    "name": own.service.name,
                    "protocol": "TCP",
                    "port": 80,
                    "targetPort": port,
                }],
            }),
        ));
    }
    services
}
