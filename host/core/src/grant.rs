//! What a piece may emit and amend, and what its objects may be able to do. Owns comparing what is wanted, what was granted
//! and what a piece has really returned; who grants and where that is kept is not known here.

use serde::{Deserialize, Serialize};

use crate::ability::Ability;
use crate::bundle::{Bundle, Contributed};
use crate::card::Card;
use crate::id::ObjectId;
use crate::needs::Need;
use crate::selector::Selector;

/// What is granted, or wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// What it contributes.
    pub emits: Vec<Selector>,
    /// What it amends.
    pub amends: Vec<Selector>,
    /// What its objects are able to do, the most dangerous first.
    pub abilities: Vec<Ability>,
}

impl Grant {
    /// What a piece wants: what its card says, and what its objects need as they are.
    #[must_use]
    pub fn wanted(card: &Card, needs: &[Need]) -> Self {
        Self {
            emits: card.emits.clone(),
            amends: card.amends.clone(),
            abilities: abilities(needs),
        }
    }

    /// What a piece has made use of: the least grant that lets it put into the bundle what it has put there.
    #[must_use]
    pub fn used(piece: &str, bundle: &Bundle, needs: &[Need]) -> Self {
        let chosen = |used: &dyn Fn(&Contributed) -> bool| {
            bundle
                .contributed()
                .filter(|contributed| used(contributed))
                .map(|contributed| Selector::exactly(contributed.object.id()))
                .collect()
        };
        Self {
            emits: chosen(&|contributed| contributed.piece == piece),
            amends: chosen(&|contributed| contributed.amended.iter().any(|(by, _)| by == piece)),
            abilities: abilities(needs),
        }
    }

    /// What a piece wants of which nobody can know beforehand what it will contribute, since its card says everything: the
    /// kinds of what it has contributed, in their namespaces, and what its objects need as they are.
    #[must_use]
    pub fn rendered(piece: &str, card: &Card, bundle: &Bundle, needs: &[Need]) -> Self {
        let mut emits: Vec<Selector> = bundle
            .contributed()
            .filter(|contributed| contributed.piece == piece)
            .map(|contributed| {
                let id = contributed.object.id();
                Selector {
                    namespace: Some(id.namespace.clone().unwrap_or_default()),
                    ..Selector::kind(&id.group, &id.kind)
                }
            })
            .collect();
        emits.sort_by_cached_key(ToString::to_string);
        emits.dedup();
        Self {
            emits,
            ..Self::wanted(card, needs)
        }
    }

    /// What `wanted` has beyond this.
    #[must_use]
    pub fn lacks(&self, wanted: &Self) -> Self {
        let beyond = |mine: &[Selector], wanted: &[Selector]| {
            wanted
                .iter()
                .filter(|wanted| !mine.iter().any(|mine| mine.covers(wanted)))
                .cloned()
                .collect()
        };
        Self {
            emits: beyond(&self.emits, &wanted.emits),
            amends: beyond(&self.amends, &wanted.amends),
            abilities: wanted
                .abilities
                .iter()
                .filter(|wanted| !self.abilities.iter().any(|mine| mine.covers(wanted)))
                .cloned()
                .collect(),
        }
    }

    /// With what another grant has too.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        for (mine, theirs) in [
            (&mut self.emits, &other.emits),
            (&mut self.amends, &other.amends),
        ] {
            let more: Vec<Selector> = theirs
                .iter()
                .filter(|theirs| !mine.iter().any(|mine| mine.covers(theirs)))
                .cloned()
                .collect();
            mine.extend(more);
        }
        self.abilities.extend(other.abilities.iter().cloned());
        self.abilities.sort();
        self.abilities.dedup();
        self
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.emits.is_empty() && self.amends.is_empty() && self.abilities.is_empty()
    }

    /// As bounds that hold in every respect.
    #[must_use]
    pub fn bounds(&self) -> Bounds<'_> {
        Bounds {
            emits: Some(&self.emits),
            amends: Some(&self.amends),
            abilities: Some(&self.abilities),
        }
    }
}

/// Each of them once, the most dangerous first.
fn abilities(needs: &[Need]) -> Vec<Ability> {
    let mut abilities: Vec<Ability> = needs.iter().map(|need| need.ability.clone()).collect();
    abilities.sort();
    abilities.dedup();
    abilities
}

/// Bounds on what a piece returns; nothing is said where it is absent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bounds<'a> {
    /// On what it contributes.
    pub emits: Option<&'a [Selector]>,
    /// On what it amends.
    pub amends: Option<&'a [Selector]>,
    /// On what its objects are able to do.
    pub abilities: Option<&'a [Ability]>,
}

/// Something that a piece has returned and was not granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Outside {
    /// An object.
    #[error("piece {piece}: {id} is not among what it may emit")]
    Emits {
        /// Who.
        piece: String,
        /// Which.
        id: ObjectId,
    },
    /// A change of another's object.
    #[error("piece {piece}: {id}: {}: is not among what it may amend", .fields.join(", "))]
    Amends {
        /// Who.
        piece: String,
        /// Which.
        id: ObjectId,
        /// The fields that it has changed, as RFC 6901 pointers.
        fields: Vec<String>,
    },
    /// An object that can do more.
    #[error(
        "piece {piece}: {id}: {field}: would {words}, and the ability `{ability}` is not granted",
        id = .need.id, field = .need.field, words = .need.ability.words(), ability = .need.ability
    )]
    Ability {
        /// Who.
        piece: String,
        /// What, and where it shows.
        need: Need,
    },
}

impl Bounds<'_> {
    /// Everything that the piece has put into the bundle beyond the bounds. `needs` is what its objects and amendments
    /// need.
    #[must_use]
    pub fn outside(&self, piece: &str, bundle: &Bundle, needs: &[Need]) -> Vec<Outside> {
        let mut outside = Vec::new();
        let beyond = |selectors: Option<&[Selector]>, id: &ObjectId| {
            selectors.is_some_and(|all| !all.iter().any(|selector| selector.chooses(id)))
        };
        for contributed in bundle.contributed() {
            let id = contributed.object.id();
            if contributed.piece == piece && beyond(self.emits, id) {
                outside.push(Outside::Emits {
                    piece: piece.to_owned(),
                    id: id.clone(),
                });
            }
            let mut amended = contributed.amended.iter().filter(|(by, _)| by == piece);
            if let Some((_, fields)) = amended.next()
                && beyond(self.amends, id)
            {
                let fields = fields.iter().chain(amended.flat_map(|(_, fields)| fields));
                outside.push(Outside::Amends {
                    piece: piece.to_owned(),
                    id: id.clone(),
                    fields: fields.cloned().collect(),
                });
            }
        }
        let abilities = needs.iter().filter(|need| {
            self.abilities
                .is_some_and(|all| !all.iter().any(|mine| mine.covers(&need.ability)))
        });
        outside.extend(abilities.map(|need| Outside::Ability {
            piece: piece.to_owned(),
            need: need.clone(),
        }));
        outside
    }
}

#[cfg(test)]
mod tests;
