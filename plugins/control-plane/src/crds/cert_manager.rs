//! `certmanager.k8s.io/v1alpha1`: what cert-manager 0.8 works with, where it is installed along.

use super::definition::{Column, Definition, Labels, age, column};

fn definition(kind: &'static str, plural: &'static str) -> Definition {
    Definition::bare("certmanager.k8s.io", "v1alpha1", kind, plural)
        .labels(Labels::new("certmanager").chart_named("certmanager"))
}

fn plain(name: &'static str, path: &'static str) -> Column {
    column(name, path, "")
}

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        definition("ClusterIssuer", "clusterissuers").cluster_scoped(),
        definition("Issuer", "issuers"),
        definition("Certificate", "certificates")
            .short("cert")
            .short("certs")
            .columns(vec![
                plain("Ready", r#".status.conditions[?(@.type=="Ready")].status"#),
                plain("Secret", ".spec.secretName"),
                plain("Issuer", ".spec.issuerRef.name").wide(),
                plain(
                    "Status",
                    r#".status.conditions[?(@.type=="Ready")].message"#,
                )
                .wide(),
                age(),
            ]),
        definition("Order", "orders").columns(vec![
            plain("State", ".status.state"),
            plain("Issuer", ".spec.issuerRef.name").wide(),
            plain("Reason", ".status.reason").wide(),
            age(),
        ]),
        definition("Challenge", "challenges").columns(vec![
            plain("State", ".status.state"),
            plain("Domain", ".spec.dnsName"),
            plain("Reason", ".status.reason"),
            age(),
        ]),
    ]
}
