//! Sets of fields as the API server writes them into `managedFields` (`fieldsV1`, KEP-555). Owns their reading, their
//! arithmetic and their spelling; must not know managers or why a field matters.
//!
//! In a set, `f:NAME` is a field, `k:{…}` an item of a list by its keys, `v:…` an item by its value and `i:…` one by its
//! place; `.` says that what has parts is itself in the set too.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

mod value;

/// A set of fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSet {
    member: bool,
    children: BTreeMap<String, FieldSet>,
}

impl FieldSet {
    /// Reads `fieldsV1`; what is none is empty.
    #[must_use]
    pub fn read(fields: &Value) -> Self {
        Self {
            member: false,
            ..Self::part(fields)
        }
    }

    fn part(fields: &Value) -> Self {
        let empty = Map::new();
        let map = fields.as_object().unwrap_or(&empty);
        Self {
            member: map.is_empty() || map.contains_key("."),
            children: map
                .iter()
                .filter(|(step, _)| *step != ".")
                .map(|(step, part)| (step.clone(), Self::part(part)))
                .collect(),
        }
    }

    /// As `fieldsV1`.
    #[must_use]
    pub fn write(&self) -> Value {
        let mut map = Map::new();
        if self.member && !self.children.is_empty() {
            map.insert(".".to_owned(), Value::Object(Map::new()));
        }
        for (step, part) in &self.children {
            map.insert(step.clone(), part.write());
        }
        Value::Object(map)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    /// What is in one or the other.
    #[must_use]
    pub fn union(mut self, other: Self) -> Self {
        self.member |= other.member;
        for (step, part) in other.children {
            let mine = self.children.remove(&step).unwrap_or_default();
            self.children.insert(step, mine.union(part));
        }
        self
    }

    /// Without everything under a field of the root.
    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        self.children.remove(&format!("f:{field}"));
        self
    }

    /// What is in it and chosen, with its path; a part that is not chosen as a whole is looked into.
    #[must_use]
    pub fn chosen(&self, chooses: &impl Fn(&[&str]) -> bool) -> Self {
        self.choose(&mut Vec::new(), chooses)
    }

    fn choose<'a>(&'a self, path: &mut Vec<&'a str>, chooses: &impl Fn(&[&str]) -> bool) -> Self {
        if !path.is_empty() && chooses(path) {
            return self.clone();
        }
        let mut chosen = Self::default();
        for (step, part) in &self.children {
            path.push(step);
            let part = part.choose(path, chooses);
            path.pop();
            if !part.is_empty() {
                chosen.children.insert(step.clone(), part);
            }
        }
        chosen
    }

    /// Whether what is at a path is in it and has no parts.
    #[must_use]
    pub fn is_leaf(&self, path: &[&str]) -> bool {
        match path.split_first() {
            None => self.member && self.children.is_empty(),
            Some((step, rest)) => self
                .children
                .get(*step)
                .is_some_and(|part| part.is_leaf(rest)),
        }
    }

    /// What of it the other has nothing of. That something has parts is nobody's alone.
    #[must_use]
    pub fn only_in(&self, other: &Self) -> Self {
        self.chosen(&|path| !other.has(path))
    }

    fn has(&self, path: &[&str]) -> bool {
        match path.split_first() {
            None => true,
            Some((step, rest)) => self.children.get(*step).is_some_and(|part| part.has(rest)),
        }
    }

    /// The paths of what is in it and has no parts, as steps.
    #[must_use]
    pub fn leaves(&self) -> Vec<Vec<&str>> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found, false);
        found
    }

    /// The paths of everything that is in it, as steps.
    #[must_use]
    pub fn members(&self) -> Vec<Vec<&str>> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found, true);
        found
    }

    fn collect<'a>(&'a self, path: &mut Vec<&'a str>, found: &mut Vec<Vec<&'a str>>, all: bool) {
        if self.member && (all || self.children.is_empty()) {
            found.push(path.clone());
        }
        for (step, part) in &self.children {
            path.push(step);
            part.collect(path, found, all);
            path.pop();
        }
    }
}

/// A path as the API server spells it in conflicts: `.spec.ports[port=80,protocol="TCP"].name`.
#[must_use]
pub fn spelled(path: &[&str]) -> String {
    path.iter()
        .map(|step| match step.split_once(':') {
            Some(("f", name)) => format!(".{name}"),
            Some(("v", value)) => format!("[={value}]"),
            Some(("k", keys)) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                let pairs: Vec<String> = keys.iter().map(|(k, v)| format!("{k}={v}")).collect();
                format!("[{}]", pairs.join(","))
            }
            Some((_, place)) => format!("[{place}]"),
            None => (*step).to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(fields: Value) -> FieldSet {
        FieldSet::read(&fields)
    }

    #[test]
    fn reads_what_it_writes() {
        for fields in [
            json!({}),
            json!({"f:data": {"f:a": {}}}),
            json!({"f:data": {".": {}, "f:a": {}}}),
            json!({"f:spec": {"f:ports": {"k:{\"port\":80}": {".": {}, "f:port": {}}}}}),
        ] {
            assert_eq!(set(fields.clone()).write(), fields);
        }
        assert!(set(json!({})).is_empty());
        assert!(set(json!(null)).is_empty());
    }

    #[test]
    fn adds_and_takes_away() {
        let (leaf, parts) = (
            set(json!({"f:a": {}, "f:b": {}})),
            set(json!({"f:a": {"f:x": {}}, "f:c": {}})),
        );
        let both = json!({"f:a": {".": {}, "f:x": {}}, "f:b": {}, "f:c": {}});
        assert_eq!(leaf.clone().union(parts.clone()).write(), both);
        // What has parts in one of them is not the other's alone.
        assert_eq!(leaf.only_in(&parts).write(), json!({"f:b": {}}));
        assert_eq!(
            parts.only_in(&leaf).write(),
            json!({"f:a": {"f:x": {}}, "f:c": {}})
        );
        assert!(set(both.clone()).only_in(&set(both)).is_empty());
    }

    #[test]
    fn paths_are_spelled_as_the_server_does() {
        let set = set(
            json!({"f:spec": {"f:ports": {".": {}, "k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:name": {}}}},
            "f:metadata": {"f:finalizers": {"v:\"x/y\"": {}}}}),
        );
        let spelled = |paths: Vec<Vec<&str>>| -> Vec<String> {
            paths.iter().map(|path| super::spelled(path)).collect()
        };
        assert_eq!(
            spelled(set.leaves()),
            [
                ".metadata.finalizers[=\"x/y\"]",
                ".spec.ports[port=80,protocol=\"TCP\"].name"
            ]
        );
        assert_eq!(
            spelled(set.members()),
            [
                ".metadata.finalizers[=\"x/y\"]",
                ".spec.ports",
                ".spec.ports[port=80,protocol=\"TCP\"]",
                ".spec.ports[port=80,protocol=\"TCP\"].name"
            ]
        );
    }
}
