//! The inventory: what an installation owns on a cluster, as an ApplySet (KEP-3659, in the spelling that kubectl shipped).
//! Owns names, labels and the arithmetic of growing before and shrinking after; must not know how it is stored.
//!
//! The parent is a Secret in a namespace that is there before and after the installation (`kube-system` unless told
//! otherwise): the installation's own namespace is often one of its objects, and what is written here decides what is
//! deleted, so it lives where only administrators write. Members carry the part-of label, which is the truth about
//! membership; the parent says in which kinds and namespaces to look for it.

use std::collections::BTreeSet;

use base64::Engine as _;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::id::ObjectId;

/// Label of the parent: the id of its set.
pub const ID: &str = "applyset.kubernetes.io/id";
/// Label of a member: the id of the set it is in.
pub const PART_OF: &str = "applyset.kubernetes.io/part-of";
/// Annotation of the parent: the tool that keeps it. An annotation, not a label, since a value may hold a slash.
pub const TOOLING: &str = "applyset.kubernetes.io/tooling";
/// Annotation of the parent: kinds that members have or had, `Kind.group`, sorted.
pub const GROUP_KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
/// Annotation of the parent: namespaces, other than its own, that members live or lived in, sorted.
pub const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";
/// Annotation of a member that was there before the installation: it is given back, not deleted.
pub const ADOPTED: &str = "meshhost.dev/adopted";
/// Annotation of the object of a hook: the piece that it comes from. It is a member as long as it is there, so that nothing
/// is left behind, and no part of what the bundle asks for.
pub const HOOK: &str = "meshhost.dev/hook";
/// Label of everything that is kept about an installation: its name.
pub const INSTALLATION: &str = "meshhost.dev/installation";
/// Annotation of the parent: the number of the latest revision.
pub const REVISION: &str = "meshhost.dev/revision";
/// Annotation of the parent: everything is being removed.
pub const REMOVING: &str = "meshhost.dev/removing";

/// Whether a live object is that of a hook.
#[must_use]
pub fn is_hook(live: &Value) -> bool {
    live.pointer("/metadata/annotations")
        .and_then(|annotations| annotations.get(HOOK))
        .is_some()
}

/// Who writes [`TOOLING`]: everything before the slash.
const TOOL: &str = "meshhost";

/// What an installation owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// The installation's name, a DNS label.
    pub installation: String,
    /// Where the parent lives.
    pub namespace: String,
    /// `Kind.group` of members.
    pub group_kinds: BTreeSet<String>,
    /// Namespaces of members.
    pub namespaces: BTreeSet<String>,
    /// The latest revision; 0 before the first.
    pub revision: u64,
    /// Whether a run has begun to remove everything.
    pub removing: bool,
}

/// Why a parent is not ours to use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// Another tool's set.
    #[error(
        "Secret {namespace}/{name} is the inventory of another tool ({tooling}): choose another installation name, or let that tool remove its set"
    )]
    OtherTool {
        /// Where.
        namespace: String,
        /// Which.
        name: String,
        /// What the annotation says.
        tooling: String,
    },
    /// A Secret of our name that is no ApplySet, or one whose id is not that of its place.
    #[error("Secret {namespace}/{name} is not the inventory of an installation: {reason}")]
    Malformed {
        /// Where.
        namespace: String,
        /// Which.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

impl Inventory {
    /// An empty one.
    #[must_use]
    pub fn new(installation: &str, namespace: &str) -> Self {
        Self {
            installation: installation.to_owned(),
            namespace: namespace.to_owned(),
            group_kinds: BTreeSet::new(),
            namespaces: BTreeSet::new(),
            revision: 0,
            removing: false,
        }
    }

    /// The name of the parent Secret.
    #[must_use]
    pub fn parent_name(&self) -> String {
        format!("meshhost-{}", self.installation)
    }

    /// The field manager: one an installation, so that two that share a namespace do not take each other's fields away.
    #[must_use]
    pub fn field_manager(&self) -> String {
        format!("meshhost-{}", self.installation)
    }

    /// The id of the set, as the KEP makes it from the parent's place.
    #[must_use]
    pub fn set_id(&self) -> String {
        set_id(&self.parent_name(), &self.namespace, "Secret", "")
    }

    /// Adds an object's kind and namespace.
    pub fn add(&mut self, id: &ObjectId) {
        self.group_kinds.insert(id.group_kind());
        if let Some(namespace) = &id.namespace {
            self.namespaces.insert(namespace.clone());
        }
    }

    /// What must be written before the first object is: everything of before and of after.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        union.group_kinds.extend(other.group_kinds.iter().cloned());
        union.namespaces.extend(other.namespaces.iter().cloned());
        union.revision = self.revision.max(other.revision);
        union.removing = other.removing;
        union
    }

    /// Reads a parent.
    ///
    /// # Errors
    /// When it is another tool's, or its id is not that of its place.
    pub fn read(installation: &str, parent: &Value) -> Result<Self, InventoryError> {
        let at = |pointer: &str| parent.pointer(pointer).and_then(Value::as_str);
        let namespace = at("/metadata/namespace").unwrap_or_default().to_owned();
        let mut inventory = Self::new(installation, &namespace);
        let name = inventory.parent_name();
        let annotation = |key: &str| {
            parent
                .pointer("/metadata/annotations")
                .and_then(|annotations| annotations.get(key))
                .and_then(Value::as_str)
        };
        let malformed = |reason: String| InventoryError::Malformed {
            namespace: namespace.clone(),
            name: name.clone(),
            reason,
        };
        let id = parent
            .pointer("/metadata/labels")
            .and_then(|labels| labels.get(ID))
            .and_then(Value::as_str)
            .ok_or_else(|| malformed(format!("it has no label {ID}")))?;
        let tooling = annotation(TOOLING)
            .ok_or_else(|| malformed(format!("it has no annotation {TOOLING}")))?;
        if tooling.split('/').next() != Some(TOOL) {
            return Err(InventoryError::OtherTool {
                namespace: namespace.clone(),
                name: name.clone(),
                tooling: tooling.to_owned(),
            });
        }
        if id != inventory.set_id() {
            return Err(malformed(format!(
                "its label {ID} is {id}, but at this place it must be {}",
                inventory.set_id()
            )));
        }
        let list = |key: &str| -> BTreeSet<String> {
            annotation(key)
                .unwrap_or_default()
                .split(',')
                .filter(|entry| !entry.is_empty())
                .map(str::to_owned)
                .collect()
        };
        inventory.group_kinds = list(GROUP_KINDS);
        inventory.namespaces = list(NAMESPACES);
        inventory.revision = match annotation(REVISION) {
            None => 0,
            Some(number) => number
                .parse()
                .map_err(|_| malformed(format!("its annotation {REVISION} is {number:?}")))?,
        };
        inventory.removing = annotation(REMOVING).is_some();
        Ok(inventory)
    }

    /// The parent's manifest. `version` is that of the tool.
    #[must_use]
    pub fn parent(&self, version: &str) -> Value {
        let list = |set: &BTreeSet<String>| {
            let entries: Vec<&str> = set.iter().map(String::as_str).collect();
            entries.join(",")
        };
        let additional = self
            .namespaces
            .iter()
            .filter(|namespace| **namespace != self.namespace)
            .cloned()
            .collect();
        let mut parent = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": self.parent_name(),
                "namespace": self.namespace,
                "labels": { ID: self.set_id(), INSTALLATION: self.installation },
                "annotations": {
                    TOOLING: format!("{TOOL}/v{version}"),
                    GROUP_KINDS: list(&self.group_kinds),
                    NAMESPACES: list(&additional),
                    REVISION: self.revision.to_string(),
                },
            },
            "type": "meshhost.dev/installation",
        });
        if self.removing {
            parent["metadata"]["annotations"][REMOVING] = json!("true");
        }
        parent
    }

    /// Namespaces that members can live in: those that are recorded and the parent's own.
    #[must_use]
    pub fn all_namespaces(&self) -> BTreeSet<String> {
        let mut all = self.namespaces.clone();
        all.insert(self.namespace.clone());
        all
    }
}

/// `applyset-<base64url(sha256("name.namespace.kind.group"))>-v1`.
#[must_use]
pub fn set_id(name: &str, namespace: &str, kind: &str, group: &str) -> String {
    let hash = Sha256::digest(format!("{name}.{namespace}.{kind}.{group}"));
    let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash);
    format!("applyset-{hash}-v1")
}

/// The set that a live object is in.
#[must_use]
pub fn part_of(live: &Value) -> Option<&str> {
    live.pointer("/metadata/labels")?.get(PART_OF)?.as_str()
}

/// Whether a live object was there before the installation.
#[must_use]
pub fn is_adopted(live: &Value) -> bool {
    live.pointer("/metadata/annotations")
        .and_then(|annotations| annotations.get(ADOPTED))
        .is_some()
}

/// Why a live object must stay when its installation no longer has it: annotations of this and of other tools.
#[must_use]
pub fn keep_wish(live: &Value) -> Option<String> {
    let annotations = live.pointer("/metadata/annotations")?;
    [
        ("meshhost.dev/on-remove", "keep"),
        ("helm.sh/resource-policy", "keep"),
        ("cli-utils.sigs.k8s.io/on-remove", "keep"),
        ("client.lifecycle.config.k8s.io/deletion", "detach"),
    ]
    .into_iter()
    .find(|(key, wish)| annotations.get(*key).and_then(Value::as_str) == Some(wish))
    .map(|(key, wish)| format!("its annotation {key} says {wish}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(group: &str, kind: &str, namespace: Option<&str>) -> ObjectId {
        ObjectId {
            group: group.into(),
            kind: kind.into(),
            namespace: namespace.map(Into::into),
            name: "x".into(),
        }
    }

    #[test]
    fn the_id_is_the_one_that_kubectl_makes() {
        // `printf my-set.ns.Secret. | sha256sum`, in unpadded base64url.
        let id = set_id("my-set", "ns", "Secret", "");
        assert_eq!(
            id,
            "applyset-AdIAM14ONLga45dklF83xy-BAHCBk38fdzv5PHJqEcs-v1"
        );
        assert!(id.len() <= 63, "it must fit into a label");
    }

    #[test]
    fn a_parent_reads_back() {
        let mut inventory = Inventory::new("mesh", "kube-system");
        inventory.add(&id("apps", "Deployment", Some("istio-system")));
        inventory.add(&id("", "ConfigMap", Some("kube-system")));
        inventory.add(&id("", "Namespace", None));
        inventory.revision = 7;
        inventory.removing = true;
        let parent = inventory.parent("1.2.3");
        let annotations = &parent["metadata"]["annotations"];
        assert_eq!(
            annotations[GROUP_KINDS],
            "ConfigMap,Deployment.apps,Namespace"
        );
        assert_eq!(annotations[NAMESPACES], "istio-system");
        assert_eq!(annotations[TOOLING], "meshhost/v1.2.3");
        let read = Inventory::read("mesh", &parent).unwrap();
        assert_eq!(read.all_namespaces(), inventory.all_namespaces());
        assert_eq!(read.group_kinds, inventory.group_kinds);
        assert_eq!((read.revision, read.removing), (7, true));
    }

    #[test]
    fn grows_by_union() {
        let mut before = Inventory::new("mesh", "kube-system");
        before.add(&id("", "Secret", Some("a")));
        before.revision = 1;
        let mut after = Inventory::new("mesh", "kube-system");
        after.add(&id("", "Service", Some("b")));
        after.revision = 2;
        before.removing = true;
        let union = before.union(&after);
        assert_eq!(
            union.group_kinds,
            ["Secret", "Service"].map(String::from).into()
        );
        assert_eq!(union.namespaces, ["a", "b"].map(String::from).into());
        assert_eq!(union.revision, 2);
        assert!(
            !union.removing,
            "what is applied is not being removed any more"
        );
    }

    #[test]
    fn refuses_what_is_not_ours() {
        let good = Inventory::new("mesh", "kube-system").parent("1");
        let with = |pointer: &str, value: Value| {
            let mut parent = good.clone();
            *parent.pointer_mut(pointer).unwrap() = value;
            Inventory::read("mesh", &parent)
                .expect_err("is refused")
                .to_string()
        };
        for (pointer, value, why) in [
            (
                "/metadata/annotations/applyset.kubernetes.io~1tooling",
                json!("kubectl/v1.37.0"),
                "is the inventory of another tool (kubectl/v1.37.0)",
            ),
            (
                "/metadata/labels/applyset.kubernetes.io~1id",
                json!("applyset-x-v1"),
                "its label applyset.kubernetes.io/id is applyset-x-v1, but at this place",
            ),
            (
                "/metadata/labels",
                json!({}),
                "it has no label applyset.kubernetes.io/id",
            ),
            (
                "/metadata/annotations/meshhost.dev~1revision",
                json!("x"),
                "its annotation meshhost.dev/revision is \"x\"",
            ),
        ] {
            let error = with(pointer, value);
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn wishes_to_stay_are_heard() {
        let live = |key: &str, value: &str| json!({"metadata": {"annotations": {key: value}}});
        assert!(keep_wish(&live("helm.sh/resource-policy", "keep")).is_some());
        assert!(keep_wish(&live("meshhost.dev/on-remove", "keep")).is_some());
        assert!(keep_wish(&live("helm.sh/resource-policy", "delete")).is_none());
        assert!(keep_wish(&json!({"metadata": {}})).is_none());
    }
}
