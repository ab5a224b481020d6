//! A thousand runs in one process leave nothing behind. Alone in its file, as it looks at the process's memory.

#[path = "sandbox/guests.rs"]
mod guests;
#[path = "sandbox/hostile.rs"]
#[expect(dead_code, reason = "the other tests need the rest")]
mod hostile;

use meshhost_core::card::Selected;
use meshhost_runtime::Piece;
use serde_json::json;

use guests::{loaded_probe, request};
use hostile::{ANSWER, FREE, Guest, answer, data, pair};

/// Guests that end in every way there is; each may have this much, and none of it may stay.
const LIMITS: &[(&str, &str)] = &[
    ("memory", "32MiB"),
    ("output", "1MiB"),
    ("stack", "256KiB"),
    ("objects", "10"),
];

fn hostile() -> Vec<(&'static str, Piece)> {
    let contribute = |body: &str| Guest {
        contribute: body.to_owned(),
        ..Guest::default()
    };
    let fields = |fields: String| Guest {
        fields,
        ..Guest::default()
    };
    let object = |address, length| {
        answer([(FREE, 1), (0, 0), (0, 0), (0, 0), (0, 0)]) + &data(FREE, &pair(address, length))
    };
    [
        (
            "trapped",
            contribute(
                "(drop (memory.grow (i32.const 16)))
                (memory.fill (i32.const 262144) (i32.const 1) (i32.const 1048576)) (unreachable)",
            ),
        ),
        (
            "needs more than 32MiB of memory",
            contribute("(loop $again (drop (memory.grow (i32.const 64))) (br $again)) (unreachable)"),
        ),
        (
            "needs more than 32MiB of memory",
            Guest {
                fields: "(table $t 1 funcref)".to_owned(),
                ..contribute(
                    "(loop $again (drop (table.grow $t (ref.null func) (i32.const 100000))) (br $again))
                    (unreachable)",
                )
            },
        ),
        (
            "deeper than 256KiB",
            Guest {
                fields: "(func $deeper (param i32) (result i32)
                    (i32.add (local.get 0) (call $deeper (local.get 0))))"
                    .to_owned(),
                ..contribute("(call $deeper (i32.const 1))")
            },
        ),
        (
            "answered with more than 1MiB",
            Guest {
                memory: r#"(memory (export "memory") 40)"#.to_owned(),
                ..fields(object(1 << 18, 1 << 21))
            },
        ),
        (
            "answered with 11 objects",
            fields(answer([(65536, 11), (0, 0), (0, 0), (0, 0), (0, 0)])),
        ),
        (
            "does not keep to the contract",
            fields(object(FREE + 64, 2) + &data(FREE + 64, b"\xff\xff")),
        ),
        ("does not keep to the contract", contribute("(i32.const -4)")),
        (
            "trapped",
            Guest {
                realloc: "(unreachable)".to_owned(),
                ..Guest::default()
            },
        ),
        (
            "refused",
            fields(data(ANSWER, &[&[1, 0, 0, 0, 0, 0, 0, 0][..], &pair(0, 0)].concat())),
        ),
        (
            "panicked",
            Guest {
                fields: data(FREE, b"meshhost:panic@1\x05\0\0\0alas!"),
                ..contribute("(unreachable)")
            },
        ),
    ]
    .map(|(said, guest)| (said, guest.load(LIMITS).expect("can be loaded")))
    .into()
}

#[test]
fn a_thousand_runs_leave_nothing() {
    let good = loaded_probe();
    let hostile = hostile();
    let endless = Guest {
        contribute: "(loop $again (br $again)) (unreachable)".to_owned(),
        ..Guest::default()
    }
    .load(&[("time", "500ms")])
    .unwrap();
    let selected = || {
        vec![Selected {
            id: 0,
            piece: "other".to_owned(),
            manifest: "{}".to_owned(),
        }]
    };
    let run = |times| {
        for round in 0..times {
            if round % 20 == 0 {
                let error = endless.contribute(&request(json!({}))).unwrap_err();
                assert!(error.to_string().contains("took longer"), "{error}");
            }
            for (said, piece) in &hostile {
                let error = piece
                    .contribute(&request(json!({})))
                    .unwrap_err()
                    .to_string();
                assert!(error.contains(said), "{said}: {error}");
            }
            let contribution = good.contribute(&request(json!({"number": 3}))).unwrap();
            assert_eq!(contribution.objects.len(), 3);
            good.amend(&request(json!({})), &selected()).unwrap();
        }
    };
    run(20);
    let before = memory();
    // With those before, more than a thousand of hostile guests alone.
    run(80);
    let after = memory();
    let grown = after.now.saturating_sub(before.now);
    // A store that is kept of each kind would be more than 1 GiB.
    assert!(grown < 32 << 20, "{grown} bytes more after 1,000 runs");
    let peak = after.peak.saturating_sub(before.now);
    // The greediest guest may have 32 MiB.
    assert!(peak < 96 << 20, "{peak} bytes more in between");
}

struct Memory {
    now: u64,
    peak: u64,
}

/// Bytes of this process that are in memory and ever were, where the system tells.
fn memory() -> Memory {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |field: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(field))
            .and_then(|size| size.trim().strip_suffix(" kB")?.parse::<u64>().ok())
            .unwrap_or(0)
            << 10
    };
    Memory {
        now: of("VmRSS:"),
        peak: of("VmHWM:"),
    }
}
