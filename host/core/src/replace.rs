//! Consent to delete objects and make them anew, where a field must change that cannot. Owns what goes with an object that
//! is deleted for a moment; must not know how immutability is found out.

use serde_json::Value;

use crate::id::ObjectId;

/// Which objects may be replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Replace {
    /// All that nothing goes with.
    pub harmless: bool,
    /// Those that are named: `KIND`, `KIND.GROUP`, or an object as plans spell it (`StatefulSet.apps ns/name`).
    pub named: Vec<String>,
}

impl Replace {
    /// Whether an object may be replaced.
    #[must_use]
    pub fn allows(&self, id: &ObjectId, live: &Value) -> bool {
        let spellings = [id.to_string(), id.group_kind(), id.kind.clone()];
        let named = self.named.iter().any(|named| spellings.contains(named));
        named || (self.harmless && goes_with(id, live).is_none())
    }
}

/// What is lost, or may be, when an object is deleted, although one of the same name is made right after.
#[must_use]
pub fn goes_with(id: &ObjectId, live: &Value) -> Option<&'static str> {
    match (id.group.as_str(), id.kind.as_str()) {
        ("", "PersistentVolumeClaim" | "PersistentVolume") => Some("the data in its volume"),
        ("apps", "StatefulSet") => {
            let claims = live.pointer("/spec/volumeClaimTemplates");
            let some = claims
                .and_then(Value::as_array)
                .is_some_and(|it| !it.is_empty());
            some.then_some("its pods, which hold volumes")
        }
        ("", "Namespace") => Some("everything in it"),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => Some("every object of its kind"),
        _ => None,
    }
}

/// The flag that agrees to it.
#[must_use]
pub fn consent(id: &ObjectId, live: &Value) -> String {
    match goes_with(id, live) {
        None => "with --replace it is deleted and made anew".to_owned(),
        Some(lost) => {
            format!("with --replace='{id}' it is deleted, and with it {lost}, and made anew")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_holds_data_must_be_named() {
        let id = |group: &str, kind: &str| ObjectId {
            group: group.into(),
            kind: kind.into(),
            namespace: Some("ns".into()),
            name: "x".into(),
        };
        let with_claims = json!({"spec": {"volumeClaimTemplates": [{}]}});
        let all = Replace {
            harmless: true,
            named: Vec::new(),
        };
        let named = |text: &str| Replace {
            harmless: false,
            named: vec![text.to_owned()],
        };
        let set = id("apps", "StatefulSet");
        for (replace, id, live, allowed) in [
            (&Replace::default(), &id("batch", "Job"), &json!({}), false),
            (&all, &id("batch", "Job"), &json!({}), true),
            (&all, &set, &json!({}), true),
            (&all, &set, &with_claims, false),
            (&named("StatefulSet.apps ns/x"), &set, &with_claims, true),
            (&named("StatefulSet.apps"), &set, &with_claims, true),
            (&named("StatefulSet"), &set, &with_claims, true),
            (&named("StatefulSet.apps ns/y"), &set, &with_claims, false),
            (&all, &id("", "PersistentVolumeClaim"), &json!({}), false),
        ] {
            assert_eq!(replace.allows(id, live), allowed, "{replace:?} {id}");
        }
        assert_eq!(
            consent(&set, &with_claims),
            "with --replace='StatefulSet.apps ns/x' it is deleted, and with it its pods, which hold volumes, and made anew"
        );
    }
}
