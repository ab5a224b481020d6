use super::*;
use crate::card::{Diagnostic, Severity};
use crate::source::SourceKind;

const TEXT: &str = "# kept
kind: Service
metadata: {name: a}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: ns, annotations: {x.y/z: no}}}
- {apiVersion: v1, kind: Secret, metadata: {name: c}}
";

fn read(text: &str) -> Result<Workloads, Problems> {
    Workloads::read(&Source::new(SourceKind::File, "app.yaml", text))
}

fn injected(text: &str) -> Outcome {
    Outcome {
        injected: Some(text.to_owned()),
        ..Outcome::default()
    }
}

#[test]
fn what_is_not_injected_stays_as_it_was_written() {
    let workloads = read(TEXT).unwrap();
    assert_eq!(workloads.objects().len(), 3);
    let out = workloads.finish(vec![Outcome::default(); 3]).unwrap();
    assert_eq!(out.text, TEXT);
}

#[test]
fn an_injected_item_takes_its_place_in_the_list() {
    let pod =
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b","namespace":"ns"},"spec":{}}"#;
    let outcomes = vec![Outcome::default(), injected(pod), Outcome::default()];
    let out = read(TEXT).unwrap().finish(outcomes).unwrap();
    let (service, list) = out.text.split_once("---\n").unwrap();
    assert!(service.starts_with("# kept\n"), "{service}");
    assert!(
        list.contains("spec: {}") && list.contains("kind: Secret"),
        "{list}"
    );
}

#[test]
fn says_where_and_which_object() {
    let mut outcomes = vec![Outcome::default(); 3];
    outcomes[1].problems = vec![card::Problem {
        path: "metadata.annotations.x\\.y/z".to_owned(),
        message: "is wrong".to_owned(),
        hint: None,
    }];
    let problems = read(TEXT).unwrap().finish(outcomes.clone()).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "app.yaml:8:80: metadata.annotations.x\\.y/z: Pod ns/b is wrong"
    );
    outcomes[1].problems.clear();
    outcomes[2].diagnostics = vec![Diagnostic {
        severity: Severity::Note,
        path: None,
        message: "is a secret".to_owned(),
    }];
    let out = read(TEXT).unwrap().finish(outcomes).unwrap();
    assert_eq!(out.notes[0].message, "Secret c is a secret");
}

#[test]
fn another_object_is_not_taken() {
    for (text, why) in [
        ("{", "is not JSON"),
        (
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","namespace":"ns"}}"#,
            "its metadata.name has changed",
        ),
        (
            r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"b","namespace":"ns"}}"#,
            "its kind has changed",
        ),
    ] {
        let outcomes = vec![Outcome::default(), injected(text), Outcome::default()];
        let problems = read(TEXT).unwrap().finish(outcomes).unwrap_err();
        assert!(problems.to_string().contains(why), "{problems}");
    }
}

#[test]
fn what_is_no_object_is_refused() {
    for (text, why) in [
        ("- a\n", "app.yaml:1:1: must be an object"),
        ("a: [", "app.yaml:1:"),
        ("kind: Pod\nkind: Pod\n", "twice"),
    ] {
        let problems = read(text).unwrap_err();
        assert!(problems.to_string().contains(why), "{problems}");
    }
    assert!(read("").unwrap().objects().is_empty());
}
