//! Writing one object: server-side apply, strictly validated. Owns what may go wrong on the way; must not know waves.

use std::time::Duration;

use http::Method;
use meshhost_core::desired::Belonging;
use meshhost_core::id::ObjectId;
use meshhost_core::inventory::{ADOPTED, Inventory, PART_OF, is_adopted, keep_wish};
use meshhost_core::migration::migration;
use meshhost_core::plan::{Action, Planned, Precondition, Refusal};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::discovery::Resource;
use crate::event::{Event, Outcome};
use crate::refused::{Refused, refused};
use crate::request::{Answer, Request, RequestError};
use crate::session::Session;

/// How long a kind may take to appear after its definition is established.
const APPEAR: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// An object that changes all the time is looked at so often.
const LOOKS: usize = 10;

/// Why an object was not written.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// The server does not want it.
    Refused(Vec<Refusal>),
    /// The server could not be asked.
    Request(RequestError),
    /// What must go before did not.
    Stuck(String),
}

/// What was written.
pub(crate) struct Written {
    pub(crate) live: Value,
    pub(crate) sent: Value,
    pub(crate) outcome: Outcome,
}

/// Writes what is planned of one object.
pub(crate) async fn write(
    session: &Session<'_>,
    inventory: &Inventory,
    resource: &Resource,
    planned: &Planned,
) -> Result<Written, WriteError> {
    if let Action::Replace { .. } = planned.action
        && let Some(live) = &planned.live
    {
        replace(session, resource, &planned.id, live).await?;
    }
    if !planned.migrates.is_empty() {
        migrate(session, inventory, resource, planned).await?;
    }
    let mut sent = planned.desired.clone();
    let mut answer = apply(session, inventory, resource, planned, &sent).await?;
    // Servers that keep account of owners from the first apply on only: now it can be told who they are.
    if !planned.migrates.is_empty() && migration(&answer.body, &inventory.field_manager()).is_some()
    {
        migrate(session, inventory, resource, planned).await?;
        answer = apply(session, inventory, resource, planned, &sent).await?;
    }
    let mut outcome = match planned.action {
        Action::Create => Outcome::Created,
        Action::Adopt { .. } => Outcome::Adopted,
        Action::Replace { .. } => Outcome::Replaced,
        Action::Change { .. } | Action::Unchanged => Outcome::Changed,
    };
    // Somebody made it between the plan and now: it was there before us. After a retry 200 may be our own earlier try.
    if planned.action == Action::Create
        && planned.belonging == Belonging::Made
        && answer.code == 200
        && !answer.retried
    {
        sent["metadata"]["annotations"][ADOPTED] = json!("true");
        answer = apply(session, inventory, resource, planned, &sent).await?;
        outcome = Outcome::Adopted;
    }
    Ok(Written {
        live: answer.body,
        sent,
        outcome,
    })
}

async fn apply(
    session: &Session<'_>,
    inventory: &Inventory,
    resource: &Resource,
    planned: &Planned,
    body: &Value,
) -> Result<Answer, WriteError> {
    let give_up = session.deadline.min(Instant::now() + APPEAR);
    let mut force = false;
    loop {
        let request = Request::new(Method::PATCH, resource.path(&planned.id))
            .query("fieldManager", inventory.field_manager())
            .query("fieldValidation", "Strict")
            .query("force", force.to_string())
            .body("application/apply-patch+yaml", body.clone());
        match session.send(request).await {
            Ok(answer) => {
                for text in &answer.warnings {
                    session.tell(Event::Warning {
                        id: Some(planned.id.clone()),
                        piece: Some(planned.piece.clone()),
                        text: text.clone(),
                    });
                }
                return Ok(answer);
            }
            // Discovery is stale: the definition is established, but not every API server serves it yet.
            Err(error) if is_not_served(&error) && Instant::now() + LOOK_AGAIN < give_up => {
                sleep(LOOK_AGAIN).await;
            }
            Err(error) => match refused(error) {
                Ok(refused) if !force && refused.is_agreed(&planned.takes) => force = true,
                Ok(refused) => {
                    let told = refused.told(&planned.id, &planned.piece, body);
                    return Err(WriteError::Refused(told));
                }
                Err(error) => return Err(WriteError::Request(error)),
            },
        }
    }
}

/// Makes the fields of installers of before ours: over exactly the state that was looked at, as often as it changes.
async fn migrate(
    session: &Session<'_>,
    inventory: &Inventory,
    resource: &Resource,
    planned: &Planned,
) -> Result<(), WriteError> {
    let path = resource.path(&planned.id);
    for _ in 0..LOOKS {
        let live = match session.send(Request::get(&path)).await {
            Ok(answer) => answer.body,
            // Gone in the meantime: it is made anew.
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(WriteError::Request(error)),
        };
        let Some(migration) = migration(&live, &inventory.field_manager()) else {
            return Ok(());
        };
        let patch = json!([
            {"op": "replace", "path": "/metadata/managedFields", "value": migration.managed_fields},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        ]);
        let request = Request::new(Method::PATCH, &path)
            .query("fieldManager", inventory.field_manager())
            .body("application/json-patch+json", patch);
        match session.send(request).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_conflict() || error.is_not_found() => {}
            Err(error) => match refused(error) {
                Ok(refused) => {
                    let told = refused.told(&planned.id, &planned.piece, &planned.desired);
                    return Err(WriteError::Refused(told));
                }
                Err(error) => return Err(WriteError::Request(error)),
            },
        }
    }
    Err(WriteError::Stuck(
        "somebody changes it all the time, so its fields cannot be taken over".into(),
    ))
}

/// The path is unknown, as opposed to something that the object refers to.
fn is_not_served(error: &RequestError) -> bool {
    error.is_not_found()
        && error
            .message()
            .contains("could not find the requested resource")
}

/// Deletes what is to be made anew, and waits until it and its pods are gone.
async fn replace(
    session: &Session<'_>,
    resource: &Resource,
    id: &ObjectId,
    live: &Precondition,
) -> Result<(), WriteError> {
    match delete(session, resource, id, live).await {
        Ok(_) => {}
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => {
            return Err(match refused(error) {
                Ok(Refused::Forbidden(message)) => WriteError::Refused(vec![Refusal::Forbidden {
                    id: id.clone(),
                    verb: "delete".into(),
                    message,
                }]),
                Ok(_) => {
                    WriteError::Stuck("it has changed since the plan was made; plan again".into())
                }
                Err(error) => WriteError::Request(error),
            });
        }
    }
    loop {
        match session.send(Request::get(resource.path(id))).await {
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(WriteError::Request(error)),
            Ok(answer) => {
                let uid = answer.body.pointer("/metadata/uid").and_then(Value::as_str);
                if uid != Some(live.uid.as_str()) {
                    return Ok(());
                }
            }
        }
        if Instant::now() + LOOK_AGAIN >= session.deadline {
            return Err(WriteError::Stuck(
                "it does not go away, so it cannot be made anew".into(),
            ));
        }
        sleep(LOOK_AGAIN).await;
    }
}

/// Deletes exactly the object that was looked at. Dependents go first where there are any: when it is gone, so are they.
pub(crate) async fn delete(
    session: &Session<'_>,
    resource: &Resource,
    id: &ObjectId,
    live: &Precondition,
) -> Result<Answer, RequestError> {
    let has_dependents = matches!(
        (id.group.as_str(), id.kind.as_str()),
        ("apps" | "extensions" | "batch", _) | ("", "ReplicationController" | "Service")
    );
    let propagation = if has_dependents {
        "Foreground"
    } else {
        "Background"
    };
    let request = Request::new(Method::DELETE, resource.path(id)).json(json!({
        "preconditions": { "uid": live.uid, "resourceVersion": live.resource_version },
        "propagationPolicy": propagation,
    }));
    session.send(request).await
}

/// Gives an object back, which is a member no more. What was there before loses what only we own of it; what we have made
/// and leave behind stays as it is.
pub(crate) async fn release(
    session: &Session<'_>,
    inventory: &Inventory,
    resource: &Resource,
    id: &ObjectId,
) -> Result<(), RequestError> {
    let live = match session.send(Request::get(resource.path(id))).await {
        Ok(answer) => answer.body,
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => return Err(error),
    };
    if is_adopted(&live) && keep_wish(&live).is_none() {
        let mut metadata = json!({ "name": id.name });
        if let Some(namespace) = &id.namespace {
            metadata["namespace"] = json!(namespace);
        }
        let bare = json!({
            "apiVersion": resource.api_version(), "kind": resource.kind, "metadata": metadata,
        });
        let request = Request::new(Method::PATCH, resource.path(id))
            .query("fieldManager", inventory.field_manager())
            .query("force", "true")
            .body("application/apply-patch+yaml", bare);
        match session.send(request).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_not_found() => return Ok(()),
            // It cannot be without what we own of it: then only the marks of membership go.
            Err(error) if matches!(error.code(), Some(400 | 422)) => {}
            Err(error) => return Err(error),
        }
    }
    let marks = json!({ "metadata": {
        "labels": { PART_OF: null },
        "annotations": { ADOPTED: null },
    }});
    let request = Request::new(Method::PATCH, resource.path(id))
        .query("fieldManager", inventory.field_manager())
        .body("application/merge-patch+json", marks);
    match session.send(request).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(error),
    }
}
