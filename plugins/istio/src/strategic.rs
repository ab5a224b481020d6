//! Strategic merge of a part into a Kubernetes object: lists of named things by their key, other lists as a whole.
//! Owns the rule (the `patchMergeKey` marks of the Kubernetes API, apps/v1 and core/v1); knows no component.

use meshhost_piece::serde_json::Value;

/// Merges `patch` into `base`. A null in the patch takes the key away.
pub fn merge(base: &mut Value, patch: Value) {
    match (base, patch) {
        (Value::Object(base), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    base.shift_remove(&key);
                    continue;
                }
                match (base.get_mut(&key), merge_key(&key)) {
                    (Some(Value::Array(items)), Some(by)) if value.is_array() => {
                        merge_list(items, value, by);
                    }
                    (Some(below), _) => merge(below, value),
                    (None, _) => {
                        base.insert(key, value);
                    }
                }
            }
        }
        (base, patch) => *base = patch,
    }
}

fn merge_list(items: &mut Vec<Value>, patch: Value, by: &str) {
    let Value::Array(patch) = patch else { return };
    for entry in patch {
        let same = items
            .iter_mut()
            .find(|item| entry.get(by).is_some() && item.get(by) == entry.get(by));
        match same {
            Some(item) => merge(item, entry),
            None => items.push(entry),
        }
    }
}

/// By which field the entries of a list are told apart; `None` for lists that are replaced.
fn merge_key(list: &str) -> Option<&'static str> {
    Some(match list {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets" => "name",
        "volumeMounts" => "mountPath",
        "volumeDevices" => "devicePath",
        "hostAliases" => "ip",
        // Of a container; no setting reaches the ports of a service.
        "ports" => "containerPort",
        "topologySpreadConstraints" => "topologyKey",
        _ => return None,
    })
}
