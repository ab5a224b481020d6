//! What a piece wants, as a person reads it before saying yes: the dangerous first. Owns the text; must not ask.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use meshhost_core::ability::Ability;
use meshhost_core::grant::Grant;
use meshhost_core::lock::Approved;
use meshhost_core::needs::Need;
use meshhost_core::selector::Selector;

/// So many of the objects that need an ability are named.
const NAMED: usize = 3;
/// So many abilities are named in a sentence.
const IN_A_SENTENCE: usize = 5;
/// Kinds that give rights, or that everything goes through.
const POWERFUL: [&str; 12] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "MutatingAdmissionPolicy",
    "ValidatingAdmissionPolicy",
    "APIService",
    "CustomResourceDefinition",
    "Namespace",
    "Secret",
];

/// A piece that is not approved as it is.
pub(crate) struct Pending {
    /// Its name in the installation.
    pub(crate) name: String,
    /// Its own version.
    pub(crate) version: String,
    /// `sha256:…`.
    pub(crate) digest: String,
    /// `sha256:…` of the chart that it renders.
    pub(crate) chart: Option<String>,
    /// Where it is read from; of what renders a chart, where the chart is.
    pub(crate) source: String,
    /// What was approved under this name.
    pub(crate) before: Option<Approved>,
    /// What it wants.
    pub(crate) wanted: Grant,
    /// Whether it is one that puts sidecars into workloads.
    pub(crate) injects: bool,
    /// Which of its objects need which abilities.
    pub(crate) needs: Vec<Need>,
}

impl Pending {
    /// What it wants beyond what was approved.
    fn added(&self) -> Grant {
        let before = self.before.as_ref().map(|before| before.grant.clone());
        before.unwrap_or_default().lacks(&self.wanted)
    }

    /// Whether nothing of these bytes was approved.
    pub(crate) fn is_new(&self) -> bool {
        self.before.is_none() || self.changed().is_some()
    }

    fn changed(&self) -> Option<&Approved> {
        self.before
            .as_ref()
            .filter(|before| before.digest != self.digest || before.chart != self.chart)
    }

    /// One sentence: that it is not approved, and what that is about.
    pub(crate) fn sentence(&self) -> String {
        let Self {
            name,
            version,
            digest,
            source,
            chart,
            ..
        } = self;
        let (head, grant, what) = match (self.changed(), &self.before) {
            (Some(before), _) => (
                format!(
                    "piece {name} is not the one that was approved: {source} is {}, and approved was {}",
                    bytes(version, digest, chart.as_deref()),
                    bytes(&before.version, &before.digest, before.chart.as_deref())
                ),
                self.added(),
                "it wants to",
            ),
            (None, Some(_)) => (
                format!("piece {name} ({source}) wants more than was approved"),
                self.added(),
                "it wants to",
            ),
            (None, None) => (
                match chart {
                    Some(chart) => format!(
                        "piece {name} is the chart {source} ({chart}), which was not approved"
                    ),
                    None => format!(
                        "piece {name} {version} ({source}, {digest}) is not built in and was not approved"
                    ),
                },
                self.wanted.clone(),
                "it wants to",
            ),
        };
        let abilities: Vec<String> = grant.abilities.iter().map(Ability::words).collect();
        let selectors = |verb: &str, all: &[Selector]| {
            let all: Vec<String> = all
                .iter()
                .map(|selector| format!("{verb} {selector}"))
                .collect();
            all
        };
        let mut all = abilities;
        if self.injects && self.is_new() {
            all.push("change workloads that `inject` hands to it".to_owned());
        }
        all.extend(selectors("emit", &sorted(&grant.emits)));
        all.extend(selectors("amend", &sorted(&grant.amends)));
        if all.is_empty() && self.before.is_none() {
            return head;
        }
        if all.is_empty() {
            return format!("{head}; it wants nothing more than before");
        }
        let more = match all.len().saturating_sub(IN_A_SENTENCE) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        all.truncate(IN_A_SENTENCE);
        format!("{head}; {what} {}{more}", all.join("; "))
    }

    /// All of it.
    pub(crate) fn question(&self) -> String {
        let Self {
            name,
            version,
            digest,
            source,
            chart,
            wanted,
            ..
        } = self;
        let mut text = String::new();
        match (self.changed(), &self.before) {
            (Some(before), _) => {
                let _ = writeln!(
                    text,
                    "Piece {name} is not the one that was approved.\n  approved  {}\n  now       {}",
                    approved_as(before),
                    whole(version, digest, chart.as_deref(), source)
                );
            }
            (None, Some(_)) => {
                let _ = writeln!(
                    text,
                    "Piece {name} {} wants more than was approved: the settings or the cluster are others.",
                    self.described()
                );
            }
            (None, None) => {
                let _ = match chart {
                    Some(_) => writeln!(text, "Piece {name} {} is not approved.", self.described()),
                    None => writeln!(text, "Piece {name} {} is not built in.", self.described()),
                };
            }
        }
        let Some(before) = &self.before else {
            if self.injects {
                text.push_str("It may change workloads that `inject` hands to it.\n");
            }
            self.list(
                &mut text,
                wanted,
                "With these settings it would",
                "!",
                "It may",
                " ",
            );
            return text;
        };
        let (added, removed) = (self.added(), wanted.lacks(&before.grant));
        if added.is_empty() {
            text.push_str("It wants nothing more than before.\n");
        }
        self.list(&mut text, &added, "It would also", "+", "It may also", "+");
        if self.changed().is_some() {
            self.list(
                &mut text,
                &removed,
                "It would no longer",
                "-",
                "It may no longer",
                "-",
            );
        }
        text
    }

    /// Behind its name.
    fn described(&self) -> String {
        let Self {
            version,
            digest,
            source,
            ..
        } = self;
        match &self.chart {
            Some(chart) => format!("(chart {source}, {chart}; rendered by {version}, {digest})"),
            None => format!("{version} ({digest} from {source})"),
        }
    }

    fn list(
        &self,
        text: &mut String,
        grant: &Grant,
        would: &str,
        sign: &str,
        may: &str,
        plain: &str,
    ) {
        if !grant.abilities.is_empty() {
            let _ = writeln!(text, "{would}");
        }
        for ability in &grant.abilities {
            let _ = writeln!(text, "  {sign} {} ({ability})", ability.words());
            self.places(text, ability);
        }
        for (verb, selectors) in [("emit", &grant.emits), ("amend", &grant.amends)] {
            if !selectors.is_empty() {
                let _ = writeln!(text, "{may} {verb}");
            }
            for selector in sorted(selectors) {
                let sign = if plain == " " && weight(&selector) < 2 {
                    "!"
                } else {
                    plain
                };
                let _ = writeln!(text, "  {sign} {selector}");
            }
        }
    }

    /// Where an ability shows.
    fn places(&self, text: &mut String, ability: &Ability) {
        let mut by_object: BTreeMap<String, &str> = BTreeMap::new();
        for need in self.needs.iter().filter(|need| need.ability == *ability) {
            by_object.entry(need.id.to_string()).or_insert(&need.field);
        }
        for (id, field) in by_object.iter().take(NAMED) {
            let _ = writeln!(text, "      {id}: {field}");
        }
        if by_object.len() > NAMED {
            let _ = writeln!(text, "      and {} objects more", by_object.len() - NAMED);
        }
    }
}

/// What was approved, in one line.
pub(crate) fn approved_as(approved: &Approved) -> String {
    let Approved {
        version,
        digest,
        chart,
        source,
        ..
    } = approved;
    whole(version, digest, chart.as_deref(), source)
}

fn whole(version: &str, digest: &str, chart: Option<&str>, source: &str) -> String {
    match chart {
        Some(chart) => format!("chart {chart} from {source}, rendered by {version} {digest}"),
        None => format!("{version} {digest} from {source}"),
    }
}

fn bytes(version: &str, digest: &str, chart: Option<&str>) -> String {
    match chart {
        Some(chart) => format!("chart {chart}, rendered by {version}, {digest}"),
        None => format!("{version}, {digest}"),
    }
}

/// The most powerful first, else in the piece's own order.
fn sorted(selectors: &[Selector]) -> Vec<Selector> {
    let mut sorted = selectors.to_vec();
    sorted.sort_by_key(weight);
    sorted
}

fn weight(selector: &Selector) -> u8 {
    match &selector.kind {
        None => 0,
        Some(kind) if POWERFUL.contains(&kind.as_str()) => 1,
        Some(_) => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(before: Option<Approved>, abilities: &[&str], emits: &[&str]) -> Pending {
        Pending {
            name: "vendor".into(),
            version: "2.0.0".into(),
            digest: "sha256:bb".into(),
            chart: None,
            source: "./vendor.wasm".into(),
            before,
            wanted: grant(abilities, emits),
            injects: false,
            needs: Vec::new(),
        }
    }

    fn grant(abilities: &[&str], emits: &[&str]) -> Grant {
        Grant {
            emits: emits.iter().map(|kind| Selector::kind("", *kind)).collect(),
            amends: Vec::new(),
            abilities: abilities.iter().map(|text| text.parse().unwrap()).collect(),
        }
    }

    fn approved(digest: &str, grant: Grant) -> Option<Approved> {
        Some(Approved {
            version: "1.0.0".into(),
            digest: digest.into(),
            chart: None,
            source: "./old.wasm".into(),
            grant,
        })
    }

    #[test]
    fn the_dangerous_is_said_first() {
        let first = pending(
            None,
            &["cluster-admin", "host-network"],
            &["ConfigMap", "Secret"],
        );
        assert_eq!(
            first.question(),
            "\
Piece vendor 2.0.0 (sha256:bb from ./vendor.wasm) is not built in.
With these settings it would
  ! do anything at all to the cluster (cluster-admin)
  ! use the network of the node (host-network)
It may emit
  ! Secret
    ConfigMap
"
        );
        assert_eq!(
            first.sentence(),
            "piece vendor 2.0.0 (./vendor.wasm, sha256:bb) is not built in and was not approved; it wants to do anything at all to the cluster; use the network of the node; emit Secret; emit ConfigMap"
        );
    }

    #[test]
    fn an_injector_is_said_to_be_one() {
        let mut injector = pending(None, &["privileged"], &[]);
        injector.injects = true;
        assert_eq!(
            injector.question(),
            "\
Piece vendor 2.0.0 (sha256:bb from ./vendor.wasm) is not built in.
It may change workloads that `inject` hands to it.
With these settings it would
  ! run privileged containers: root on the node (privileged)
"
        );
        assert_eq!(
            injector.sentence(),
            "piece vendor 2.0.0 (./vendor.wasm, sha256:bb) is not built in and was not approved; it wants to run privileged containers: root on the node; change workloads that `inject` hands to it"
        );
    }

    #[test]
    fn an_upgrade_shows_the_difference() {
        let head = "\
Piece vendor is not the one that was approved.
  approved  1.0.0 sha256:aa from ./old.wasm
  now       2.0.0 sha256:bb from ./vendor.wasm
";
        let sentence = "piece vendor is not the one that was approved: ./vendor.wasm is 2.0.0, sha256:bb, and approved was 1.0.0, sha256:aa; it wants ";
        let before = approved("sha256:aa", grant(&["host-pid"], &["ConfigMap", "Pod"]));
        let upgrade = pending(before, &["privileged"], &["ConfigMap", "Secret"]);
        assert_eq!(
            upgrade.question(),
            format!(
                "\
{head}It would also
  + run privileged containers: root on the node (privileged)
It may also emit
  + Secret
It would no longer
  - see and signal all processes of the node (host-pid)
It may no longer emit
  - Pod
"
            )
        );
        assert_eq!(
            upgrade.sentence(),
            format!("{sentence}to run privileged containers: root on the node; emit Secret")
        );
        let same = approved("sha256:aa", grant(&["host-pid"], &["ConfigMap"]));
        let same = pending(same, &["host-pid"], &["ConfigMap"]);
        assert_eq!(
            same.question(),
            format!("{head}It wants nothing more than before.\n")
        );
        assert_eq!(
            same.sentence(),
            format!("{sentence}nothing more than before")
        );
    }

    #[test]
    fn other_settings_of_the_same_piece_can_want_more() {
        let before = approved("sha256:bb", grant(&["host-pid"], &["ConfigMap"]));
        let more = pending(before, &["privileged"], &["ConfigMap"]);
        assert_eq!(
            more.question(),
            "\
Piece vendor 2.0.0 (sha256:bb from ./vendor.wasm) wants more than was approved: the settings or the cluster are others.
It would also
  + run privileged containers: root on the node (privileged)
"
        );
        assert_eq!(
            more.sentence(),
            "piece vendor (./vendor.wasm) wants more than was approved; it wants to run privileged containers: root on the node"
        );
    }
}
