//! A piece that was built with the SDK: what it answers, and what is said when it fails.

use meshhost_core::card::{Assessment, GrantedFile, Selected, Severity};
use meshhost_runtime::CallFailure;
use serde_json::{Value, json};

use crate::guests::{load, loaded_probe, probe, request};
use crate::hostile::limits;

fn error(settings: Value) -> String {
    loaded_probe()
        .contribute(&request(settings))
        .expect_err("fails")
        .to_string()
}

#[test]
fn describes_itself() {
    let piece = loaded_probe();
    insta::assert_json_snapshot!(piece.card());
    assert!(piece.contributes() && piece.amends() && piece.assesses());
    assert_eq!(piece.digest().len(), "sha256:".len() + 64);
    assert_eq!(piece.notes(), [""; 0]);
}

#[test]
fn contributes() {
    let mut request = request(json!({"number": 2}));
    request.files.push(GrantedFile {
        wish: "data".to_owned(),
        path: "a/b".to_owned(),
        content: vec![0, 255, 7],
    });
    let contribution = loaded_probe().contribute(&request).unwrap();
    insta::assert_debug_snapshot!(contribution);
}

#[test]
fn is_handed_chance_and_time_and_hands_back_hooks() {
    let mut request = request(json!({"what": "once"}));
    request.once.seed[31] = 255;
    request.once.time = u64::MAX;
    let contribution = loaded_probe().contribute(&request).unwrap();
    insta::assert_debug_snapshot!(contribution);
    assert!(!format!("{request:?}").contains("255"));
}

#[test]
fn amends_and_assesses() {
    let piece = loaded_probe();
    let object = json!({"data": {}}).to_string();
    let selected = Selected {
        id: 7,
        piece: "other".to_owned(),
        manifest: object.clone(),
    };
    let amendments = piece.amend(&request(json!({})), &[selected]).unwrap();
    assert_eq!(
        amendments.changes,
        [(
            7,
            r#"{"data":{"amended-by":"mesh","was":"other"}}"#.to_owned()
        )]
    );
    assert_eq!(
        piece.assess(&object, &[]).unwrap(),
        Assessment::Progressing("no pods\\u{7} yet".to_owned())
    );
    assert_eq!(
        piece.assess(&object, &["{}".to_owned()]).unwrap(),
        Assessment::Ready
    );
    assert_eq!(
        piece.assess("{}", &[]).unwrap(),
        Assessment::Failed("there is no data".to_owned())
    );
}

#[test]
fn refuses_and_reports_faults() {
    insta::assert_snapshot!(
        [
            error(json!({"what": "reject"})),
            error(json!({"what": "fault"})),
            error(json!({"wat": "?"})),
        ]
        .join("\n")
    );
}

#[test]
fn a_panic_arrives_with_its_message_and_place() {
    insta::assert_snapshot!(
        [
            error(json!({"what": "panic", "number": 42})),
            error(json!({"what": "overflow", "number": 1})),
            error(json!({"what": "index", "number": 3})),
        ]
        .join("\n")
    );
}

#[test]
fn what_it_says_cannot_harm_a_terminal() {
    let contribution = loaded_probe()
        .contribute(&request(json!({"what": "shout"})))
        .unwrap();
    let diagnostic = &contribution.diagnostics[0];
    assert_eq!(diagnostic.severity, Severity::Warning);
    assert_eq!(diagnostic.path.as_deref(), Some("a\\nb"));
    assert_eq!(diagnostic.message, "\\u{1b}]0;title\\u{7}\\u{202e}");
    assert_eq!(contribution.notes, ["one\ntwo\\r\\u{1b}[31m"]);
}

#[test]
fn every_limit_is_named_with_its_flag() {
    let said = [
        ("time", "500ms", json!({"what": "loop"})),
        ("memory", "16MiB", json!({"what": "allocate"})),
        ("objects", "10", json!({"number": 11})),
        ("output", "100KiB", json!({"number": 1000})),
    ]
    .map(|(name, value, settings)| {
        let piece = load(probe(), &limits(&[(name, value)])).unwrap();
        let error = piece.contribute(&request(settings)).unwrap_err();
        assert!(matches!(error.failure, CallFailure::Limit { .. }));
        error.to_string()
    });
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_recursion_ends_at_the_stack_limit_whatever_it_is() {
    let mut said = Vec::new();
    for stack in ["64KiB", "1MiB", "64MiB"] {
        let piece = load(probe(), &limits(&[("stack", stack)])).unwrap();
        let error = piece
            .contribute(&request(json!({"what": "recurse"})))
            .unwrap_err();
        said.push(error.to_string());
    }
    // With 64 MiB it is Rust's own stack, 1 MiB of linear memory, that ends first.
    insta::assert_snapshot!(said.join("\n"));
}
