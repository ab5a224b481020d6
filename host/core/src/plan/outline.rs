//! What a plan says it will do, to be kept and compared with a plan that is made later. Owns what counts as the same; must
//! not know where it is kept.
//!
//! A plan that was looked at is still true when the same things would happen to the same objects. What others have done
//! to fields that the plan does not touch, or controllers to `status`, does not matter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Action, FieldChange, How, Plan};
use crate::id::ObjectId;

/// What a plan does to each object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outline {
    /// The latest revision of the inventory that the plan was made from; 0 when there was none.
    revision: u64,
    /// Whether somebody was removing everything.
    removing: bool,
    /// Objects of the bundle and members that go, by identity.
    objects: Vec<Line>,
}

/// What happens to one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: ObjectId,
    /// `metadata.uid` of the live object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    /// In a word or two.
    fate: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fields: Vec<(String, Option<Value>, Option<Value>)>,
}

/// How a cluster has moved since a plan was made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Moved {
    /// Another run came in between.
    #[error("the installation is at revision {now}, and was at revision {then}")]
    Revision {
        /// When the plan was made.
        then: u64,
        /// Now.
        now: u64,
    },
    /// Somebody has begun to remove everything, or that has been undone.
    #[error("another run has begun to remove the installation, or has ended doing so")]
    Removing,
    /// It has come, and nobody knew.
    #[error("{id}: it was not there or not planned for, and now it would be {now}")]
    Appeared {
        /// Which.
        id: ObjectId,
        /// What would happen to it.
        now: String,
    },
    /// It is not there any more.
    #[error("{id}: it was to be {then}, and there is nothing to do for it any more")]
    Gone {
        /// Which.
        id: ObjectId,
        /// What was to happen to it.
        then: String,
    },
    /// Another object of the same name.
    #[error("{id}: somebody has made it, or deleted it and made it anew")]
    Remade {
        /// Which.
        id: ObjectId,
    },
    /// Something else would happen to it.
    #[error("{id}: it was to be {then}, and now would be {now}")]
    Fate {
        /// Which.
        id: ObjectId,
        /// What was to happen to it.
        then: String,
        /// What would happen to it.
        now: String,
    },
    /// Other fields would change, or from other values.
    #[error("{id}: somebody has changed {}", .fields.join(", "))]
    Fields {
        /// Which.
        id: ObjectId,
        /// Paths.
        fields: Vec<String>,
    },
}

impl Outline {
    /// Of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let written = plan.objects.iter().map(|planned| {
            let (fate, fields): (&str, &[FieldChange]) = match &planned.action {
                Action::Create => ("created", &[]),
                Action::Adopt { fields } => ("adopted", fields),
                Action::Change { fields } => ("changed", fields),
                Action::Replace { fields, .. } => ("deleted and created again", fields),
                Action::Unchanged => ("left as it is", &[]),
            };
            Line {
                id: planned.id.clone(),
                uid: planned.live.as_ref().map(|live| live.uid.clone()),
                fate: fate.to_owned(),
                fields: fields
                    .iter()
                    .map(|change| (change.path.clone(), change.from.clone(), change.to.clone()))
                    .collect(),
            }
        });
        let removed = plan.removals.iter().map(|removal| Line {
            id: removal.id.clone(),
            uid: Some(removal.live.uid.clone()),
            fate: match removal.how {
                How::Delete => "deleted".to_owned(),
                How::Release(_) => "given back".to_owned(),
            },
            fields: Vec::new(),
        });
        let mut ran: BTreeMap<&ObjectId, Vec<&str>> = BTreeMap::new();
        for hook in &plan.hooks {
            ran.entry(&hook.id).or_default().push(hook.on.word());
        }
        let ran = ran.into_iter().map(|(id, on)| Line {
            id: id.clone(),
            uid: None,
            fate: format!("run as a hook ({})", on.join(", ")),
            fields: Vec::new(),
        });
        let mut objects: Vec<Line> = written.chain(removed).chain(ran).collect();
        objects.sort_by(|a, b| a.id.cmp(&b.id));
        Self {
            revision: plan.basis.inventory.revision,
            removing: plan.basis.inventory.removing,
            objects,
        }
    }

    /// What has moved between this plan and a later one; empty when the later one does the same.
    #[must_use]
    pub fn moved(&self, later: &Self) -> Vec<Moved> {
        let mut moved = Vec::new();
        if self.revision != later.revision {
            moved.push(Moved::Revision {
                then: self.revision,
                now: later.revision,
            });
        }
        if self.removing != later.removing {
            moved.push(Moved::Removing);
        }
        let mut before: BTreeMap<&ObjectId, &Line> =
            self.objects.iter().map(|line| (&line.id, line)).collect();
        for now in &later.objects {
            match before.remove(&now.id) {
                None => moved.push(Moved::Appeared {
                    id: now.id.clone(),
                    now: now.fate.clone(),
                }),
                Some(then) => moved.extend(then.against(now)),
            }
        }
        moved.extend(before.into_values().map(|then| Moved::Gone {
            id: then.id.clone(),
            then: then.fate.clone(),
        }));
        moved
    }
}

impl Line {
    fn against(&self, now: &Self) -> Option<Moved> {
        let id = self.id.clone();
        if self.uid != now.uid && now.uid.is_some() {
            return Some(Moved::Remade { id });
        }
        if self.fate != now.fate {
            return Some(Moved::Fate {
                id,
                then: self.fate.clone(),
                now: now.fate.clone(),
            });
        }
        let other = |these: &Self, those: &Self| -> Vec<String> {
            these
                .fields
                .iter()
                .filter(|field| !those.fields.contains(field))
                .map(|(path, _, _)| path.clone())
                .collect()
        };
        let mut fields = other(self, now);
        fields.extend(other(now, self));
        fields.sort();
        fields.dedup();
        (!fields.is_empty()).then_some(Moved::Fields { id, fields })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(name: &str, uid: Option<&str>, fate: &str, fields: &[(&str, u32, u32)]) -> Line {
        Line {
            id: ObjectId {
                group: String::new(),
                kind: "ConfigMap".into(),
                namespace: None,
                name: name.into(),
            },
            uid: uid.map(str::to_owned),
            fate: fate.into(),
            fields: fields
                .iter()
                .map(|(path, from, to)| ((*path).to_owned(), Some(json!(from)), Some(json!(to))))
                .collect(),
        }
    }

    #[test]
    fn tells_what_has_moved_and_nothing_else() {
        let outline = |revision, objects| Outline {
            revision,
            removing: false,
            objects,
        };
        let then = line("a", Some("1"), "changed", &[("data.x", 1, 2)]);
        for (now, expected) in [
            (outline(3, vec![then.clone()]), vec![]),
            (
                outline(4, vec![then.clone()]),
                vec!["the installation is at revision 4, and was at revision 3"],
            ),
            (
                outline(3, vec![]),
                vec![
                    "ConfigMap a: it was to be changed, and there is nothing to do for it any more",
                ],
            ),
            (
                outline(3, vec![then.clone(), line("b", None, "created", &[])]),
                vec![
                    "ConfigMap b: it was not there or not planned for, and now it would be created",
                ],
            ),
            (
                outline(
                    3,
                    vec![line("a", Some("2"), "changed", &[("data.x", 1, 2)])],
                ),
                vec!["ConfigMap a: somebody has made it, or deleted it and made it anew"],
            ),
            (
                outline(3, vec![line("a", None, "created", &[])]),
                vec!["ConfigMap a: it was to be changed, and now would be created"],
            ),
            (
                outline(
                    3,
                    vec![line(
                        "a",
                        Some("1"),
                        "changed",
                        &[("data.x", 3, 2), ("data.y", 1, 2)],
                    )],
                ),
                vec!["ConfigMap a: somebody has changed data.x, data.y"],
            ),
        ] {
            let told: Vec<String> = outline(3, vec![then.clone()])
                .moved(&now)
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(told, expected);
        }
    }
}
