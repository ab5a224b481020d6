//! Sets of fields against the object whose fields they are.

use serde_json::{Map, Value};

use super::FieldSet;

impl FieldSet {
    /// What of the set is there in `value`. A list's item whose keys are not all written is there when those that are fit:
    /// the server had filled in the rest.
    #[must_use]
    pub fn there_in(&self, value: &Value) -> Self {
        Self {
            member: self.member,
            children: self
                .children
                .iter()
                .filter_map(|(step, part)| {
                    let under = part.there_in(find(value, step)?);
                    (!under.is_empty()).then(|| (step.clone(), under))
                })
                .collect(),
        }
    }

    /// Takes what has no parts out of `value`, and what is left empty by that. The keys of a list's item stay, unless the
    /// item itself is in the set and nothing else of it is left.
    pub fn take_out_of(&self, value: &mut Value) {
        self.take_out(value, &Map::new(), false);
    }

    /// The same, but a list's item that is itself in the set goes with all that is in it: so the server does with an item
    /// that nobody applies any more, whatever it has filled in there by itself.
    pub fn take_with_items_out_of(&self, value: &mut Value) {
        self.take_out(value, &Map::new(), true);
    }

    fn take_out(&self, value: &mut Value, keys: &Map<String, Value>, whole_items: bool) {
        for (step, part) in &self.children {
            let whole = part.children.is_empty() || (whole_items && step.starts_with("k:"));
            if part.member && whole {
                let is_key = step
                    .strip_prefix("f:")
                    .is_some_and(|field| keys.contains_key(field));
                if !is_key {
                    remove(value, step);
                }
                continue;
            }
            let keys = keys_of(step).unwrap_or_default();
            if let Some(under) = find_mut(value, step) {
                let before = under.clone();
                part.take_out(under, &keys, whole_items);
                let empty = match under {
                    // An item is there as long as anybody wants it.
                    Value::Object(map) if part.member => {
                        map.keys().all(|key| keys.contains_key(key))
                    }
                    Value::Object(map) => map.is_empty(),
                    Value::Array(list) => list.is_empty(),
                    _ => false,
                };
                if empty && *under != before {
                    remove(value, step);
                }
            }
        }
    }

    /// Puts what has no parts into `value`, as it is in `live`.
    pub fn put_into(&self, value: &mut Value, live: &Value) {
        for (step, part) in &self.children {
            let Some(theirs) = find(live, step) else {
                continue;
            };
            if part.children.is_empty() {
                put(value, step, theirs.clone());
                continue;
            }
            if find(value, step).is_none() {
                // A list's item is made of its keys, a field of nothing.
                let start = match step.strip_prefix("k:") {
                    Some(keys) => serde_json::from_str(keys).unwrap_or_default(),
                    None if theirs.is_array() => Value::Array(Vec::new()),
                    None => Value::Object(Map::new()),
                };
                put(value, step, start);
            }
            if let Some(ours) = find_mut(value, step) {
                part.put_into(ours, theirs);
            }
        }
    }
}

fn keys_of(step: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(step.strip_prefix("k:")?).ok()
}

fn is_item(item: &Value, keys: &Map<String, Value>) -> bool {
    let written = keys
        .iter()
        .filter_map(|(key, value)| Some((item.get(key)?, value)));
    let mut any = false;
    for (is, wanted) in written {
        if is != wanted {
            return false;
        }
        any = true;
    }
    any
}

fn place(list: &[Value], step: &str) -> Option<usize> {
    if let Some(keys) = keys_of(step) {
        return list.iter().position(|item| is_item(item, &keys));
    }
    if let Some(text) = step.strip_prefix("v:") {
        let wanted: Value = serde_json::from_str(text).ok()?;
        return list.iter().position(|item| *item == wanted);
    }
    let place = step.strip_prefix("i:")?.parse().ok()?;
    (place < list.len()).then_some(place)
}

fn find<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(step.strip_prefix("f:")?),
        Value::Array(list) => place(list, step).map(|place| &list[place]),
        _ => None,
    }
}

fn find_mut<'a>(value: &'a mut Value, step: &str) -> Option<&'a mut Value> {
    match value {
        Value::Object(map) => map.get_mut(step.strip_prefix("f:")?),
        Value::Array(list) => place(list, step).map(|place| &mut list[place]),
        _ => None,
    }
}

fn remove(value: &mut Value, step: &str) {
    match value {
        Value::Object(map) => {
            if let Some(field) = step.strip_prefix("f:") {
                map.remove(field);
            }
        }
        Value::Array(list) => {
            if let Some(place) = place(list, step) {
                list.remove(place);
            }
        }
        _ => {}
    }
}

fn put(value: &mut Value, step: &str, what: Value) {
    match value {
        Value::Object(map) => {
            if let Some(field) = step.strip_prefix("f:") {
                map.insert(field.to_owned(), what);
            }
        }
        Value::Array(list) => match place(list, step) {
            Some(place) => list[place] = what,
            None => list.push(what),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workload() -> Value {
        json!({"spec": {"replicas": 3, "paused": false, "containers": [
            {"name": "a", "image": "a:1", "args": ["x"]},
            {"name": "b", "image": "b:1"},
        ]}, "metadata": {"finalizers": ["one", "two"]}})
    }

    #[test]
    fn takes_out_and_puts_in() {
        let set = FieldSet::read(&json!({
            "f:spec": {"f:replicas": {}, "f:gone": {}, "f:containers": {".": {}, "k:{\"name\":\"a\"}": {".": {}, "f:name": {}, "f:image": {}}}},
            "f:metadata": {"f:finalizers": {"v:\"one\"": {}}},
        }));
        let mut value = workload();
        set.take_out_of(&mut value);
        assert_eq!(
            value,
            json!({"spec": {"paused": false, "containers": [{"name": "a", "args": ["x"]}, {"name": "b", "image": "b:1"}]},
                "metadata": {"finalizers": ["two"]}})
        );
        let mut value = workload();
        set.take_with_items_out_of(&mut value);
        assert_eq!(
            value["spec"]["containers"],
            json!([{"name": "b", "image": "b:1"}])
        );
        let mut value = json!({"spec": {"containers": [{"name": "b"}]}});
        set.put_into(&mut value, &workload());
        assert_eq!(
            value,
            json!({"spec": {"replicas": 3, "containers": [{"name": "b"}, {"name": "a", "image": "a:1"}]},
                "metadata": {"finalizers": ["one"]}})
        );
    }

    #[test]
    fn knows_what_is_there() {
        let set = FieldSet::read(&json!({"f:spec": {
            "f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}, "f:nodePort": {}},
                "k:{\"port\":81,\"protocol\":\"TCP\"}": {".": {}}},
            "f:type": {}, "f:clusterIP": {}}}));
        // As written, without what the server filled in.
        let written = json!({"spec": {"ports": [{"port": 80}], "type": "ClusterIP"}});
        assert_eq!(
            set.there_in(&written).write(),
            json!({"f:spec": {"f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}}, "f:type": {}}})
        );
    }
}
