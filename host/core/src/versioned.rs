//! Jobs whose name says what they do: where a manifest asks for it, the digest of the manifest is put behind its name, so
//! that a changed Job is another Job and nothing has to be deleted for it. Owns the name; must not know how it is applied.

use serde_json::Value;

use crate::bundle::Bundle;
use crate::id::ObjectId;
use crate::object::Object;
use crate::revision::digest;
use crate::selector::Selector;

/// On a Job: `true` asks for a name that changes with it. The Job of before is pruned.
pub const ANNOTATION: &str = "meshhost.dev/versioned-name";
/// Hexadecimal digits of the digest in the name.
const DIGITS: usize = 10;
/// The longest name of a Job: it becomes a label of its pods.
const LONGEST: usize = 63;

impl Bundle {
    /// The bundle as it is applied: Jobs that carry [`ANNOTATION`] have their digest in their name, and order rules that
    /// name them are about the new name too.
    ///
    /// `render` shows what the pieces returned, without it.
    #[must_use]
    pub fn with_versioned_names(mut self) -> Self {
        for contributed in &mut self.objects {
            let Some(renamed) = renamed(&contributed.object) else {
                continue;
            };
            let (from, to) = (contributed.object.id().clone(), renamed.id().clone());
            contributed.object = renamed;
            for (_, rule) in &mut self.order {
                rule.before = followed(&rule.before, &from, &to);
                rule.after = followed(&rule.after, &from, &to);
            }
        }
        self.objects
            .sort_by(|a, b| a.object.id().cmp(b.object.id()));
        self
    }
}

fn renamed(object: &Object) -> Option<Object> {
    let id = object.id();
    let asked = object.pointer("/metadata/annotations")?.get(ANNOTATION)? == "true";
    if !asked || id.group != "batch" || id.kind != "Job" {
        return None;
    }
    let mut manifest = object.clone().into_value();
    let digest = digest(&manifest);
    let room = LONGEST - DIGITS - 1;
    let start = id
        .name
        .get(..room)
        .unwrap_or(&id.name)
        .trim_end_matches('-');
    manifest["metadata"]["name"] = Value::from(format!("{start}-{}", &digest[..DIGITS]));
    Object::new(manifest).ok()
}

/// A selector that names exactly the object goes with it to its new name.
fn followed(selector: &Selector, from: &ObjectId, to: &ObjectId) -> Selector {
    if selector.name.as_ref() == Some(&from.name) && selector.chooses(from) {
        return selector.clone().named(&to.name);
    }
    selector.clone()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bundle::Contributed;
    use crate::card::OrderRule;

    fn job(name: &str, image: &str, versioned: bool) -> Contributed {
        let mut manifest = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": "ns"},
            "spec": {"template": {"spec": {"containers": [{"image": image}]}}}});
        if versioned {
            manifest["metadata"]["annotations"] = json!({ANNOTATION: "true"});
        }
        Contributed {
            object: Object::new(manifest).unwrap(),
            piece: "p".into(),
            amended: Vec::new(),
        }
    }

    #[test]
    fn a_changed_job_is_another_job() {
        let bundle = |image: &str| {
            let rule = OrderRule {
                before: Selector::kind("batch", "Job").named("setup"),
                after: Selector::kind("batch", "Job").named("other"),
            };
            Bundle {
                objects: vec![job("other", "x", false), job("setup", image, true)],
                order: vec![("p".into(), rule)],
                ..Bundle::default()
            }
            .with_versioned_names()
        };
        let name = |bundle: &Bundle| bundle.objects[1].object.id().name.clone();
        let (one, two) = (bundle("a:1"), bundle("a:2"));
        assert_eq!(name(&one), name(&bundle("a:1")));
        assert_ne!(name(&one), name(&two));
        assert!(name(&one).starts_with("setup-"));
        assert_eq!(one.objects[0].object.id().name, "other");
        assert!(one.order[0].1.before.chooses(one.objects[1].object.id()));
    }

    #[test]
    fn names_stay_short_enough() {
        let long = "a".repeat(63);
        let bundle = Bundle {
            objects: vec![job(&long, "x", true)],
            ..Bundle::default()
        };
        let name = &bundle.with_versioned_names().objects[0]
            .object
            .id()
            .name
            .clone();
        assert_eq!(name.len(), LONGEST);
    }
}
