//! What the piece may return with any settings at all, as the person is asked to grant it.

use meshhost_piece::Selector;

use crate::gateway::Direction;

/// The selectors. Routes named by settings (`hosts`, `ingressPorts`, `telemetry_addon_gateways`) have any name.
pub(crate) fn selectors() -> Vec<Selector> {
    let rbac = "rbac.authorization.k8s.io";
    let networking = "networking.istio.io";
    let mut emits = Vec::new();
    for direction in [Direction::Ingress, Direction::Egress] {
        let name = direction.name();
        let sds = format!("{name}-sds");
        emits.extend([
            Selector::kind("apps", "Deployment").named(name),
            Selector::kind("autoscaling", "HorizontalPodAutoscaler").named(name),
            Selector::kind("policy", "PodDisruptionBudget").named(direction.budget()),
            Selector::kind("", "Service").named(name),
            Selector::kind("", "ServiceAccount").named(direction.account()),
            Selector::kind(rbac, "Role").named(&sds),
            Selector::kind(rbac, "RoleBinding").named(&sds),
            Selector::kind(networking, "EnvoyFilter")
                .named(format!("istio-multicluster-{}", direction.role())),
        ]);
    }
    emits.extend([
        Selector::kind(networking, "Gateway").named("ingressgateway"),
        Selector::kind(networking, "Gateway").named("meshexpansion-gateway"),
        Selector::kind(networking, "Gateway").named("istio-*"),
        Selector::kind(networking, "VirtualService"),
        Selector::kind(networking, "DestinationRule"),
        Selector::kind(networking, "Sidecar").named("default"),
        Selector::kind("certmanager.k8s.io", "Issuer").named("letsencrypt"),
        Selector::kind("certmanager.k8s.io", "Certificate").named("istio-ingressgateway-certs"),
    ]);
    emits
}
