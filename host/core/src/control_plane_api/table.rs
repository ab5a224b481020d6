//! The IstioControlPlane API as rows. Owns writing the constants out, one row a path.

use super::{FEATURES, K8S, Kind, TOP, components_of};

/// One setting of the API.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Row {
    /// Below `spec`.
    pub path: String,
    /// What it may hold.
    pub kind: &'static str,
    /// Where it goes: `PIECE: path in its settings`, or what else it does.
    pub goes_to: Vec<String>,
    /// What it is.
    pub summary: String,
}

/// The whole API, one row a path, in the order of the API.
#[must_use]
pub fn table() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |path: String, kind: Kind, goes_to: Vec<String>, summary: String| {
        rows.push(Row {
            path,
            kind: kind.name(),
            goes_to,
            summary,
        });
    };
    for (key, kind, summary) in TOP {
        let goes_to = match key {
            "profile" => vec!["the lowest layer".to_owned()],
            "hub" | "tag" => vec![format!("every Istio piece: values.global.{key}")],
            "defaultNamespace" => vec!["every Istio piece: components.*.namespace".to_owned()],
            _ => vec![format!(
                "each Istio piece that has the root in its schema: {key}.ROOT"
            )],
        };
        row(key.to_owned(), kind, goes_to, summary.to_owned());
    }
    for (feature, summary) in FEATURES {
        let all = |what: &str| -> Vec<String> {
            components_of(feature)
                .map(|component| {
                    format!("{}: components.{}.{what}", component.piece, component.name)
                })
                .collect()
        };
        row(
            format!("{feature}.enabled"),
            Kind::Boolean,
            all("enabled"),
            format!("whether {summary} is installed"),
        );
        row(
            format!("{feature}.components.namespace"),
            Kind::Namespace,
            all("namespace"),
            "where components go that do not say themselves".to_owned(),
        );
        for component in components_of(feature) {
            let below = format!("{feature}.components.{}", component.name);
            let goes = |what: &str| {
                vec![format!(
                    "{}: components.{}.{what}",
                    component.piece, component.name
                )]
            };
            // What the charts look for in their values, as the lowest layer of these.
            let also = |values: String| format!("each piece that has it: values.{values}");
            let enabled_root = component.enabled_root.unwrap_or(component.root);
            let mut enabled = goes("enabled");
            enabled.push(also(format!("{enabled_root}.enabled")));
            row(
                format!("{below}.enabled"),
                Kind::Boolean,
                enabled,
                format!("whether it is installed: {}", component.summary),
            );
            let mut namespace = goes("namespace");
            namespace.push(also(format!("{}.namespace", component.root)));
            namespace.extend(
                component
                    .global_namespace
                    .map(|key| also(format!("global.{key}"))),
            );
            row(
                format!("{below}.namespace"),
                Kind::Namespace,
                namespace,
                "where it goes".to_owned(),
            );
            for (key, kind, summary) in K8S {
                row(
                    format!("{below}.k8s.{key}"),
                    kind,
                    goes(&format!("k8s.{key}")),
                    summary.to_owned(),
                );
            }
        }
    }
    rows
}
