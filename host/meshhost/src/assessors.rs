//! Pieces as judges of their live objects. Owns the way from the cluster's question to the sandbox and back; must not know
//! when they are asked.

use std::collections::BTreeMap;

use meshhost_cluster::Assess;
use meshhost_core::card::Assessment;
use meshhost_core::id::ObjectId;
use meshhost_runtime::Piece;

/// The pieces that judge, by the names that their objects are recorded under.
#[derive(Debug, Default)]
pub struct Assessors(BTreeMap<String, Piece>);

impl Assessors {
    /// Those of these pieces that judge.
    #[must_use]
    pub fn new<'a>(pieces: impl Iterator<Item = &'a Piece>) -> Self {
        let judging = pieces.filter(|piece| piece.assesses());
        Self(
            judging
                .map(|piece| (piece.card().name.clone(), piece.clone()))
                .collect(),
        )
    }
}

impl Assess for Assessors {
    fn judges(&self, piece: &str, id: &ObjectId) -> bool {
        self.0.get(piece).is_some_and(|piece| {
            let mut selectors = piece.card().assesses.iter();
            selectors.any(|selector| selector.chooses(id))
        })
    }

    fn assess(&self, piece: &str, object: &str, pods: &[String]) -> Assessment {
        let Some(piece) = self.0.get(piece) else {
            return Assessment::Ready;
        };
        // A judge that fails will fail the next time too: waiting for its word would be waiting for nothing.
        piece
            .assess(object, pods)
            .unwrap_or_else(|error| Assessment::Failed(error.to_string()))
    }
}
