//! May it be done? Asks the authorizer before anything is written, so that a missing right does not show half-way. Must not
//! know what the rights are for.
//!
//! An administrator costs one request: everything is allowed. Everybody else is asked for each kind, place and verb, and
//! where that is denied for each object, since rights can be given by name; the records of the installation and its lock are
//! asked for like two more objects. Watching is not asked for: without it, it is looked every now and then.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::Method;
use meshhost_core::id::ObjectId;
use meshhost_core::inventory::Inventory;
use meshhost_core::plan::{Action, How, Planned, Refusal, Removal};
use serde_json::{Value, json};

use crate::discovery::{Discovery, Resource};
use crate::request::{Request, RequestError};
use crate::session::Session;

/// Questions in flight.
const QUESTIONS: usize = 8;

/// What the authorizer means when it says nothing.
const NO_RULE: &str = "no rule allows it";

/// What is done with the records.
const RECORDS: [&str; 5] = ["list", "create", "update", "patch", "delete"];
/// What is done with the lock.
const LOCK: [&str; 4] = ["get", "create", "update", "delete"];

/// A verb on a kind in a place.
type Question = (Resource, Option<String>, &'static str);

/// What may not be done of what a plan wants done.
pub(super) async fn missing(
    session: &Session<'_>,
    discovery: &Discovery,
    inventory: &Inventory,
    objects: &[Planned],
    removals: &[Removal],
) -> Result<Vec<Refusal>, RequestError> {
    let mut wanted = wanted(discovery, objects, removals);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let records = ObjectId {
        group: String::new(),
        kind: "Secret".to_owned(),
        namespace: Some(inventory.namespace.clone()),
        name: inventory.parent_name(),
    };
    let lock = ObjectId {
        group: "coordination.k8s.io".to_owned(),
        kind: "Lease".to_owned(),
        ..records.clone()
    };
    let own: [(&ObjectId, &str, &[&'static str]); 2] = [
        (&records, "v1", &RECORDS),
        (&lock, "coordination.k8s.io/v1", &LOCK),
    ];
    for (id, api_version, verbs) in own {
        let Some(resource) = discovery.resource(api_version, &id.kind) else {
            continue;
        };
        for verb in verbs {
            let question = (resource.clone(), id.namespace.clone(), *verb);
            wanted.entry(question).or_default().insert(id.clone());
        }
    }
    let everything = json!({ "group": "*", "resource": "*", "verb": "*" });
    match ask(session, everything).await {
        Ok(None) => return Ok(Vec::new()),
        Ok(Some(_)) => {}
        // Who may not even ask finds out by doing.
        Err(error) if matches!(error.code(), Some(403 | 404)) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    }
    let refusals: Vec<Vec<Refusal>> = stream::iter(wanted)
        .map(|(question, ids)| of_place(session, question, ids))
        .buffered(QUESTIONS)
        .try_collect()
        .await?;
    let mut refusals: Vec<Refusal> = refusals.into_iter().flatten().collect();
    for refusal in &mut refusals {
        let Refusal::Forbidden { id, message, .. } = refusal else {
            continue;
        };
        if *id == records {
            message.push_str(
                " (what is recorded of the installation is kept there; --state-namespace chooses another namespace)",
            );
        } else if *id == lock {
            message.push_str(
                " (with it only one run at a time works on the installation; --state-namespace chooses another namespace)",
            );
        }
    }
    Ok(refusals)
}

fn wanted(
    discovery: &Discovery,
    objects: &[Planned],
    removals: &[Removal],
) -> BTreeMap<Question, BTreeSet<ObjectId>> {
    let mut wanted: BTreeMap<Question, BTreeSet<ObjectId>> = BTreeMap::new();
    let mut want = |id: &ObjectId, api_version: &str, verbs: &[&'static str]| {
        let Some(resource) = discovery.resource(api_version, &id.kind) else {
            return;
        };
        for verb in verbs {
            let question = (resource.clone(), id.namespace.clone(), *verb);
            wanted.entry(question).or_default().insert(id.clone());
        }
    };
    for planned in objects {
        let verbs: &[&'static str] = match planned.action {
            Action::Unchanged => &[],
            Action::Create => &["list", "patch", "create"],
            Action::Adopt { .. } | Action::Change { .. } => &["list", "patch"],
            Action::Replace { .. } => &["list", "delete", "patch", "create"],
        };
        want(&planned.id, &planned.api_version, verbs);
    }
    for removal in removals {
        let verb = match removal.how {
            How::Delete => "delete",
            How::Release(_) => "patch",
        };
        want(&removal.id, &removal.api_version, &[verb]);
    }
    wanted
}

async fn of_place(
    session: &Session<'_>,
    (resource, namespace, verb): Question,
    ids: BTreeSet<ObjectId>,
) -> Result<Vec<Refusal>, RequestError> {
    let mut attributes = json!({
        "group": resource.group, "version": resource.version, "resource": resource.plural,
        "verb": verb, "namespace": namespace,
    });
    if ask(session, attributes.clone()).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut refusals = Vec::new();
    for mut id in ids {
        if verb == "list" {
            // There is no right to list one by name.
            id.name = "*".to_owned();
            refusals.push(Refusal::Forbidden {
                id,
                verb: verb.to_owned(),
                message: NO_RULE.to_owned(),
            });
            break;
        }
        attributes["name"] = json!(id.name);
        if let Some(why) = ask(session, attributes.clone()).await? {
            refusals.push(Refusal::Forbidden {
                id,
                verb: verb.to_owned(),
                message: why,
            });
        }
    }
    Ok(refusals)
}

/// `None` when it is allowed, else why not.
async fn ask(session: &Session<'_>, attributes: Value) -> Result<Option<String>, RequestError> {
    let request = Request::new(
        Method::POST,
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    )
    .json(json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": attributes },
    }));
    let answer = session.send(request).await?.body;
    if answer.pointer("/status/allowed") == Some(&Value::Bool(true)) {
        return Ok(None);
    }
    let reason = answer
        .pointer("/status/reason")
        .and_then(Value::as_str)
        .filter(|reason| !reason.is_empty());
    Ok(Some(reason.unwrap_or(NO_RULE).to_owned()))
}
