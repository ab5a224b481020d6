//! What Istio 1.4 had and meshhost has not. Owns the names and the reasons.

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
