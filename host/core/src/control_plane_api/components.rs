//! The components of Istio 1.4. Owns which there are, what switches each and where the charts of 1.4 look for what the API
//! says of it.

/// What decides whether a component is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// It is always there.
    Always,
    /// Its feature must be enabled; its own `enabled` then decides, and is true when nobody says.
    Feature(&'static str),
    /// `values.ROOT.enabled`; where that is not said, it is there when `values.ROOT` is.
    Values(&'static str),
}

/// One thing that Istio 1.4 installs as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Component {
    /// Its key, in the API and in the settings of pieces.
    pub name: &'static str,
    /// What switches it.
    pub switch: Switch,
    /// The built-in piece that installs it.
    pub piece: &'static str,
    /// Where in `values` its charts find what the API says of it: `enabled` and `namespace`.
    pub root: &'static str,
    /// Where in `values` its charts look for `enabled`, if not below `root`.
    pub enabled_root: Option<&'static str>,
    /// The key of `values.global` that tells all charts its namespace.
    pub global_namespace: Option<&'static str>,
    /// What it is.
    pub summary: &'static str,
}

const fn component(
    name: &'static str,
    switch: Switch,
    piece: &'static str,
    root: &'static str,
    summary: &'static str,
) -> Component {
    Component {
        name,
        switch,
        piece,
        root,
        enabled_root: None,
        global_namespace: None,
        summary,
    }
}

const fn seen_as(component: Component, global_namespace: &'static str) -> Component {
    Component {
        global_namespace: Some(global_namespace),
        ..component
    }
}

use Switch::{Always, Feature, Values};

/// Every component.
pub const COMPONENTS: [Component; 17] = [
    component(
        "base",
        Always,
        "control-plane",
        "",
        "custom resource definitions and cluster roles",
    ),
    seen_as(
        component(
            "pilot",
            Feature("trafficManagement"),
            "control-plane",
            "pilot",
            "configures the proxies",
        ),
        "istioNamespace",
    ),
    seen_as(
        component(
            "galley",
            Feature("configManagement"),
            "control-plane",
            "galley",
            "checks and distributes configuration",
        ),
        "configNamespace",
    ),
    seen_as(
        component(
            "citadel",
            Feature("security"),
            "control-plane",
            "security",
            "issues certificates",
        ),
        "securityNamespace",
    ),
    component(
        "nodeAgent",
        Feature("security"),
        "control-plane",
        "nodeagent",
        "hands certificates to the proxies of a node",
    ),
    component(
        "certManager",
        Feature("security"),
        "control-plane",
        "certmanager",
        "certificates for gateways",
    ),
    seen_as(
        component(
            "policy",
            Feature("policy"),
            "control-plane",
            "mixer.policy",
            "answers whether a request may pass",
        ),
        "policyNamespace",
    ),
    seen_as(
        component(
            "telemetry",
            Feature("telemetry"),
            "control-plane",
            "mixer.telemetry",
            "collects reports of the proxies",
        ),
        "telemetryNamespace",
    ),
    component(
        "injector",
        Feature("autoInjection"),
        "control-plane",
        "sidecarInjectorWebhook",
        "adds proxies to new pods",
    ),
    component(
        "coreDNS",
        Feature("coreDNS"),
        "control-plane",
        "istiocoredns",
        "resolves names of service entries",
    ),
    component(
        "ingressGateway",
        Feature("gateways"),
        "gateway",
        "gateways.istio-ingressgateway",
        "lets traffic into the mesh",
    ),
    component(
        "egressGateway",
        Feature("gateways"),
        "gateway",
        "gateways.istio-egressgateway",
        "lets traffic out of the mesh",
    ),
    Component {
        enabled_root: Some("istio_cni"),
        ..component(
            "cni",
            Feature("cni"),
            "cni",
            "cni",
            "redirects the traffic of pods without rights in the pods",
        )
    },
    seen_as(
        component(
            "prometheus",
            Values("prometheus"),
            "addons",
            "prometheus",
            "metrics",
        ),
        "prometheusNamespace",
    ),
    component(
        "grafana",
        Values("grafana"),
        "addons",
        "grafana",
        "dashboards",
    ),
    component(
        "tracing",
        Values("tracing"),
        "addons",
        "tracing.jaeger",
        "traces, with jaeger or zipkin",
    ),
    component(
        "kiali",
        Values("kiali"),
        "addons",
        "kiali",
        "a picture of the mesh",
    ),
];
