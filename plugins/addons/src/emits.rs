//! What the piece may return with any settings at all, as the person is asked to grant it.

use meshhost_piece::Selector;

use crate::{grafana, kiali, prometheus, tracing};

/// The selectors. The Secret of Kiali has the name that the settings give it.
pub(crate) fn selectors() -> Vec<Selector> {
    let rbac = "rbac.authorization.k8s.io";
    let core = |kind: &str, names: &[&str]| -> Vec<Selector> {
        names
            .iter()
            .map(|name| Selector::kind("", kind).named(*name))
            .collect()
    };
    let mut emits: Vec<Selector> = [prometheus::NAME, grafana::NAME, tracing::NAME, kiali::NAME]
        .iter()
        .map(|name| Selector::kind("apps", "Deployment").named(*name))
        .collect();
    emits.extend(core(
        "Service",
        &[
            prometheus::NAME,
            prometheus::NODE_PORT,
            grafana::NAME,
            kiali::NAME,
            "zipkin",
            "tracing",
            "jaeger-query",
            "jaeger-collector",
            "jaeger-agent",
        ],
    ));
    emits.extend(core(
        "ConfigMap",
        &[
            prometheus::NAME,
            grafana::CONFIG,
            &grafana::dashboard_config("*"),
            kiali::NAME,
            tracing::CONFIG,
        ],
    ));
    emits.extend(core("ServiceAccount", &[prometheus::NAME, kiali::ACCOUNT]));
    emits.extend(core(
        "PersistentVolumeClaim",
        &[grafana::CLAIM, tracing::CLAIM],
    ));
    emits.push(Selector::kind("", "Secret"));
    for kind in ["ClusterRole", "ClusterRoleBinding"] {
        for name in [&format!("{}-*", prometheus::NAME), kiali::NAME] {
            emits.push(Selector::kind(rbac, kind).named(name));
        }
    }
    emits.push(Selector::kind(rbac, "ClusterRole").named(kiali::VIEWER));
    emits.push(
        Selector::kind(rbac, "ClusterRoleBinding").named(format!("{}*", kiali::VIEWER_BINDING)),
    );
    // Which group an Ingress is in depends on what the server serves.
    for group in ["extensions", "networking.k8s.io"] {
        emits.push(Selector::kind(group, "Ingress").named(prometheus::NAME));
    }
    emits.push(
        Selector::kind("authentication.istio.io", "Policy").named("grafana-ports-mtls-disabled"),
    );
    emits
}
