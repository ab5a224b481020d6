use serde_json::json;

use super::*;
use crate::inventory::{ADOPTED, PART_OF};

fn id(kind: &str) -> ObjectId {
    ObjectId {
        group: String::new(),
        kind: kind.into(),
        namespace: None,
        name: "x".into(),
    }
}

fn live(set: Option<&str>, fields: &Value) -> Value {
    let mut live = json!({"metadata": {"uid": "u", "resourceVersion": "1", "managedFields": [
        {"manager": "meshhost-mesh", "operation": "Apply", "apiVersion": "v1", "fieldsV1": fields},
    ]}});
    if let Some(set) = set {
        live["metadata"]["labels"] = json!({PART_OF: set});
    }
    live
}

#[test]
fn verdict_on_one_object() {
    let inventory = Inventory::new("mesh", "kube-system");
    let set = inventory.set_id();
    let fields = json!({"f:data": {}});
    let ours = live(Some(&set), &fields);
    let sent = |belonging: Belonging| json!({"kind": "ConfigMap", "as": belonging});
    let record = |digest: &str, applied: Option<Applied>| RecordedObject {
        id: id("ConfigMap"),
        api_version: "v1".into(),
        piece: "p".into(),
        digest: digest.into(),
        applied,
    };
    let applied = Applied::of(&ours, "meshhost-mesh");
    let good = record(&digest(&sent(Belonging::Made)), applied.clone());
    let other = record("other", applied.clone());
    let unfinished = record(&digest(&sent(Belonging::Made)), None);
    let mut adopted = ours.clone();
    adopted["metadata"]["annotations"] = json!({ADOPTED: "true"});
    let mut remade = ours.clone();
    remade["metadata"]["uid"] = json!("another");
    let mut going = ours.clone();
    going["metadata"]["deletionTimestamp"] = json!("2020-01-01T00:00:00Z");
    let ask = Verdict::Ask;
    for (what, kind, live, recorded, expected) in [
        ("absent", "ConfigMap", None, Some(&good), Verdict::Create),
        (
            "as we left it",
            "ConfigMap",
            Some(ours.clone()),
            Some(&good),
            Verdict::Unchanged(Belonging::Made),
        ),
        (
            "other manifest",
            "ConfigMap",
            Some(ours.clone()),
            Some(&other),
            ask(Belonging::Made),
        ),
        (
            "no record",
            "ConfigMap",
            Some(ours.clone()),
            None,
            ask(Belonging::Made),
        ),
        (
            "killed run",
            "ConfigMap",
            Some(ours.clone()),
            Some(&unfinished),
            ask(Belonging::Made),
        ),
        (
            "somebody took a field",
            "ConfigMap",
            Some(live(Some(&set), &json!({}))),
            Some(&good),
            ask(Belonging::Made),
        ),
        (
            "deleted and made by another",
            "ConfigMap",
            Some(remade),
            Some(&good),
            ask(Belonging::Made),
        ),
        (
            "adopted",
            "ConfigMap",
            Some(adopted),
            None,
            ask(Belonging::Adopted),
        ),
        (
            "nobody's",
            "ConfigMap",
            Some(live(None, &fields)),
            None,
            ask(Belonging::Adopted),
        ),
        (
            "another's",
            "ConfigMap",
            Some(live(Some("other"), &fields)),
            None,
            Verdict::OtherSet("other".into()),
        ),
        (
            "another's namespace",
            "Namespace",
            Some(live(Some("other"), &fields)),
            None,
            ask(Belonging::Shared),
        ),
        (
            "going",
            "ConfigMap",
            Some(going),
            Some(&good),
            Verdict::Terminating,
        ),
    ] {
        let found = verdict(&id(kind), live.as_ref(), &inventory, recorded, sent);
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn a_job_that_has_gone_by_itself_is_not_run_again() {
    let inventory = Inventory::new("mesh", "kube-system");
    let mut id = id("Job");
    id.group = "batch".into();
    let job = |ttl: Option<u32>| json!({"kind": "Job", "spec": {"ttlSecondsAfterFinished": ttl}});
    let lasting = json!({"kind": "Job", "spec": {}});
    let applied = Applied::of(&live(None, &json!({})), "meshhost-mesh");
    for (sent, recorded, applied, expected) in [
        (
            job(Some(1)),
            job(Some(1)),
            applied.clone(),
            Verdict::Unchanged(Belonging::Made),
        ),
        (job(Some(2)), job(Some(1)), applied.clone(), Verdict::Create),
        (job(Some(1)), job(Some(1)), None, Verdict::Create),
        (lasting.clone(), lasting, applied, Verdict::Create),
    ] {
        let recorded = RecordedObject {
            id: id.clone(),
            api_version: "batch/v1".into(),
            piece: "p".into(),
            digest: digest(&recorded),
            applied,
        };
        let found = verdict(&id, None, &inventory, Some(&recorded), |_| sent.clone());
        assert_eq!(found, expected, "{sent}");
    }
}

#[test]
fn refusals_say_what_to_do() {
    let refusal = Refusal::Conflict {
        id: id("Service"),
        piece: "gateway".into(),
        field: ".spec.type".into(),
        manager: "kubectl".into(),
    };
    assert_eq!(
        refusal.to_string(),
        "Service x: piece gateway sets .spec.type, which kubectl has set to another value; \
         take it over with --force-conflicts or a rule `policy: own` under `fields`, or leave it to kubectl with `policy: yield`"
    );
}
