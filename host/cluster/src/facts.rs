//! Facts about a cluster, for pieces. Owns what is read from `/version` and from what is served; must not know pieces.

use meshhost_core::facts::{Facts, KubernetesVersion};
use serde_json::Value;

use crate::discovery::Discovery;

pub(crate) fn facts(version: &Value, discovery: &Discovery) -> Facts {
    let text = |key: &str| version.get(key).and_then(Value::as_str).unwrap_or_default();
    Facts {
        kubernetes: KubernetesVersion {
            major: leading_number(text("major")),
            minor: leading_number(text("minor")),
            git_version: text("gitVersion").to_owned(),
        },
        served: discovery.served(),
        platform: platform(text("gitVersion"), discovery).to_owned(),
    }
}

/// `16+` is what some vendors write.
fn leading_number(text: &str) -> u32 {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().unwrap_or(0)
}

/// Names as mesh charts use them for `global.platform`. What a vendor's API server says of itself is enough: no node needs
/// to be looked at.
fn platform(git_version: &str, discovery: &Discovery) -> &'static str {
    if discovery.has_group("security.openshift.io") {
        return "openshift";
    }
    [
        ("-gke.", "gke"),
        ("-eks-", "eks"),
        ("+k3s", "k3s"),
        ("+rke2", "rke2"),
    ]
    .into_iter()
    .find(|(mark, _)| git_version.contains(mark))
    .map_or("kubernetes", |(_, platform)| platform)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_versions_of_all_vendors() {
        for (major, minor, git, expected) in [
            ("1", "37", "v1.37.2", (1, 37, "kubernetes")),
            ("1", "16+", "v1.16.8-eks-e16311", (1, 16, "eks")),
            ("1", "27", "v1.27.3-gke.100", (1, 27, "gke")),
            ("1", "30", "v1.30.1+k3s1", (1, 30, "k3s")),
        ] {
            let version = json!({"major": major, "minor": minor, "gitVersion": git});
            let facts = facts(&version, &Discovery::default());
            let found = (
                facts.kubernetes.major,
                facts.kubernetes.minor,
                facts.platform.as_str(),
            );
            assert_eq!(found, expected, "{git}");
        }
    }
}
