//! The IstioControlPlane API (`install.istio.io/v1alpha2`, Istio 1.4) as data. Owns which settings it has, of which kind
//! they are and where each goes; how they are checked and moved is not known here.
//!
//! The API groups an installation by features, and features by components. `values` beside them is the tree of the 1.4
//! charts: its keys belong to the pieces, whose own schemas say which there are.

mod table;

pub use table::{Row, table};

/// The API's group and version.
pub const API_VERSION: &str = "install.istio.io/v1alpha2";
/// The only kind of the API.
pub const KIND: &str = "IstioControlPlane";

/// What a setting may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// Any text.
    Text,
    /// A DNS label.
    Namespace,
    /// Registry and folder of images.
    Hub,
    /// Tag of images.
    Tag,
    /// An integer from 0.
    Count,
    /// A map, whose keys the piece's schema knows.
    Map,
    /// A list, whose entries the piece's schema knows.
    List,
}

impl Kind {
    /// What it is called in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Text => "a text",
            Self::Namespace => "the name of a namespace (lower-case letters, digits and `-`)",
            Self::Hub => "a registry and folder of images, such as `docker.io/istio`",
            Self::Tag => "an image tag, such as `1.4.2`",
            Self::Count => "a whole number from 0",
            Self::Map => "a map",
            Self::List => "a list",
        }
    }
}

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

/// Every feature, and what it is.
pub const FEATURES: [(&str, &str); 9] = [
    ("trafficManagement", "routing"),
    ("policy", "access policy and quotas"),
    ("telemetry", "reports of the proxies"),
    ("security", "certificates"),
    (
        "configManagement",
        "checking and distributing configuration",
    ),
    ("autoInjection", "proxies in new pods"),
    ("gateways", "traffic into and out of the mesh"),
    ("cni", "the CNI plug-in"),
    ("coreDNS", "DNS for service entries"),
];

/// Components that the API names and that nothing was ever made for: they change nothing, in 1.4 too.
pub const WITHOUT_EFFECT: [(&str, &str); 1] = [("trafficManagement", "proxy")];

/// Kubernetes settings that every component of a feature has, below `k8s`.
pub const K8S: [(&str, Kind, &str); 16] = [
    (
        "affinity",
        Kind::Map,
        "which nodes and neighbours its pods want",
    ),
    (
        "env",
        Kind::List,
        "environment of its container, merged by name",
    ),
    (
        "hpaSpec",
        Kind::Map,
        "its HorizontalPodAutoscaler (autoscaling/v2beta1)",
    ),
    ("imagePullPolicy", Kind::Text, "when its image is pulled"),
    ("nodeSelector", Kind::Map, "labels of the nodes it runs on"),
    ("podAnnotations", Kind::Map, "annotations of its pods"),
    ("podDisruptionBudget", Kind::Map, "its PodDisruptionBudget"),
    (
        "priorityClassName",
        Kind::Text,
        "priority class of its pods",
    ),
    ("readinessProbe", Kind::Map, "when its container is ready"),
    ("replicaCount", Kind::Count, "how many pods"),
    (
        "resources",
        Kind::Map,
        "requests and limits of its container",
    ),
    ("service", Kind::Map, "its Service"),
    (
        "serviceAnnotations",
        Kind::Map,
        "annotations of its Service",
    ),
    ("strategy", Kind::Map, "how its Deployment is rolled"),
    ("tolerations", Kind::List, "taints its pods tolerate"),
    (
        "overlays",
        Kind::List,
        "patches of any of its objects, by path",
    ),
];

/// Settings of the whole, beside features.
pub const TOP: [(&str, Kind, &str); 6] = [
    (
        "profile",
        Kind::Text,
        "name of the profile to start from, or the path of one",
    ),
    ("hub", Kind::Hub, "registry and folder of all Istio images"),
    ("tag", Kind::Tag, "tag of all Istio images"),
    (
        "defaultNamespace",
        Kind::Namespace,
        "where a component goes whose feature and itself say nothing",
    ),
    (
        "values",
        Kind::Map,
        "settings of the charts of Istio 1.4; an unknown key is an error",
    ),
    (
        "unvalidatedValues",
        Kind::Map,
        "laid over `values`; an unknown key is a warning",
    ),
];

/// What Istio 1.4 had and meshhost refuses, with the reason.
pub const REFUSED: [(&str, &str); 1] = [(
    "installPackagePath",
    "charts are not read from a path: what is installed comes from pieces, and `--plugin [NAME=]FILE` replaces one",
)];

/// Roots of `values` that Istio 1.4 had and no piece here reads, with the reason.
pub const REFUSED_ROOTS: [(&str, &str); 2] = [
    (
        "prometheusOperator",
        "the Prometheus operator variant of Istio 1.4 is not supported; `values.prometheus` is",
    ),
    (
        "servicegraph",
        "it had left Istio before 1.4; `values.kiali` draws the mesh",
    ),
];

/// The roots of `values` that each built-in piece reads; the schema of a piece, where it is at hand, says it better.
pub const ROOTS: [(&str, &[&str]); 4] = [
    (
        "control-plane",
        &[
            "global",
            "pilot",
            "galley",
            "mixer",
            "security",
            "nodeagent",
            "sidecarInjectorWebhook",
            "istiocoredns",
            "certmanager",
            "istio_cni",
            "telemetry",
            "version",
            "clusterResources",
        ],
    ),
    ("gateway", &["global", "gateways"]),
    ("cni", &["global", "cni"]),
    (
        "addons",
        &["global", "prometheus", "grafana", "tracing", "kiali"],
    ),
];

/// The components of a feature.
pub fn components_of(feature: &str) -> impl Iterator<Item = &'static Component> {
    COMPONENTS
        .iter()
        .filter(move |component| component.switch == Switch::Feature(find_feature(feature)))
}

fn find_feature(feature: &str) -> &'static str {
    FEATURES
        .iter()
        .map(|(name, _)| *name)
        .find(|name| *name == feature)
        .unwrap_or("")
}

/// The component of that name.
#[must_use]
pub fn find_component(name: &str) -> Option<&'static Component> {
    COMPONENTS.iter().find(|component| component.name == name)
}

/// The feature that a piece is switched on by as a whole, when there is exactly one and nothing else in the piece.
#[must_use]
pub fn only_feature(piece: &str) -> Option<&'static str> {
    let mut features = COMPONENTS
        .iter()
        .filter(|component| component.piece == piece)
        .map(|component| match component.switch {
            Switch::Feature(feature) => Some(feature),
            _ => None,
        });
    let first = features.next()??;
    features.all(|other| other == Some(first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_one_row_a_path() {
        let rows = table();
        let mut paths: Vec<&str> = rows.iter().map(|row| row.path.as_str()).collect();
        assert_eq!(paths.len(), TOP.len() + 9 * 2 + 12 * 18);
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), rows.len());
        let cni = rows
            .iter()
            .find(|row| row.path == "cni.components.cni.namespace")
            .unwrap();
        assert_eq!(cni.goes_to, ["cni: components.cni.namespace"]);
    }

    #[test]
    fn knows_what_switches_a_piece() {
        assert_eq!(only_feature("cni"), Some("cni"));
        assert_eq!(only_feature("gateway"), Some("gateways"));
        assert_eq!(only_feature("control-plane"), None);
        assert_eq!(only_feature("addons"), None);
        assert_eq!(only_feature("critical-pods"), None);
    }
}
