//! The critical-pods piece: an amending piece that gives the named workloads of other pieces a priority class, so that
//! the scheduler evicts others first (`system-cluster-critical`, or the higher `system-node-critical`).
//!
//! Owns no object of its own. Must not know which pieces there are: it goes by kind, namespace and name.

mod amendment;
mod settings;
mod workload;

pub use settings::{Rule, Settings, Workloads};

use meshhost_piece::{Amendments, Card, Failure, Piece, Request, Selected, Selector};

/// The piece.
pub struct CriticalPods;

impl Piece for CriticalPods {
    type Settings = Settings;

    fn describe() -> Card {
        Card {
            name: "critical-pods".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Sets a priority class on the pods of the named workloads of other pieces"
                .to_owned(),
            amends: workload::Kind::ALL
                .iter()
                .map(|kind| Selector::kind(kind.group(), kind.name()))
                .collect(),
            ..Card::default()
        }
    }

    fn amend(request: Request<Settings>, objects: Vec<Selected>) -> Result<Amendments, Failure> {
        request.settings.check()?;
        amendment::amend(&request.settings, &request.facts.kubernetes, &objects)
    }
}

meshhost_piece::export!(CriticalPods);
