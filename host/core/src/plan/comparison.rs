//! Why an object or a field differs from how it is. Owns finding it out by comparing bundles that differ in one thing; how
//! such bundles are made is not known here.

use super::{Action, Cause, FieldChange, Plan, changes, path_of};
use serde_json::Value;

use crate::bundle::Bundle;
use crate::id::ObjectId;
use crate::provenance::ANNOTATIONS;

/// What a plan is compared with to find its causes.
#[derive(Debug, Default)]
pub struct Comparison {
    /// What is wanted, as it would be with one cause taken away.
    pub without: Vec<(Cause, Bundle)>,
    /// What the last revision's settings make of today's pieces, if that can be said.
    pub before: Option<Bundle>,
    /// Pieces that are others than in the last revision.
    pub pieces: Vec<(String, Cause)>,
}

impl Comparison {
    /// Notes in a plan what makes each object and each field change. `wanted` is the bundle that the plan was made from; all
    /// bundles are annotated with their provenance, or none is.
    pub fn explain(&self, plan: &mut Plan, wanted: &Bundle) {
        for planned in &mut plan.objects {
            let differences = self.differences(&planned.id, wanted);
            let of_piece = self.of_piece(&planned.piece);
            match &mut planned.action {
                Action::Unchanged => {}
                Action::Create => {
                    planned.because = self.because(
                        |difference| matches!(difference, Difference::Whole),
                        &differences,
                        of_piece,
                    );
                }
                Action::Adopt { fields }
                | Action::Change { fields }
                | Action::Replace { fields, .. } => {
                    for field in fields {
                        field.because = self.because(
                            |difference| difference.reaches(&field.path),
                            &differences,
                            of_piece,
                        );
                        if field.because == [Cause::Cluster] && is_provenance(field) {
                            field.because = vec![Cause::Provenance];
                        }
                    }
                }
            }
        }
        for removal in &mut plan.removals {
            let there = |bundle: &Bundle| bundle.object(&removal.id).is_some();
            removal.because = self
                .without
                .iter()
                .filter(|(_, bundle)| there(bundle))
                .map(|(cause, _)| cause.clone())
                .collect();
            if removal.because.is_empty()
                && let Some(piece) = &removal.piece
            {
                removal.because.extend(self.of_piece(piece).cloned());
            }
            if removal.because.is_empty() && self.before.as_ref().is_some_and(there) {
                removal.because = self.all();
            }
        }
    }

    fn because(
        &self,
        concerned: impl Fn(&Difference) -> bool,
        differences: &Differences,
        of_piece: Option<&Cause>,
    ) -> Vec<Cause> {
        let mut causes: Vec<Cause> = self
            .without
            .iter()
            .zip(&differences.without)
            .filter(|(_, difference)| concerned(difference))
            .map(|((cause, _), _)| cause.clone())
            .collect();
        if causes.is_empty() {
            causes.extend(of_piece.cloned());
        }
        if causes.is_empty()
            && let Some(before) = &differences.before
        {
            // No setting alone, but all of them together, or none: then it is not the settings.
            causes = if concerned(before) {
                self.all()
            } else {
                vec![Cause::Cluster]
            };
        }
        causes
    }

    fn all(&self) -> Vec<Cause> {
        self.without
            .iter()
            .map(|(cause, _)| cause.clone())
            .collect()
    }

    fn of_piece(&self, piece: &str) -> Option<&Cause> {
        self.pieces
            .iter()
            .find(|(name, _)| name == piece)
            .map(|(_, cause)| cause)
    }

    fn differences(&self, id: &ObjectId, wanted: &Bundle) -> Differences {
        Differences {
            without: self
                .without
                .iter()
                .map(|(_, bundle)| Difference::of(id, bundle, wanted))
                .collect(),
            before: self
                .before
                .as_ref()
                .map(|bundle| Difference::of(id, bundle, wanted)),
        }
    }
}

struct Differences {
    without: Vec<Difference>,
    before: Option<Difference>,
}

/// In what an object of another bundle differs from the wanted one.
enum Difference {
    /// It is not there.
    Whole,
    /// In these fields.
    Fields(Vec<String>),
}

impl Difference {
    fn of(id: &ObjectId, other: &Bundle, wanted: &Bundle) -> Self {
        let (Some(other), Some(wanted)) = (other.object(id), wanted.object(id)) else {
            return Self::Whole;
        };
        let (other, wanted) = (
            other.object.clone().into_value(),
            wanted.object.clone().into_value(),
        );
        if other == wanted {
            return Self::Fields(Vec::new());
        }
        let paths = changes(&other, &wanted)
            .into_iter()
            .map(|FieldChange { path, .. }| stored(&path))
            .collect();
        Self::Fields(paths)
    }

    /// Whether a field, or something in it, or something that it is in, differs.
    fn reaches(&self, field: &str) -> bool {
        let field = &stored(field);
        let inside = |inner: &str, outer: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        match self {
            Self::Whole => true,
            Self::Fields(paths) => paths
                .iter()
                .any(|path| inside(path, field) || inside(field, path)),
        }
    }
}

/// What is sent as `stringData` of a Secret is kept as `data`.
fn stored(path: &str) -> String {
    match path.strip_prefix("stringData") {
        Some(rest) if rest.is_empty() || rest.starts_with(['.', '[']) => format!("data{rest}"),
        _ => path.to_owned(),
    }
}

/// Whether a change is about nothing but annotations that tell where an object comes from.
fn is_provenance(change: &FieldChange) -> bool {
    const MAP: &str = "/metadata/annotations";
    let one = |key: &str| path_of(&format!("{MAP}/{}", key.replace('/', "~1")));
    let only = |value: &Value| {
        let map = value.as_object();
        map.is_some_and(|map| map.keys().all(|key| ANNOTATIONS.contains(&key.as_str())))
    };
    ANNOTATIONS.iter().any(|key| change.path == one(key))
        || change.path == path_of(MAP) && [&change.from, &change.to].into_iter().flatten().all(only)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_are_nothing_but_provenance() {
        let piece = json!({"meshhost.dev/piece": "one", "meshhost.dev/amended": "{}"});
        let more = json!({"meshhost.dev/piece": "one", "other": "x"});
        for (path, from, to, tells_it) in [
            (
                r#"metadata.annotations["meshhost.dev/piece"]"#,
                None,
                Some(json!("one")),
                true,
            ),
            (
                r#"metadata.annotations["meshhost.dev/other"]"#,
                None,
                Some(json!("one")),
                false,
            ),
            ("metadata.annotations", None, Some(piece.clone()), true),
            ("metadata.annotations", Some(piece), None, true),
            ("metadata.annotations", None, Some(more), false),
            ("metadata.labels", None, None, false),
        ] {
            let change = FieldChange {
                path: path.to_owned(),
                from,
                to,
                because: Vec::new(),
            };
            assert_eq!(is_provenance(&change), tells_it, "{change:?}");
        }
    }
}
