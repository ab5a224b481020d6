//! Kubernetes settings of components. Owns which there are, and which values of the charts of Istio 1.4 say the same.

use super::Kind;

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

/// Which value below a component's root in `values` says what which setting below `k8s` says, in Istio 1.4. `env` is a map
/// in values; of `cpu.targetAverageUtilization` a metric is made. Values of which the charts make more than the setting is
/// (`nodeSelector`, `podAnnotations`) are not among them.
pub const VALUES_OF_K8S: [(&str, &str); 13] = [
    ("env", "env"),
    ("imagePullPolicy", "imagePullPolicy"),
    ("podDisruptionBudget", "podDisruptionBudget"),
    ("priorityClassName", "priorityClassName"),
    ("readinessProbe", "readinessProbe"),
    ("replicaCount", "replicaCount"),
    ("resources", "resources"),
    ("tolerations", "tolerations"),
    ("rollingMaxSurge", "strategy.rollingUpdate.maxSurge"),
    (
        "rollingMaxUnavailable",
        "strategy.rollingUpdate.maxUnavailable",
    ),
    ("autoscaleMin", "hpaSpec.minReplicas"),
    ("autoscaleMax", "hpaSpec.maxReplicas"),
    ("cpu.targetAverageUtilization", "hpaSpec.metrics"),
];
