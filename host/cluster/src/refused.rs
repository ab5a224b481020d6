//! What the server says when it does not take an object. Owns the sorting of refusals that are about the object from
//! failures that are not; must not know whether it was tried or meant.

use meshhost_core::id::ObjectId;
use meshhost_core::migration::BEFORE;
use meshhost_core::ownership::Owned;
use meshhost_core::plan::{Refusal, masked};
use meshhost_core::replace;
use serde_json::Value;

use crate::request::{RequestError, blames_object};

/// Why the server would not.
pub(crate) enum Refused {
    /// Field and owner of each.
    Conflicts(Vec<(String, String)>),
    /// A field cannot change.
    Immutable(String),
    /// A right is missing.
    Forbidden(String),
    /// Anything else about the object.
    Rejected(String),
}

/// Sorts refusals that are about the object from failures that are not.
pub(crate) fn refused(error: RequestError) -> Result<Refused, RequestError> {
    let RequestError::Refused {
        code,
        message,
        causes,
        ..
    } = &error
    else {
        return Err(error);
    };
    let conflicts: Vec<(String, String)> = causes
        .iter()
        .filter(|cause| cause.reason == "FieldManagerConflict")
        .map(|cause| (cause.field.clone(), manager_of(&cause.message)))
        .collect();
    if !conflicts.is_empty() {
        return Ok(Refused::Conflicts(conflicts));
    }
    match code {
        // Admission says 403 as well; only the authorizer names the user.
        403 if message.contains("User \"") => Ok(Refused::Forbidden(message.clone())),
        403 => Ok(Refused::Rejected(message.clone())),
        400 | 404 | 409 | 413 | 422 if is_immutable(message) => {
            Ok(Refused::Immutable(message.clone()))
        }
        400 | 404 | 409 | 413 | 415 | 422 => Ok(Refused::Rejected(message.clone())),
        500 if blames_object(message) => Ok(Refused::Rejected(message.clone())),
        _ => Err(error),
    }
}

/// `conflict with "kubectl-client-side-apply" using apps/v1` names the manager in quotes.
fn manager_of(message: &str) -> String {
    message
        .split('"')
        .nth(1)
        .map_or_else(|| message.to_owned(), str::to_owned)
}

/// There is no machine-readable sign of immutability: these are the words of validation and of CEL rules.
fn is_immutable(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let said = [
        "is immutable",
        "may not be changed",
        "may not be updated",
        "may not change once set",
        "may not change fields other than",
        "cannot change roleref",
    ];
    said.iter().any(|words| message.contains(words))
        || (message.contains("updates to ") && message.contains("forbidden"))
}

impl Refused {
    /// Whether all that others own may be taken over: what was agreed to, and what is nobody's (how old servers call
    /// fields that were there before they kept account of owners).
    pub(crate) fn is_agreed(&self, taken: &[Owned]) -> bool {
        match self {
            Self::Conflicts(conflicts) => conflicts.iter().all(|(field, manager)| {
                manager == BEFORE
                    || taken
                        .iter()
                        .any(|taken| taken.field == *field && taken.manager == *manager)
            }),
            _ => false,
        }
    }

    /// In the plan's words, about what was sent: nothing of a Secret is quoted.
    pub(crate) fn told(self, id: &ObjectId, piece: &str, sent: &Value) -> Vec<Refusal> {
        let (id, piece) = (id.clone(), piece.to_owned());
        let quoted = |message: String| masked(&message, sent);
        match self {
            Self::Conflicts(conflicts) => conflicts
                .into_iter()
                .map(|(field, manager)| Refusal::Conflict {
                    id: id.clone(),
                    piece: piece.clone(),
                    field,
                    manager,
                })
                .collect(),
            Self::Immutable(message) => vec![Refusal::Immutable {
                consent: replace::consent(&id, &Value::Null),
                id,
                piece,
                message: quoted(message),
            }],
            Self::Forbidden(message) => vec![Refusal::Forbidden {
                id,
                verb: "patch".into(),
                message,
            }],
            Self::Rejected(message) => vec![Refusal::Rejected {
                id,
                piece,
                message: quoted(message),
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::request::refusal;

    #[test]
    fn refusals_are_sorted() {
        let told =
            |code: u16, body: Value| match refused(refusal("r".into(), code, &body.to_string())) {
                Ok(Refused::Conflicts(conflicts)) => format!("conflicts {conflicts:?}"),
                Ok(Refused::Immutable(_)) => "immutable".into(),
                Ok(Refused::Forbidden(_)) => "forbidden".into(),
                Ok(Refused::Rejected(_)) => "rejected".into(),
                Err(_) => "failure".into(),
            };
        for (code, body, expected) in [
            (
                409,
                json!({"details": {"causes": [{"reason": "FieldManagerConflict", "field": ".spec.a",
                    "message": "conflict with \"kubectl\" using apps/v1"}]}}),
                "conflicts [(\".spec.a\", \"kubectl\")]",
            ),
            (
                422,
                json!({"message": "spec.selector: field is immutable"}),
                "immutable",
            ),
            (
                422,
                json!({"message": "spec.ports: Required value"}),
                "rejected",
            ),
            (
                403,
                json!({"message": "x is forbidden: User \"u\" cannot patch"}),
                "forbidden",
            ),
            (
                403,
                json!({"message": "admission webhook denied the request"}),
                "rejected",
            ),
            (
                500,
                json!({"message": ".spec.x: field not declared in schema"}),
                "rejected",
            ),
            (
                500,
                json!({"message": "etcdserver: leader changed"}),
                "failure",
            ),
        ] {
            assert_eq!(told(code, body), expected);
        }
    }
}
