//! Guests that want too much: time, memory, stack, output. Each is stopped, told from a trap, and named with the flag that
//! would allow it.

use std::time::{Duration, Instant};

use meshhost_core::card::Selected;
use meshhost_runtime::{CallFailure, Limit};
use serde_json::json;

use crate::guests::{load, probe, request};
use crate::hostile::{ANSWER, FREE, Guest, answer, data, limits, pair};

const LOOP: &str = "(loop $again (br $again)) (unreachable)";
const SHORT: &[(&str, &str)] = &[("time", "500ms")];

/// What is said of each guest, one below the other.
fn said<const N: usize>(limits: &[(&str, &str)], guests: [(&str, Guest); N]) -> String {
    guests
        .map(|(what, guest)| format!("{what}:\n{}\n", guest.said(limits)))
        .join("\n")
}

fn contribute(body: &str) -> Guest {
    Guest {
        contribute: body.to_owned(),
        ..Guest::default()
    }
}

fn fields(fields: impl Into<String>) -> Guest {
    Guest {
        fields: fields.into(),
        ..Guest::default()
    }
}

#[test]
fn an_ordinary_guest_is_fine() {
    assert_eq!(Guest::default().said(&[]), "0 objects");
}

#[test]
fn endless_loops() {
    let spin = || LOOP.to_owned();
    insta::assert_snapshot!(said(
        SHORT,
        [
            (
                "in describe",
                Guest {
                    describe: spin(),
                    ..Guest::default()
                }
            ),
            ("in contribute", contribute(LOOP)),
            (
                "in realloc, which the host calls",
                Guest {
                    realloc: spin(),
                    ..Guest::default()
                }
            ),
            (
                "after the answer was given",
                Guest {
                    after: spin(),
                    ..Guest::default()
                }
            ),
            (
                "before anything is called",
                fields(format!("(func $begin {LOOP}) (start $begin)"))
            ),
            (
                "by tail calls",
                Guest {
                    contribute: "(return_call $round)".to_owned(),
                    fields: "(func $round (result i32) (return_call $round))".to_owned(),
                    ..Guest::default()
                }
            ),
        ]
    ));
}

#[test]
fn endless_loops_in_the_other_calls() {
    let guest = Guest {
        amend: LOOP.to_owned(),
        assess: LOOP.to_owned(),
        inject: Some(LOOP.to_owned()),
        ..Guest::default()
    };
    let piece = guest.load(SHORT).unwrap();
    let selected = Selected {
        id: 0,
        piece: "other".to_owned(),
        manifest: "{}".to_owned(),
    };
    let amend = piece
        .amend(&request(json!({})), &[selected])
        .expect_err("is stopped");
    let assess = piece.assess("{}", &[]).expect_err("is stopped");
    let inject = piece
        .inject(&request(json!({})), &["{}".to_owned()])
        .expect_err("is stopped");
    insta::assert_snapshot!(format!("{amend}\n{assess}\n{inject}"));
}

/// The engine's epoch is shared: moving it on for one call must not end another.
#[test]
fn a_call_that_is_stopped_stops_no_other() {
    let spinning = contribute(LOOP).load(SHORT).unwrap();
    let patient = contribute(LOOP).load(&[("time", "2s")]).unwrap();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let patient = scope.spawn(|| {
            let error = patient.contribute(&request(json!({}))).unwrap_err();
            (error.to_string(), begun.elapsed())
        });
        for _ in 0..3 {
            spinning.contribute(&request(json!({}))).unwrap_err();
        }
        let (error, took) = patient.join().unwrap();
        assert!(error.contains("took longer than 2s"), "{error}");
        assert!(took >= Duration::from_secs(2), "{took:?}");
    });
}

#[test]
fn memory_bombs() {
    insta::assert_snapshot!(said(
        &[("memory", "32MiB")],
        [
            (
                "page by page",
                contribute(
                    "(loop $again (drop (memory.grow (i32.const 1))) (br $again)) (unreachable)"
                )
            ),
            (
                "all at once",
                contribute("(drop (memory.grow (i32.const 65000))) (unreachable)")
            ),
            (
                "before any code runs",
                Guest {
                    memory: r#"(memory (export "memory") 65536)"#.to_owned(),
                    ..Guest::default()
                }
            ),
            (
                "many memories that are small enough each",
                fields("(memory 100) ".repeat(9))
            ),
            (
                "a table, which is memory of the host",
                Guest {
                    contribute: "(loop $again
                            (drop (table.grow (ref.null func) (i32.const 10000))) (br $again))
                        (unreachable)"
                        .to_owned(),
                    fields: "(table 1 funcref)".to_owned(),
                    ..Guest::default()
                }
            ),
            (
                "a table before any code runs",
                fields("(table 9000000 funcref)")
            ),
        ]
    ));
}

#[test]
fn recursion() {
    insta::assert_snapshot!(said(
        &[("stack", "256KiB")],
        [
            (
                "of one function",
                Guest {
                    contribute: "(call $deeper (i32.const 1))".to_owned(),
                    fields: "(func $deeper (param i32) (result i32)
                        (i32.add (local.get 0) (call $deeper (local.get 0))))"
                        .to_owned(),
                    ..Guest::default()
                }
            ),
            (
                "of two",
                Guest {
                    contribute: "(call_indirect (type $turn) (i32.const 0) (i32.const 0))"
                        .to_owned(),
                    fields: "(type $turn (func (param i32) (result i32)))
                        (table funcref (elem $ping $pong))
                        (func $ping (type $turn) (i32.add (i32.const 1)
                            (call_indirect (type $turn) (i32.const 1) (i32.const 1))))
                        (func $pong (type $turn) (i32.add (i32.const 1)
                            (call_indirect (type $turn) (i32.const 1) (i32.const 0))))"
                        .to_owned(),
                    ..Guest::default()
                }
            ),
        ]
    ));
}

/// One frame needs more stack than there is: the check must not be skipped by a large step.
#[test]
fn a_frame_that_is_larger_than_the_stack() {
    let locals = "(local v128) ".repeat(10_000);
    let set: String = (2..10_000)
        .map(|local| {
            format!("(local.set {local} (i32x4.splat (call $deeper (i32.const {local}))))")
        })
        .collect();
    let sum: String = (2..10_000)
        .map(|local| format!("(local.set 1 (i32x4.add (local.get 1) (local.get {local})))"))
        .collect();
    let guest = Guest {
        contribute: "(call $deeper (i32.const 1))".to_owned(),
        fields: format!(
            "(func $deeper (param i32) (result i32) {locals} {set} {sum}
                (i32x4.extract_lane 0 (local.get 1)))"
        ),
        ..Guest::default()
    };
    let said = guest.said(&[("stack", "64KiB")]);
    assert!(said.contains("deeper than 64KiB"), "{said}");
}

#[test]
fn lists_that_claim_more_than_there_is() {
    let objects =
        |address, length| fields(answer([(address, length), (0, 0), (0, 0), (0, 0), (0, 0)]));
    let top = u32::MAX as usize;
    insta::assert_snapshot!(said(
        &[],
        [
            ("as many as fit into 4 GiB", objects(FREE, (1 << 29) - 1)),
            (
                "so many that their size is 0 in 32 bits",
                objects(FREE, 1 << 29)
            ),
            ("past the last address", objects(top - 3, 2)),
            ("not aligned", objects(FREE + 1, 2)),
            (
                "a text of 4 GiB",
                Guest {
                    fields: objects(FREE, 1).fields + &data(FREE, &pair(0, top)),
                    ..Guest::default()
                }
            ),
        ]
    ));
}

#[test]
fn lists_that_are_too_long() {
    // Four pages of nothing but zeros: texts without length.
    let many = |list: usize| {
        let mut lists = [(0, 0); 5];
        lists[list] = (FREE, 11);
        fields(answer(lists))
    };
    let problems = [&[1, 0, 0, 0, 0, 0, 0, 0][..], &pair(FREE, 11)].concat();
    insta::assert_snapshot!(said(
        &[("objects", "10")],
        [
            ("objects", many(0)),
            ("order rules", many(1)),
            ("restart rules", many(2)),
            ("diagnostics", many(3)),
            ("notes", many(4)),
            ("problems", fields(data(ANSWER, &problems))),
        ]
    ));
}

#[test]
fn answers_that_are_too_large() {
    // One text of 64 KiB of zeros, seventeen times over.
    let aliases = pair(65536, 65536).repeat(17);
    let alias = |objects| {
        fields(answer([(FREE, objects), (0, 0), (0, 0), (0, 0), (0, 0)]) + &data(FREE, &aliases))
    };
    // Ten million texts without length, which really are there.
    let many = Guest {
        memory: r#"(memory (export "memory") 1300)"#.to_owned(),
        ..fields(answer([
            (1 << 20, 10_000_000),
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 0),
        ]))
    };
    insta::assert_snapshot!(
        [
            said(
                &[("output", "1MiB")],
                [("just not", alias(15)), ("one text many times", alias(17))]
            ),
            many.said(&[]),
            // With time enough on any machine: what is counted is told, not how long it took.
            many.said(&[("output", "1GiB"), ("time", "120s")]),
        ]
        .join("\n")
    );
}

/// Gigabytes that really are there: the guest may have them, and the host does not take them over.
#[test]
fn answers_of_gigabytes() {
    let pages = (3_usize << 30) / 65536;
    let guest = Guest {
        memory: format!(r#"(memory (export "memory") {pages})"#),
        fields: answer([(FREE, 1), (0, 0), (0, 0), (0, 0), (0, 0)])
            + &data(FREE, &pair(1 << 20, (3 << 30) - (2 << 20))),
        ..Guest::default()
    };
    let before = peak();
    insta::assert_snapshot!(
        [
            guest.said(&[]),
            guest.said(&[("memory", "4GiB")]),
            guest.said(&[("memory", "4GiB"), ("output", "1GiB")]),
        ]
        .join("\n")
    );
    let grown = peak().saturating_sub(before);
    assert!(grown < 512 << 10, "the host took {grown} KiB");
}

/// The most memory that this process ever had, in KiB, where the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0)
}

#[test]
fn components_that_are_too_large() {
    let error = load(probe(), &limits(&[("module-size", "64KiB")])).expect_err("is refused");
    insta::assert_snapshot!(error, @"piece guest: the component is larger than 64KiB; if it is meant to, raise the limit: --limit guest.module-size=128KiB");
    let error = load(probe(), &limits(&[("compile-time", "1ms")])).expect_err("is refused");
    insta::assert_snapshot!(error, @"piece guest: the component took longer than 1ms to compile; if it is meant to, raise the limit: --limit guest.compile-time=2ms");
}

#[test]
fn an_overrun_knows_its_limit() {
    let piece = contribute(LOOP).load(SHORT).unwrap();
    let error = piece.contribute(&request(json!({}))).unwrap_err();
    let CallFailure::Limit { reached, .. } = error.failure else {
        panic!("{error}");
    };
    assert_eq!(reached.limit, Limit::Time);
    assert_eq!(reached.raise.as_deref(), Some("--limit hostile.time=1s"));
}
