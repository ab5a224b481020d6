//! What the piece says of itself: kinds and names that it may emit with any settings, images with default settings.

use meshhost_istio::{Global, pod};
use meshhost_piece::{Card, Selector};

use crate::values::Values;

/// The card.
pub(super) fn card() -> Card {
    Card {
        name: "control-plane".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Control plane of Istio 1.4: custom resource definitions, pilot, galley, citadel, node agent, policy, \
                  telemetry, sidecar injector, cert-manager, CoreDNS"
            .to_owned(),
        emits: emits(),
        images: images(),
        ..Card::default()
    }
}

fn emits() -> Vec<Selector> {
    let named: &[(&str, &str, &[&str])] = &[
        ("", "Service", &["istio-*", "istiocoredns"]),
        (
            "",
            "Endpoints",
            &["istio-pilot", "istio-policy", "istio-telemetry"],
        ),
        (
            "",
            "ServiceAccount",
            &["istio-*", "istiocoredns-service-account", "certmanager"],
        ),
        (
            "",
            "ConfigMap",
            &[
                "istio*",
                "injector-mesh",
                "galley-envoy-config",
                "pilot-envoy-config*",
                "telemetry-envoy-config",
                "coredns",
            ],
        ),
        (
            "apps",
            "Deployment",
            &["istio-*", "istiocoredns", "certmanager"],
        ),
        ("apps", "DaemonSet", &["istio-nodeagent"]),
        ("autoscaling", "HorizontalPodAutoscaler", &["istio-*"]),
        ("policy", "PodDisruptionBudget", &["istio-*", "certmanager"]),
        (
            "rbac.authorization.k8s.io",
            "ClusterRole",
            &["istio-*", "istiocoredns", "certmanager"],
        ),
        (
            "rbac.authorization.k8s.io",
            "ClusterRoleBinding",
            &["istio-*", "certmanager"],
        ),
        (
            "admissionregistration.k8s.io",
            "MutatingWebhookConfiguration",
            &["istio-sidecar-injector*"],
        ),
        ("apiextensions.k8s.io", "CustomResourceDefinition", CRDS),
        ("authentication.istio.io", "MeshPolicy", &["default"]),
        (
            "networking.istio.io",
            "DestinationRule",
            &["default", "api-server", "istio-policy", "istio-telemetry"],
        ),
        (
            "networking.istio.io",
            "EnvoyFilter",
            &["metadata-exchange", "stats-filter"],
        ),
        (
            "certmanager.k8s.io",
            "ClusterIssuer",
            &["letsencrypt", "letsencrypt-staging"],
        ),
    ];
    let mut emits: Vec<_> = named
        .iter()
        .flat_map(|(group, kind, names)| {
            names
                .iter()
                .map(move |name| Selector::kind(*group, *kind).named(*name))
        })
        .collect();
    emits.push(Selector::kind("", "Namespace"));
    emits.extend(
        ["attributemanifest", "handler", "instance", "rule"]
            .map(|kind| Selector::kind("config.istio.io", kind)),
    );
    emits
}

/// All custom resource definitions, those of cert-manager last.
const CRDS: &[&str] = &[
    "adapters.config.istio.io",
    "attributemanifests.config.istio.io",
    "authorizationpolicies.security.istio.io",
    "clusterrbacconfigs.rbac.istio.io",
    "destinationrules.networking.istio.io",
    "envoyfilters.networking.istio.io",
    "gateways.networking.istio.io",
    "handlers.config.istio.io",
    "httpapispecbindings.config.istio.io",
    "httpapispecs.config.istio.io",
    "instances.config.istio.io",
    "meshpolicies.authentication.istio.io",
    "policies.authentication.istio.io",
    "quotaspecbindings.config.istio.io",
    "quotaspecs.config.istio.io",
    "rbacconfigs.rbac.istio.io",
    "rules.config.istio.io",
    "serviceentries.networking.istio.io",
    "servicerolebindings.rbac.istio.io",
    "serviceroles.rbac.istio.io",
    "sidecars.networking.istio.io",
    "templates.config.istio.io",
    "virtualservices.networking.istio.io",
    "clusterissuers.certmanager.k8s.io",
    "issuers.certmanager.k8s.io",
    "certificates.certmanager.k8s.io",
    "orders.certmanager.k8s.io",
    "challenges.certmanager.k8s.io",
];

/// Images of all components with default settings; injected pods have the proxy's too.
fn images() -> Vec<String> {
    let values = Values::default();
    let istio = |name: &str| pod::image(&Global::default(), name);
    vec![
        istio(&values.pilot.image),
        istio(&values.galley.image),
        istio(&values.security.image),
        istio(&values.nodeagent.image),
        istio(&values.mixer.policy.image),
        istio(&values.sidecar_injector_webhook.image),
        istio(&values.global.proxy.image),
        format!(
            "{}:{}",
            values.istiocoredns.core_dns_image, values.istiocoredns.core_dns_tag
        ),
        values.istiocoredns.core_dns_plugin_image,
        format!(
            "{}/{}:{}",
            values.certmanager.hub, values.certmanager.image, values.certmanager.tag
        ),
    ]
}
