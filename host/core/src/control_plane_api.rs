//! The IstioControlPlane API (`install.istio.io/v1alpha2`, Istio 1.4) as data. Owns which settings it has, of which kind
//! they are and where each goes; how they are checked and moved is not known here.
//!
//! The API groups an installation by features, and features by components. `values` beside them is the tree of the 1.4
//! charts: its keys belong to the pieces, whose own schemas say which there are.

mod components;
mod k8s;
mod refused;
mod table;

pub use components::{COMPONENTS, Component, Switch};
pub use k8s::{K8S, VALUES_OF_K8S};
pub use refused::{REFUSED, REFUSED_ROOTS};
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
    /// An integer from 0 that Kubernetes can hold (32 bits).
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
        assert_eq!(
            cni.goes_to,
            [
                "cni: components.cni.namespace",
                "each piece that has it: values.cni.namespace"
            ]
        );
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
