//! What an injector makes workloads able to do that they were not before. Owns comparing the two; what is allowed is not known
//! here.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::card::Outcome;
use crate::json;
use crate::needs::{self, Need};
use crate::object::Object;

/// Everything that the injected objects need beyond what they needed as they were written, sorted. What comes back as no JSON,
/// or as another object, is left to [`finish`](super::Workloads::finish), which refuses it.
///
/// # Errors
/// What was injected and cannot be looked into: a list, or no object of Kubernetes'.
pub fn added(objects: &[String], outcomes: &[Outcome]) -> Result<Vec<Need>, String> {
    let mut all = BTreeSet::new();
    for (written, outcome) in objects.iter().zip(outcomes) {
        let Some(injected) = &outcome.injected else {
            continue;
        };
        let (Ok(written), Ok(injected)) = (json::read(written), json::read(injected)) else {
            continue;
        };
        let after = object(injected)?;
        let before = object(written).ok();
        all.extend(needs::beyond(
            before.as_slice(),
            std::slice::from_ref(&after),
            &BTreeSet::new(),
        ));
    }
    Ok(all.into_iter().collect())
}

/// An object to look into. It may have no name yet, as with `generateName`.
fn object(mut value: Value) -> Result<Object, String> {
    let kind = value["kind"].as_str().unwrap_or_default().to_owned();
    let refused = |why: String| format!("{kind}: what is in it cannot be looked into: {why}");
    if kind.ends_with("List") && value.get("items").is_some() {
        return Err(refused("it is a list".to_owned()));
    }
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
        && !metadata.get("name").is_some_and(Value::is_string)
    {
        let name = metadata.get("generateName").filter(|name| name.is_string());
        let name = name.cloned().unwrap_or_else(|| json!("unnamed"));
        metadata.insert("name".to_owned(), name);
    }
    Object::new(value).map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(spec: &Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "shop-"}, "spec": spec})
    }

    fn told(written: &Value, injected: Option<&Value>) -> Result<Vec<String>, String> {
        let outcome = Outcome {
            injected: injected.map(Value::to_string),
            ..Outcome::default()
        };
        let needs = added(&[written.to_string()], &[outcome])?;
        Ok(needs
            .iter()
            .map(|need| format!("{} {} {}", need.id, need.ability, need.field))
            .collect())
    }

    #[test]
    fn only_what_was_not_there_before_is_added() {
        let written = pod(&json!({"hostPID": true, "containers": [{"name": "a"}]}));
        let injected = pod(&json!({
            "hostPID": true,
            "hostNetwork": true,
            "containers": [{"name": "a"}, {"name": "b", "securityContext": {"privileged": true}}],
        }));
        assert_eq!(
            told(&written, Some(&injected)).unwrap(),
            [
                "Pod shop- privileged spec.containers[1].securityContext.privileged",
                "Pod shop- host-network spec.hostNetwork",
            ]
        );
        assert_eq!(told(&injected, Some(&written)), Ok(Vec::new()));
        assert_eq!(told(&written, None), Ok(Vec::new()));
    }

    #[test]
    fn what_cannot_be_looked_into_is_refused() {
        let list = json!({"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": []});
        let why = told(&list, Some(&list)).unwrap_err();
        assert!(
            why.contains("PodList: ") && why.contains("it is a list"),
            "{why}"
        );
        let none = json!({"kind": "Pod"});
        told(&none, Some(&none)).unwrap_err();
    }
}
