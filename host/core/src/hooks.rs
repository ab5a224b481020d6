//! The hooks that a plan runs. Owns which occasion there is for each piece and the order of its hooks; must not know how one
//! is run.

use std::collections::BTreeSet;

use serde_json::json;

use crate::bundle::ContributedHook;
use crate::card::Occasion;
use crate::desired::{Belonging, desired};
use crate::inventory::HOOK;
use crate::plan::{Action, Planned, PlannedHook, Removal};
use crate::revision::{Outcome, RecordedPiece, Revision};

/// What decides which occasions there are.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The latest revision.
    pub last: Option<&'a Revision>,
    /// Pieces of the latest revision that ended well.
    pub installed: &'a BTreeSet<String>,
    /// The pieces that take part now, as far as the caller tells them.
    pub pieces: &'a [RecordedPiece],
    /// What happens to objects.
    pub objects: &'a [Planned],
    /// What goes.
    pub removals: &'a [Removal],
    /// Whether a revision is brought back.
    pub restores: bool,
}

impl Circumstances<'_> {
    /// The occasions of a piece that takes part; none when nothing of it changes.
    fn occasions(&self, piece: &str) -> &'static [Occasion] {
        if !self.changes(piece) {
            &[]
        } else if self.restores {
            &[Occasion::PreRollback, Occasion::PostRollback]
        } else if self.installed.contains(piece) {
            &[Occasion::PreUpgrade, Occasion::PostUpgrade]
        } else {
            &[Occasion::PreInstall, Occasion::PostInstall]
        }
    }

    fn changes(&self, piece: &str) -> bool {
        let Some(last) = self.last.filter(|last| last.outcome == Outcome::Done) else {
            return true;
        };
        let of =
            |pieces: &[RecordedPiece]| pieces.iter().find(|known| known.name == piece).cloned();
        !self.installed.contains(piece)
            || of(self.pieces).is_some_and(|now| of(&last.request.pieces) != Some(now))
            || self
                .objects
                .iter()
                .any(|planned| planned.piece == piece && planned.action != Action::Unchanged)
            || self
                .removals
                .iter()
                .any(|removal| removal.piece.as_deref() == Some(piece))
    }
}

/// The hooks of the pieces that take part, in the order in which they are run; phases come one after the other.
#[must_use]
pub fn running(
    hooks: &[ContributedHook],
    set_id: &str,
    circumstances: &Circumstances<'_>,
) -> Vec<PlannedHook> {
    chosen(hooks, set_id, |piece| circumstances.occasions(piece))
}

/// The hooks of one or two occasions, of some pieces.
#[must_use]
pub fn chosen(
    hooks: &[ContributedHook],
    set_id: &str,
    occasions: impl Fn(&str) -> &'static [Occasion],
) -> Vec<PlannedHook> {
    let mut pieces: Vec<&str> = Vec::new();
    let mut all: Vec<(usize, PlannedHook)> = Vec::new();
    for ContributedHook { contributed, run } in hooks {
        let piece = contributed.piece.as_str();
        let number = pieces.iter().position(|known| *known == piece);
        let number = number.unwrap_or_else(|| {
            pieces.push(piece);
            pieces.len() - 1
        });
        for on in occasions(piece) {
            if !run.on.contains(on) {
                continue;
            }
            let object = &contributed.object;
            let mut desired = desired(object, set_id, Belonging::Made);
            let annotations = &mut desired["metadata"]["annotations"];
            if !annotations.is_object() {
                *annotations = json!({});
            }
            annotations[HOOK] = json!(piece);
            all.push((
                number,
                PlannedHook {
                    id: object.id().clone(),
                    api_version: object.api_version().to_owned(),
                    piece: piece.to_owned(),
                    on: *on,
                    weight: run.weight,
                    delete: run.delete.clone(),
                    desired,
                },
            ));
        }
    }
    all.sort_by(|(a, one), (b, other)| {
        let key = |number: usize, hook: &PlannedHook| (hook.on.phase(), number, hook.weight);
        key(*a, one)
            .cmp(&key(*b, other))
            .then_with(|| (&one.id.name, &one.id).cmp(&(&other.id.name, &other.id)))
    });
    all.into_iter().map(|(_, hook)| hook).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Contributed;
    use crate::card::HookRun;
    use crate::object::Object;

    fn hook(piece: &str, name: &str, weight: i32, on: &[Occasion]) -> ContributedHook {
        let object = Object::new(json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": "n"},
        }));
        ContributedHook {
            contributed: Contributed {
                object: object.unwrap(),
                piece: piece.to_owned(),
                amended: Vec::new(),
            },
            run: HookRun {
                on: on.to_vec(),
                weight,
                delete: Vec::new(),
            },
        }
    }

    #[test]
    fn hooks_come_by_phase_piece_weight_and_name() {
        use Occasion::{PostInstall, PreInstall, PreUpgrade, Test};
        let hooks = [
            hook("b", "late", 5, &[PreInstall]),
            hook("b", "z", -1, &[PreInstall, PostInstall, Test]),
            hook("b", "a", -1, &[PreInstall, PreUpgrade]),
            hook("a", "first", 0, &[PostInstall, PreInstall]),
        ];
        let told = chosen(&hooks, "set", |_| &[PreInstall, PostInstall]);
        let told: Vec<String> = told
            .iter()
            .map(|hook| format!("{} {} {}", hook.on.word(), hook.piece, hook.id.name))
            .collect();
        assert_eq!(
            told,
            [
                "pre-install b a",
                "pre-install b z",
                "pre-install b late",
                "pre-install a first",
                "post-install b z",
                "post-install a first",
            ]
        );
    }

    #[test]
    fn an_object_of_a_hook_is_marked() {
        let planned = chosen(&[hook("a", "x", 0, &[Occasion::Test])], "set", |_| {
            &[Occasion::Test]
        });
        assert_eq!(planned[0].desired["metadata"]["annotations"][HOOK], "a");
        assert_eq!(
            planned[0].desired["metadata"]["labels"][crate::inventory::PART_OF],
            "set"
        );
    }
}
