//! What makes a plan change what it changes: the settings that differ from those of the last revision are put back one by
//! one, and the pieces asked again. Pieces are pure, so that what goes back is what that setting changes.

use meshhost_core::bundle::Bundle;
use meshhost_core::facts::Facts;
use meshhost_core::given::{changed, put_back};
use meshhost_core::plan::{Cause, Comparison, Plan};
use meshhost_core::provenance;
use meshhost_core::revision::{RecordedPiece, Revision};
use serde_json::Value;

use crate::cli::wish::Wish;

/// How often the pieces are asked again, at most.
const MOST: usize = 24;

/// Notes in a plan what makes each object and field change, when there was a revision before. `wanted` is what the plan
/// was made from, `annotated` with its provenance or not.
pub(crate) fn explain(
    plan: &mut Plan,
    wish: &Wish,
    wanted: &Bundle,
    annotated: bool,
    facts: &Facts,
) {
    if plan.is_empty() {
        return;
    }
    let Some(last) = plan.basis.last.clone() else {
        return;
    };
    comparison(&last, wish, annotated, facts).explain(plan, wanted);
}

fn comparison(last: &Revision, wish: &Wish, annotated: bool, facts: &Facts) -> Comparison {
    let before = last
        .request
        .settings
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let pieces = wish.recorded();
    let bundle = |given: &[Value]| {
        let mut bundle = wish.again(given, facts)?;
        if annotated {
            bundle = provenance::annotated(bundle, &pieces);
        }
        Some(bundle.with_restarts().with_versioned_names())
    };
    Comparison {
        without: changed(before, &wish.given, MOST)
            .into_iter()
            .filter_map(|setting| {
                let cause = Cause::Setting {
                    path: setting.to_string(),
                };
                let given = put_back(before, &wish.given, &setting);
                Some((cause, bundle(&given)?))
            })
            .collect(),
        before: bundle(before),
        pieces: pieces
            .iter()
            .filter_map(|piece| {
                let earlier = last
                    .request
                    .pieces
                    .iter()
                    .find(|earlier| earlier.name == piece.name);
                let same = earlier.is_some_and(|earlier| earlier.makes_the_same(piece));
                let cause = Cause::Piece {
                    from: earlier.map(told),
                    to: told(piece),
                };
                (!same).then(|| (piece.name.clone(), cause))
            })
            .collect(),
    }
}

fn told(piece: &RecordedPiece) -> String {
    match &piece.chart {
        Some(chart) => format!("chart {chart}, rendered by {}", piece.version),
        None => format!("{} ({})", piece.version, piece.digest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_chart_is_told() {
        let piece = |chart: Option<&str>| RecordedPiece {
            name: "istiod".to_owned(),
            version: "4.3.1".to_owned(),
            digest: "sha256:aa".to_owned(),
            source: "built-in".to_owned(),
            chart: chart.map(str::to_owned),
            files: Vec::new(),
        };
        let (one, two) = (piece(Some("sha256:1")), piece(Some("sha256:2")));
        assert!(one.makes_the_same(&one));
        assert!(!one.makes_the_same(&two));
        assert_eq!(told(&two), "chart sha256:2, rendered by 4.3.1");
        assert_eq!(told(&piece(None)), "4.3.1 (sha256:aa)");
    }
}
