//! Guests that break the rules of WebAssembly or of the contract: what happened is said, and the next call is not harmed.

use meshhost_runtime::CallFailure;
use serde_json::json;

use crate::guests::request;
use crate::hostile::{ANSWER, FREE, Guest, answer, data, pair};

fn said<const N: usize>(guests: [(&str, Guest); N]) -> String {
    guests
        .map(|(what, guest)| format!("{what}:\n{}\n", guest.said(&[])))
        .join("\n")
}

fn contribute(body: &str) -> Guest {
    Guest {
        contribute: body.to_owned(),
        ..Guest::default()
    }
}

fn realloc(body: &str) -> Guest {
    Guest {
        realloc: body.to_owned(),
        ..Guest::default()
    }
}

fn answers(bytes: &[u8]) -> Guest {
    Guest {
        fields: data(ANSWER, bytes),
        ..Guest::default()
    }
}

#[test]
fn traps() {
    insta::assert_snapshot!(said([
        ("unreachable", contribute("(unreachable)")),
        (
            "division",
            contribute("(i32.div_u (i32.const 1) (i32.const 0))")
        ),
        (
            "conversion",
            contribute("(i32.trunc_f32_s (f32.const nan))")
        ),
        ("memory", contribute("(i32.load (i32.const 99999999))")),
        (
            "a call of nothing",
            Guest {
                fields: "(table 1 funcref) (type $t (func (result i32)))".to_owned(),
                ..contribute("(call_indirect (type $t) (i32.const 0))")
            }
        ),
        (
            "a call of another type",
            Guest {
                fields: "(table funcref (elem $f)) (type $t (func (result i32))) (func $f)"
                    .to_owned(),
                ..contribute("(call_indirect (type $t) (i32.const 0))")
            }
        ),
        (
            "at the start",
            Guest {
                fields: "(func $begin (unreachable)) (start $begin)".to_owned(),
                ..Guest::default()
            }
        ),
        (
            "in describe",
            Guest {
                describe: "(unreachable)".to_owned(),
                ..Guest::default()
            }
        ),
        (
            "after the answer",
            Guest {
                after: "(unreachable)".to_owned(),
                ..Guest::default()
            }
        ),
        (
            "data that does not fit",
            Guest {
                fields: data(262_140, b"12345678"),
                ..Guest::default()
            }
        ),
    ]));
}

#[test]
fn memory_for_the_host() {
    insta::assert_snapshot!(said([
        ("a trap", realloc("(unreachable)")),
        ("outside", realloc("(i32.const -16)")),
        ("just outside", realloc("(i32.const 262143)")),
        ("not aligned", realloc("(i32.const 196609)")),
    ]));
}

#[test]
fn answers_that_are_none() {
    let object = |text: &[u8]| Guest {
        fields: answer([(FREE, 1), (0, 0), (0, 0), (0, 0), (0, 0)])
            + &data(FREE, &pair(FREE + 64, text.len()))
            + &data(FREE + 64, text),
        ..Guest::default()
    };
    let diagnostic = |bytes: &[u8]| Guest {
        fields: answer([(0, 0), (0, 0), (0, 0), (FREE, 1), (0, 0)]) + &data(FREE, bytes),
        ..Guest::default()
    };
    insta::assert_snapshot!(said([
        ("not UTF-8", object(b"caf\xe9")),
        ("half a surrogate", object(b"\xed\xa0\x80")),
        ("longer than need be", object(b"\xc0\x80")),
        ("neither result nor failure", answers(&[2])),
        ("a failure of no kind", answers(&[1, 0, 0, 0, 9])),
        ("a severity that is none", diagnostic(&[7])),
        ("an option that is neither", diagnostic(&[0, 0, 0, 0, 3])),
        ("outside", contribute("(i32.const -4)")),
        (
            "not aligned",
            contribute(&format!("(i32.const {})", ANSWER + 1))
        ),
    ]));
}

#[test]
fn what_a_failure_says_cannot_harm_a_terminal() {
    let text = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nerror: all is well";
    let problem = [pair(0, 0), pair(FREE + 64, text.len()), vec![0; 12]].concat();
    let guest = Guest {
        fields: data(
            ANSWER,
            &[&[1, 0, 0, 0, 0, 0, 0, 0][..], &pair(FREE, 1)].concat(),
        ) + &data(FREE, &problem)
            + &data(FREE + 64, text.as_bytes()),
        ..Guest::default()
    };
    let internal = Guest {
        fields: data(
            ANSWER,
            &[&[1, 0, 0, 0, 1, 0, 0, 0][..], &pair(FREE, text.len())].concat(),
        ) + &data(FREE, text.as_bytes()),
        ..Guest::default()
    };
    insta::assert_snapshot!(said([("a refusal", guest), ("a fault", internal)]));
}

#[test]
fn last_words_and_names_are_words_only() {
    let words =
        |length: u32, text: &[u8]| [b"meshhost:panic@1", &length.to_le_bytes()[..], text].concat();
    let dying = |memory: &[u8]| Guest {
        fields: data(FREE, memory),
        ..contribute("(unreachable)")
    };
    insta::assert_snapshot!(said([
        (
            "escapes",
            dying(&words(23, b"\x1b[31mred\x1b[0m\nline two\r."))
        ),
        ("not UTF-8", dying(&words(2, b"\xff\xfe"))),
        ("longer than it may be", dying(&words(4097, b"x"))),
        ("past the end of memory", {
            Guest {
                fields: data(262_144 - 20, &words(9, b"")),
                ..contribute("(unreachable)")
            }
        }),
        (
            "a function with a name that is none",
            Guest {
                fields: r#"(func $"\1b[2Jcleared" (result i32) unreachable)"#.to_owned(),
                ..contribute(r#"(call $"\1b[2Jcleared")"#)
            }
        ),
    ]));
}

/// A dead instance is dropped; the next call has a fresh one.
#[test]
fn nothing_is_kept_from_call_to_call() {
    let guest = Guest {
        fields: "(global $calls (mut i32) (i32.const 0))".to_owned(),
        contribute: format!(
            "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
             (if (i32.ne (global.get $calls) (i32.const 1)) (then (unreachable)))
             (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
             (if (i32.ne (i32.load (i32.const 0)) (i32.const 1)) (then (unreachable)))
             (i32.const {ANSWER})"
        ),
        ..Guest::default()
    };
    let piece = guest.load(&[]).unwrap();
    for _ in 0..3 {
        piece.contribute(&request(json!({}))).unwrap();
    }
}

#[test]
fn a_trap_is_not_a_limit() {
    let piece = contribute("(unreachable)").load(&[]).unwrap();
    let error = piece.contribute(&request(json!({}))).unwrap_err();
    assert!(matches!(error.failure, CallFailure::Trapped { .. }));
}
