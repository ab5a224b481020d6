//! Amending: one piece's changes to the objects of others. Owns selecting, patching and noting which fields changed; must
//! not know how a piece is run.

use serde_json::{Map, Value};

use crate::bundle::{Bundle, Contributed, forbidden, reserved};
use crate::card::{Amendments, Card, Selected};
use crate::id::ObjectId;
use crate::json;
use crate::object::Object;

/// Why an amendment was refused. The bundle is then as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmendError {
    /// An amendment of something that was not handed over.
    #[error("piece {piece}: amends object {number}, but was handed {count}")]
    NotSelected {
        /// Who.
        piece: String,
        /// Which.
        number: u32,
        /// How many there were, numbered from 0.
        count: usize,
    },
    /// An amendment that is no merge patch, or after which the object is another one or none.
    #[error("piece {piece}: amendment of {id}: {reason}")]
    Refused {
        /// Who.
        piece: String,
        /// Which object.
        id: ObjectId,
        /// What is wrong.
        reason: String,
    },
}

impl Bundle {
    /// The objects of other pieces that `card` amends, numbered in the order of the bundle.
    #[must_use]
    pub fn select(&self, card: &Card) -> Vec<Selected> {
        self.selected(card)
            .zip(0..)
            .map(|(index, id)| {
                let contributed = &self.objects[index];
                Selected {
                    id,
                    piece: contributed.piece.clone(),
                    manifest: Value::Object(contributed.object.manifest().clone()).to_string(),
                }
            })
            .collect()
    }

    /// Applies what `card`'s piece answered to the objects of [`Bundle::select`].
    ///
    /// # Errors
    /// The first amendment that was refused.
    pub fn amend(&mut self, card: &Card, amendments: &Amendments) -> Result<(), AmendError> {
        let selected: Vec<usize> = self.selected(card).collect();
        let mut amended = self.objects.clone();
        for (number, patch) in &amendments.changes {
            let Some(&index) = usize::try_from(*number).ok().and_then(|n| selected.get(n)) else {
                return Err(AmendError::NotSelected {
                    piece: card.name.clone(),
                    number: *number,
                    count: selected.len(),
                });
            };
            let contributed = &mut amended[index];
            let fields = patched(contributed, patch).map_err(|reason| AmendError::Refused {
                piece: card.name.clone(),
                id: contributed.object.id().clone(),
                reason,
            })?;
            contributed.amended.push((card.name.clone(), fields));
        }
        self.objects = amended;
        Ok(())
    }

    fn selected(&self, card: &Card) -> impl Iterator<Item = usize> {
        self.objects
            .iter()
            .enumerate()
            .filter(|(_, contributed)| {
                contributed.piece != card.name
                    && card
                        .amends
                        .iter()
                        .any(|selector| selector.chooses(contributed.object.id()))
            })
            .map(|(index, _)| index)
    }
}

/// Patches in place and tells which fields were touched.
fn patched(contributed: &mut Contributed, patch: &str) -> Result<Vec<String>, String> {
    let patch = json::read(patch).map_err(|error| format!("is not JSON: {error}"))?;
    let Value::Object(patch) = patch else {
        return Err("a merge patch of an object must be an object".to_owned());
    };
    for field in ["apiVersion", "kind", "status"] {
        if patch.contains_key(field) {
            return Err(format!("must not touch {field}"));
        }
    }
    if let Some(metadata) = patch.get("metadata") {
        let touched = metadata
            .as_object()
            .ok_or("must not replace metadata")?
            .keys()
            .find(|key| *key != "labels" && *key != "annotations");
        if let Some(key) = touched {
            return Err(format!(
                "must not touch metadata.{key}: only labels and annotations can be amended"
            ));
        }
    }
    let mut manifest = contributed.object.manifest().clone();
    let mut fields = Vec::new();
    merge(&mut manifest, patch, "", &mut fields);
    let object = Object::new(Value::Object(manifest))
        .map_err(|error| format!("leaves no object: {error}"))?;
    if let Some((field, reason)) = forbidden(&object).next() {
        return Err(format!("must not set {field}: {reason}"));
    }
    if let Some(field) = reserved(&object) {
        return Err(format!("must not set {field}: only meshhost sets it"));
    }
    contributed.object = object;
    Ok(fields)
}

/// RFC 7386, noting the pointer of each leaf that is set or removed.
fn merge(
    target: &mut Map<String, Value>,
    patch: Map<String, Value>,
    at: &str,
    fields: &mut Vec<String>,
) {
    for (key, value) in patch {
        let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Null => {
                target.remove(&key);
                fields.push(pointer);
            }
            Value::Object(inner) => {
                let below = target.entry(key).or_insert(Value::Null);
                if !below.is_object() {
                    *below = Value::Object(Map::new());
                }
                let below = below.as_object_mut().expect("was made an object just now");
                merge(below, inner, &pointer, fields);
            }
            leaf => {
                target.insert(key, leaf);
                fields.push(pointer);
            }
        }
    }
}

#[cfg(test)]
mod tests;
