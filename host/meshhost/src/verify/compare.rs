//! What differs between two answers of a piece. Owns finding the object and the fields; must not know why there are two.

use std::collections::BTreeMap;

use meshhost_core::card::{Amendments, Contribution, Selected};
use meshhost_core::json;
use meshhost_core::object::Object;
use meshhost_core::plan::{FieldChange, changes};
use meshhost_runtime::Call;
use serde_json::Value;

use super::{Difference, Variation};

/// Objects or changes, by what they are about.
type ByName = BTreeMap<String, Value>;

/// The first difference.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    what: String,
    fields: Vec<FieldChange>,
}

impl Found {
    pub(super) fn at(self, call: Call, variation: Variation) -> Difference {
        Difference {
            call: call.to_string(),
            variation,
            what: self.what,
            fields: self.fields,
        }
    }

    fn whole(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            fields: Vec::new(),
        }
    }
}

/// The same request must give the same bytes.
pub(super) fn bytes(first: &Contribution, again: &Contribution) -> Option<Found> {
    if first == again {
        return None;
    }
    Some(objects(first, again).unwrap_or_else(|| {
        let other = first
            .objects
            .iter()
            .zip(&again.objects)
            .find(|(a, b)| a != b);
        Found::whole(match other {
            Some((text, _)) => format!("the bytes of {}", name(text)),
            None => "the order of its lists".to_owned(),
        })
    }))
}

/// The same request in another order must give the same objects, rules and words, in whatever order.
pub(super) fn objects(first: &Contribution, again: &Contribution) -> Option<Found> {
    let by_name = |contribution: &Contribution| by_name(contribution.objects.iter());
    if let Some(found) = differing(&by_name(first), &by_name(again)) {
        return Some(found);
    }
    [
        ("its order rules", same(&first.order, &again.order)),
        ("its restart rules", same(&first.restarts, &again.restarts)),
        (
            "its diagnostics",
            same(&first.diagnostics, &again.diagnostics),
        ),
        ("its notes", same(&first.notes, &again.notes)),
        ("its hooks", same(&first.hooks, &again.hooks)),
    ]
    .into_iter()
    .find(|(_, same)| !same)
    .map(|(what, _)| Found::whole(what))
}

/// The same request must give the same bytes.
pub(super) fn amendment_bytes(
    selected: &[Selected],
    first: &Amendments,
    again: &Amendments,
) -> Option<Found> {
    if first == again {
        return None;
    }
    let found = amendments(selected, first, selected, again);
    Some(found.unwrap_or_else(|| Found::whole("the bytes of its changes")))
}

/// Each object must get the same change, whichever number it had.
pub(super) fn amendments(
    first_selected: &[Selected],
    first: &Amendments,
    selected: &[Selected],
    again: &Amendments,
) -> Option<Found> {
    let of = |selected: &[Selected], amendments: &Amendments| {
        let mut of = ByName::new();
        for (id, patch) in &amendments.changes {
            let object = selected.iter().find(|object| object.id == *id);
            let name =
                object.map_or_else(|| format!("object {id}"), |object| name(&object.manifest));
            let patches = of.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(patches) = patches {
                patches.push(read(patch));
            }
        }
        of
    };
    if let Some(found) = differing(&of(first_selected, first), &of(selected, again)) {
        return Some(found);
    }
    let same = same(&first.diagnostics, &again.diagnostics);
    (!same).then(|| Found::whole("its diagnostics"))
}

fn differing(first: &ByName, again: &ByName) -> Option<Found> {
    let once = first
        .keys()
        .find(|name| !again.contains_key(*name))
        .or_else(|| again.keys().find(|name| !first.contains_key(*name)));
    if let Some(name) = once {
        return Some(Found::whole(format!("{name}, which is there only once")));
    }
    let (name, before, after) = first
        .iter()
        .filter_map(|(name, before)| Some((name, before, again.get(name)?)))
        .find(|(_, before, after)| before != after)?;
    // A change is a list of patches here; `changes` compares what has names.
    let wrapped = |value: &Value| match value {
        Value::Object(_) => value.clone(),
        other => serde_json::json!({ "patches": other }),
    };
    Some(Found {
        what: name.clone(),
        fields: changes(&wrapped(before), &wrapped(after)),
    })
}

fn by_name<'a>(texts: impl Iterator<Item = &'a String>) -> ByName {
    let mut found = ByName::new();
    for text in texts {
        let name = name(text);
        // Two of one name are refused later; here they must not hide each other.
        let twice = found
            .keys()
            .filter(|other| other.starts_with(&name))
            .count();
        let name = match twice {
            0 => name,
            twice => format!("{name} ({} times)", twice + 1),
        };
        found.insert(name, read(text));
    }
    found
}

/// A text that is no object stands for itself.
fn name(text: &str) -> String {
    match Object::new(read(text)) {
        Ok(object) => object.id().to_string(),
        Err(_) => format!("{:?}", text.chars().take(40).collect::<String>()),
    }
}

fn read(text: &str) -> Value {
    json::read(text).unwrap_or_else(|_| Value::from(text))
}

fn same<T: PartialEq>(first: &[T], again: &[T]) -> bool {
    first.len() == again.len()
        && first.iter().all(|item| again.contains(item))
        && again.iter().all(|item| first.contains(item))
}
