//! Asking the server what would come of it: a server-side apply in a dry run.

use http::Method;
use meshhost_core::field_set::FieldSet;
use meshhost_core::id::ObjectId;
use meshhost_core::inventory::{self, ADOPTED};
use meshhost_core::managed_fields::owners;
use meshhost_core::migration::migration;
use meshhost_core::plan::ServerWarning;
use meshhost_core::revision::owned_fields;
use serde_json::{Map, Value, json};

use super::Ground;
use crate::discovery::Resource;
use crate::refused::{Refused, refused};
use crate::request::{Request, RequestError};

/// One object to try.
pub(super) struct Trial<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) id: &'a ObjectId,
    pub(super) piece: &'a str,
    pub(super) resource: &'a Resource,
}

/// What came of it.
pub(super) struct Tried {
    pub(super) answer: Result<Value, Refused>,
    pub(super) warnings: Vec<ServerWarning>,
}

impl Trial<'_> {
    /// # Errors
    /// When the server could not be asked.
    pub(super) async fn run(&self, body: &Value, force: bool) -> Result<Tried, RequestError> {
        let request = Request::new(Method::PATCH, self.resource.path(self.id))
            .query("dryRun", "All")
            .query("fieldManager", self.ground.inventory.field_manager())
            .query("fieldValidation", "Strict")
            .query("force", force.to_string())
            .body("application/apply-patch+yaml", body.clone());
        match self.ground.session.send(request).await {
            Ok(answer) => Ok(Tried {
                warnings: answer
                    .warnings
                    .into_iter()
                    .map(|text| ServerWarning {
                        id: Some(self.id.clone()),
                        piece: Some(self.piece.to_owned()),
                        text,
                    })
                    .collect(),
                answer: Ok(answer.body),
            }),
            Err(error) => refused(error).map(|refused| Tried {
                answer: Err(refused),
                warnings: Vec::new(),
            }),
        }
    }
}

impl Trial<'_> {
    /// What would come of a dry run's answer when the fields of installers of before that are left out go: the server is
    /// asked again, since it fills in what it has a default for. Where it does not want to say, they are shown to go.
    pub(super) async fn migrated(&self, after: Value) -> Result<Value, RequestError> {
        let manager = self.ground.inventory.field_manager();
        let goes = goes(&after, &manager);
        if goes.is_empty() {
            return Ok(after);
        }
        let mut without = after.clone();
        goes.take_with_items_out_of(&mut without);
        let request = Request::new(Method::PATCH, self.resource.path(self.id))
            .query("dryRun", "All")
            .query("fieldManager", manager)
            .body("application/json-patch+json", whole(&after, &without));
        match self.ground.session.send(request).await {
            Ok(answer) => Ok(answer.body),
            Err(error) => refused(error).map(|_| without),
        }
    }
}

/// The fields that go when what installers of before own becomes ours: what is neither sent nor anybody else's.
fn goes(after: &Value, manager: &str) -> FieldSet {
    let Some(migration) = migration(after, manager) else {
        return FieldSet::default();
    };
    let sent = owners(after).into_iter().filter(|owner| owner.is(manager));
    let next = json!({"metadata": {"managedFields": migration.managed_fields}});
    let others = owners(&next).into_iter().filter(|owner| !owner.is(manager));
    let kept = sent
        .chain(others)
        .fold(FieldSet::default(), |kept, owner| kept.union(owner.fields));
    migration.moved.only_in(&kept).there_in(after)
}

/// A JSON patch that makes a whole object of another.
fn whole(before: &Value, after: &Value) -> Value {
    let mut patch = Vec::new();
    let empty = Map::new();
    let parts = [
        ("", before.as_object(), after.as_object()),
        (
            "/metadata",
            before["metadata"].as_object(),
            after["metadata"].as_object(),
        ),
    ];
    for (path, before, after) in parts {
        let (before, after) = (before.unwrap_or(&empty), after.unwrap_or(&empty));
        for key in before.keys() {
            let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
            match after.get(key) {
                None => patch.push(json!({"op": "remove", "path": path})),
                Some(_) if key == "metadata" || key == "status" => {}
                Some(value) if before.get(key) != Some(value) => {
                    patch.push(json!({"op": "replace", "path": path, "value": value}));
                }
                Some(_) => {}
            }
        }
    }
    Value::Array(patch)
}

/// Whether a write would leave who owns what, and the marks of membership, as they are.
pub(super) fn same_owner(live: &Value, after: &Value, manager: &str) -> bool {
    let adopted = |value: &Value| {
        value
            .pointer("/metadata/annotations")
            .and_then(|annotations| annotations.get(ADOPTED))
            .is_some()
    };
    owned_fields(live, manager) == owned_fields(after, manager)
        && inventory::part_of(live) == inventory::part_of(after)
        && adopted(live) == adopted(after)
}

/// The live object with what is sent laid over: all that can be said where the server does not try.
pub(super) fn laid_over(live: &Value, body: &Value) -> Value {
    match (live, body) {
        (Value::Object(live), Value::Object(body)) => {
            let mut merged = live.clone();
            for (key, value) in body {
                let under = live.get(key).unwrap_or(&Value::Null);
                merged.insert(key.clone(), laid_over(under, value));
            }
            Value::Object(merged)
        }
        (_, body) => body.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn laying_over_keeps_what_is_not_mentioned() {
        assert_eq!(
            laid_over(
                &json!({"a": {"b": 1, "c": [1]}}),
                &json!({"a": {"c": [2], "d": 3}})
            ),
            json!({"a": {"b": 1, "c": [2], "d": 3}})
        );
    }
}
