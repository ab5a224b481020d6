//! Puts a component's Kubernetes settings into its objects: which setting goes to which place of which object, as the
//! translation table of istioctl 1.4 has it. Owns the table; must not know any component.

use meshhost_piece::serde_json::{self, Value};
use meshhost_piece::{Diagnostic, Problem, json};
use serde::Serialize;

use crate::component::{Component, K8s};
use crate::{contradictions, overlay, strategic};

/// The workload that a component's settings are about.
#[derive(Debug, Clone, Copy)]
pub struct Workload<'a> {
    /// `Deployment` or `DaemonSet`.
    pub kind: &'a str,
    /// Its name; autoscaler and disruption budget are found by the same name.
    pub name: &'a str,
    /// The main container.
    pub container: &'a str,
}

/// Puts settings and then overlays of one component into its `objects`. `at` is the component's settings path, for
/// example `components.pilot`; `namespace` is where the component is installed. Settings for an object that the
/// component does not have are passed over, as in istioctl.
///
/// # Errors
/// Overlays that cannot be applied.
pub fn customise(
    objects: &mut [Value],
    component: &Component,
    workload: Option<Workload<'_>>,
    namespace: &str,
    at: &str,
) -> Result<Vec<Diagnostic>, Vec<Problem>> {
    let at = format!("{at}.k8s");
    if let Some(workload) = workload {
        for (kind, patch) in patches(&component.k8s, workload) {
            let object = objects.iter_mut().find(|object| {
                object["kind"] == kind && object["metadata"]["name"] == workload.name
            });
            if let Some(object) = object {
                strategic::merge(object, patch);
            }
        }
    }
    let mut diagnostics = overlay::apply(objects, &component.k8s.overlays, namespace, &at)?;
    diagnostics.extend(without_effect(&component.k8s, &at));
    diagnostics.extend(contradictions::find(objects, &component.k8s, &at));
    Ok(diagnostics)
}

/// The patches, and the kind of object each is for.
fn patches<'a>(k8s: &K8s, workload: Workload<'a>) -> Vec<(&'a str, Value)> {
    let mut patches = Vec::new();
    let mut add = |kind, value: Option<Value>, wrap: &dyn Fn(Value) -> Value| {
        if let Some(value) = value {
            patches.push((kind, wrap(value)));
        }
    };
    let pod = |key: &'static str| {
        move |value| {
            let mut spec = json!({});
            spec[key] = value;
            json!({ "spec": { "template": { "spec": spec } } })
        }
    };
    let container = |key: &'static str| {
        move |value| {
            let mut container = json!({ "name": workload.container });
            container[key] = value;
            json!({ "spec": { "template": { "spec": { "containers": [container] } } } })
        }
    };
    let spec = |key: &'static str| {
        move |value| {
            let mut spec = json!({});
            spec[key] = value;
            json!({ "spec": spec })
        }
    };
    let whole_spec = |value| json!({ "spec": value });

    add(workload.kind, tree(k8s.affinity.as_ref()), &pod("affinity"));
    add(workload.kind, tree(k8s.env.as_ref()), &container("env"));
    add(
        "HorizontalPodAutoscaler",
        tree(k8s.hpa_spec.as_ref()),
        &whole_spec,
    );
    add(
        workload.kind,
        tree(k8s.image_pull_policy.as_ref()),
        &container("imagePullPolicy"),
    );
    add(
        workload.kind,
        tree(k8s.node_selector.as_ref()),
        &pod("nodeSelector"),
    );
    add(
        "PodDisruptionBudget",
        tree(k8s.pod_disruption_budget.as_ref()),
        &whole_spec,
    );
    add(
        workload.kind,
        tree(k8s.pod_annotations.as_ref()),
        &|value| json!({ "spec": { "template": { "metadata": { "annotations": value } } } }),
    );
    add(
        workload.kind,
        tree(
            k8s.priority_class_name
                .as_ref()
                .filter(|name| !name.is_empty()),
        ),
        &pod("priorityClassName"),
    );
    add(
        workload.kind,
        tree(k8s.readiness_probe.as_ref()),
        &container("readinessProbe"),
    );
    add(
        workload.kind,
        tree(k8s.replica_count.as_ref().filter(|count| **count != 0)),
        &spec("replicas"),
    );
    add(
        workload.kind,
        tree(k8s.resources.as_ref()),
        &container("resources"),
    );
    add(
        workload.kind,
        tree(k8s.strategy.as_ref()),
        &spec("strategy"),
    );
    add(
        workload.kind,
        tree(k8s.tolerations.as_ref()),
        &pod("tolerations"),
    );
    patches
}

fn tree<T: Serialize>(setting: Option<&T>) -> Option<Value> {
    setting.map(|setting| {
        serde_json::to_value(setting).expect("settings are made of maps with text keys")
    })
}

/// Istio 1.4 reads these and does nothing with them; saying so is better than doing otherwise than it did.
fn without_effect(k8s: &K8s, at: &str) -> Vec<Diagnostic> {
    [
        ("service", k8s.service.is_some()),
        ("serviceAnnotations", k8s.service_annotations.is_some()),
    ]
    .into_iter()
    .filter(|(_, set)| *set)
    .map(|(key, _)| {
        Diagnostic::warning(
            format!("{at}.{key}"),
            "Istio 1.4 accepts this setting and does nothing with it: use `overlays` on the Service",
        )
    })
    .collect()
}
