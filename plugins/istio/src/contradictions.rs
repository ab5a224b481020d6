//! What a server refuses because a setting was merged into what the component has, as Istio 1.4 merges it. The objects
//! stay as Istio 1.4 makes them; the person is told how to mend them. Must not know any component.

use meshhost_piece::Diagnostic;
use meshhost_piece::serde_json::Value;

use crate::component::K8s;

/// Warnings about `objects` that the settings `k8s`, at the settings path `at`, were merged into.
pub(crate) fn find(objects: &[Value], k8s: &K8s, at: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if k8s.pod_disruption_budget.is_some() && objects.iter().any(has_two_bounds) {
        found.push(Diagnostic::warning(
            format!("{at}.podDisruptionBudget"),
            "Kubernetes refuses a budget with minAvailable and maxUnavailable, and Istio 1.4 keeps the component's \
             minAvailable: write the whole by an overlay with path `spec` and the wanted bound and selector as value",
        ));
    }
    if k8s.readiness_probe.is_some() && objects.iter().any(has_probe_of_two_kinds) {
        found.push(Diagnostic::warning(
            format!("{at}.readinessProbe"),
            "Kubernetes refuses a probe of two kinds, and Istio 1.4 keeps the component's: write the whole by an overlay \
             with path `spec.template.spec.containers.[name:NAME].readinessProbe` and the probe as value",
        ));
    }
    found
}

fn has_two_bounds(object: &Value) -> bool {
    let has = |bound: &str| object["spec"].get(bound).is_some();
    object["kind"] == "PodDisruptionBudget" && has("minAvailable") && has("maxUnavailable")
}

fn has_probe_of_two_kinds(object: &Value) -> bool {
    const KINDS: [&str; 3] = ["exec", "httpGet", "tcpSocket"];
    object
        .pointer("/spec/template/spec/containers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|container| {
            let probe = &container["readinessProbe"];
            KINDS
                .into_iter()
                .filter(|kind| probe.get(kind).is_some())
                .count()
                > 1
        })
}
