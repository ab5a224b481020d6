//! A thousand runs in one process leave nothing behind. Alone in its file, as it looks at the process's memory.

#[path = "sandbox/guests.rs"]
mod guests;
#[path = "sandbox/hostile.rs"]
#[expect(dead_code, reason = "the other tests need the rest")]
mod hostile;

use meshhost_runtime::CallFailure;
use serde_json::json;

use guests::{loaded_probe, request};
use hostile::Guest;

#[test]
fn a_thousand_runs_leave_nothing() {
    let good = loaded_probe();
    // Touches a megabyte, then traps.
    let bomb = Guest {
        contribute: "(drop (memory.grow (i32.const 16)))
            (memory.fill (i32.const 262144) (i32.const 1) (i32.const 1048576)) (unreachable)"
            .to_owned(),
        ..Guest::default()
    }
    .load(&[])
    .unwrap();
    let run = |times| {
        for _ in 0..times {
            let error = bomb.contribute(&request(json!({}))).unwrap_err();
            assert!(
                matches!(error.failure, CallFailure::Trapped { .. }),
                "{error}"
            );
            let contribution = good.contribute(&request(json!({"number": 3}))).unwrap();
            assert_eq!(contribution.objects.len(), 3);
        }
    };
    run(100);
    let before = resident();
    run(500);
    let grown = resident().saturating_sub(before);
    // Stores that are kept would be more than 500 MiB.
    assert!(grown < 32 << 20, "{grown} bytes more after 1,000 runs");
}

/// Bytes of this process that are in memory, where the system tells.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
