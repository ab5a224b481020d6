//! A plan in a file: what is needed to make the same plan again, and what it must say then. Owns the format and telling a
//! good file from a damaged or foreign one; must not read or write files.
//!
//! The bundle is in it whole, so that applying needs no piece and no settings, and renders nothing anew. What is written is
//! not the plan of then but one made from that bundle when the file is applied, after it was found to do the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grant::Grant;
use crate::plan::Outline;
use crate::recorded::Recorded;
use crate::replace::Replace;
use crate::revision::{RecordedPiece, digest};

/// The format. A file of another one is refused: a program does not guess what another meant.
const API_VERSION: &str = "meshhost.dev/v1alpha1";
const KIND: &str = "Plan";

/// A saved plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PlanFile {
    /// The tool that made it, for example `meshhost 0.1.0`.
    pub tool: String,
    /// When, RFC 3339.
    pub at: String,
    /// The cluster that it was made for.
    pub cluster: ClusterIdentity,
    /// The installation.
    pub installation: String,
    /// Where its records are.
    pub state_namespace: String,
    /// The settings as they were given.
    pub settings: Value,
    /// The pieces that took part, with their digests.
    pub pieces: Vec<RecordedPiece>,
    /// Where approvals were looked for.
    pub lock_file: String,
    /// What the pieces that are not built in make use of, by their names: it must be approved still.
    pub uses: BTreeMap<String, Grant>,
    /// [Digest](crate::provenance::digest) of the bundle as it was rendered.
    pub digest: String,
    /// Fields of others are taken over.
    pub force_conflicts: bool,
    /// What cannot change may be made anew.
    pub replace: Replace,
    /// Which objects that are there already may become members, in one word.
    pub adopt: String,
    /// What pieces want to be shown after a successful apply, with the piece.
    pub notes: Vec<(String, String)>,
    /// What is to be applied.
    pub recorded: Recorded,
    /// What was shown.
    pub outline: Outline,
}

/// What tells one cluster from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ClusterIdentity {
    /// `metadata.uid` of namespace `kube-system`, which is made once in a cluster's life; absent when it may not be read.
    pub uid: Option<String>,
    /// The API server's URL. One cluster can have several, so it only counts where there is no uid.
    pub server: String,
}

impl ClusterIdentity {
    /// Whether both can be the same cluster.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.uid, &other.uid) {
            (Some(one), Some(other)) => one == other,
            _ => self.server == other.server,
        }
    }
}

/// Why a file is not a plan that can be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// Cut off, or something else altogether.
    #[error("it is not JSON, or only a part of it ({0}); make it anew with `meshhost diff --out`")]
    NotJson(String),
    /// A JSON document of another kind.
    #[error("it is not a plan of meshhost but {0}; a plan is made with `meshhost diff --out`")]
    NotAPlan(String),
    /// A plan in another format.
    #[error(
        "its format is {0}, and this program knows {API_VERSION}; make it anew with `meshhost diff --out`"
    )]
    OtherFormat(String),
    /// It is not what was written.
    #[error(
        "it was changed or damaged after it was written (its digest does not fit); change the settings and make it anew with `meshhost diff --out`"
    )]
    Changed,
    /// It says that it is whole, but does not have what a plan has.
    #[error(
        "it was written by another version of meshhost ({0}); make it anew with `meshhost diff --out`"
    )]
    Unreadable(String),
}

impl PlanFile {
    /// The text of the file.
    ///
    /// # Panics
    /// Never: a plan is JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        let spec = serde_json::to_value(self).expect("a plan is JSON");
        let document = json!({
            "apiVersion": API_VERSION,
            "kind": KIND,
            "digest": digest(&spec),
            "spec": spec,
        });
        format!("{document:#}\n")
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// When it is anything but what [`PlanFile::to_text`] once gave.
    pub fn read(text: &str) -> Result<Self, PlanFileError> {
        let mut document: Value = serde_json::from_str(text)
            .map_err(|error| PlanFileError::NotJson(error.to_string()))?;
        let word = |key: &str| document.get(key).and_then(Value::as_str).map(str::to_owned);
        let version = word("apiVersion").unwrap_or_default();
        match word("kind") {
            Some(kind) if kind == KIND && version.starts_with("meshhost.dev/") => {}
            Some(kind) => {
                return Err(PlanFileError::NotAPlan(format!("{version} {kind}")));
            }
            None => return Err(PlanFileError::NotAPlan("has no kind".to_owned())),
        }
        if version != API_VERSION {
            return Err(PlanFileError::OtherFormat(version));
        }
        let written = word("digest");
        let spec = document
            .get_mut("spec")
            .map(Value::take)
            .ok_or(PlanFileError::Changed)?;
        if written != Some(digest(&spec)) {
            return Err(PlanFileError::Changed);
        }
        let plan: Self = serde_json::from_value(spec)
            .map_err(|error| PlanFileError::Unreadable(error.to_string()))?;
        if !plan.recorded.bundle.is_in_order() {
            return Err(PlanFileError::Unreadable(
                "its objects are not in order".to_owned(),
            ));
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Bundle, Contributed};
    use crate::field_path::FieldPath;
    use crate::inventory::Inventory;
    use crate::object::Object;
    use crate::ownership::{FieldRule, Policy};
    use crate::plan::{Basis, Plan};
    use crate::selector::Selector;

    fn plan() -> PlanFile {
        let manifest = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"x": "eA=="}});
        let grant = Grant {
            emits: vec![Selector::kind("apps", "Deployment").named("a")],
            amends: Vec::new(),
            abilities: vec!["host-path:/opt/*".parse().unwrap()],
        };
        let empty = Plan {
            installation: "mesh".into(),
            revision: 1,
            restores: None,
            hooks: Vec::new(),
            objects: Vec::new(),
            removals: Vec::new(),
            refusals: Vec::new(),
            warnings: Vec::new(),
            basis: Basis {
                inventory: Inventory::new("mesh", "kube-system"),
                parent_version: None,
                last: None,
                waves: Vec::new(),
                recorded: Recorded::default(),
            },
        };
        PlanFile {
            tool: "meshhost 0.1.0".into(),
            at: "2020-01-01T00:00:00Z".into(),
            cluster: ClusterIdentity {
                uid: Some("u".into()),
                server: "https://127.0.0.1:1".into(),
            },
            installation: "mesh".into(),
            state_namespace: "kube-system".into(),
            settings: json!([{"a": 1.5, "b": [null, "ü"]}]),
            pieces: Vec::new(),
            lock_file: "meshhost.lock".into(),
            uses: [("piece".to_owned(), grant)].into(),
            digest: "sha256:0".into(),
            force_conflicts: false,
            replace: Replace {
                harmless: true,
                named: Vec::new(),
            },
            adopt: "unowned".into(),
            notes: vec![("piece".into(), "look".into())],
            recorded: Recorded {
                bundle: Bundle {
                    objects: vec![Contributed {
                        object: Object::new(manifest).unwrap(),
                        piece: "piece".into(),
                        amended: vec![("other".into(), vec!["/data/x".into()])],
                    }],
                    ..Bundle::default()
                },
                once: Default::default(),
                fields: vec![FieldRule {
                    select: Selector::kind("apps", "Deployment"),
                    path: Some(FieldPath::parse("spec.replicas").unwrap()),
                    policy: Policy::Yield,
                }],
            },
            outline: Outline::of(&empty),
        }
    }

    #[test]
    fn reads_what_it_wrote() {
        let plan = plan();
        assert_eq!(PlanFile::read(&plan.to_text()), Ok(plan));
    }

    #[test]
    fn refuses_everything_else() {
        let text = plan().to_text();
        for (text, why) in [
            (String::new(), "it is not JSON, or only a part of it (EOF"),
            (text[..text.len() / 2].to_owned(), "it is not JSON, or only a part of it (EOF"),
            ("[]".into(), "it is not a plan of meshhost but has no kind"),
            (
                json!({"apiVersion": "v1", "kind": "Secret"}).to_string(),
                "it is not a plan of meshhost but v1 Secret",
            ),
            (
                text.replace("meshhost.dev/v1alpha1", "meshhost.dev/v9"),
                "its format is meshhost.dev/v9, and this program knows",
            ),
            (text.replace("eA==", "eQ=="), "it was changed or damaged"),
            (
                text.replace("\"harmless\": true", "\"harmless\": false"),
                "it was changed or damaged",
            ),
            (
                json!({"apiVersion": API_VERSION, "kind": KIND}).to_string(),
                "it was changed or damaged",
            ),
            (
                json!({"apiVersion": API_VERSION, "kind": KIND, "spec": {}, "digest": digest(&json!({}))})
                    .to_string(),
                "it was written by another version of meshhost (missing field",
            ),
        ] {
            let error = PlanFile::read(&text).expect_err("is refused").to_string();
            assert!(error.starts_with(why), "{error}");
        }
    }

    #[test]
    fn a_cluster_is_known_by_its_uid_and_else_by_its_address() {
        let cluster = |uid: Option<&str>, server: &str| ClusterIdentity {
            uid: uid.map(str::to_owned),
            server: server.into(),
        };
        for (one, other, same) in [
            (cluster(Some("u"), "a"), cluster(Some("u"), "b"), true),
            (cluster(Some("u"), "a"), cluster(Some("v"), "a"), false),
            (cluster(None, "a"), cluster(Some("v"), "a"), true),
            (cluster(None, "a"), cluster(None, "b"), false),
        ] {
            assert_eq!(one.is_same(&other), same, "{one:?} {other:?}");
        }
    }
}
