//! What could make one piece give different answers: each is the same on every machine and in every call, or not there.

use meshhost_core::card::Contribution;
use serde_json::json;

use crate::guests::request;
use crate::hostile::{ANSWER, FREE, Guest, answer, data, pair};

/// A guest that traps unless all of these hold.
fn holds(conditions: &[&str]) -> Guest {
    let checks: String = conditions
        .iter()
        .map(|condition| format!("(if (i32.eqz {condition}) (then (unreachable)))\n"))
        .collect();
    Guest {
        contribute: format!("{checks} (i32.const {ANSWER})"),
        ..Guest::default()
    }
}

fn all_hold(conditions: &[&str]) {
    // One by one, so that it is said which.
    for condition in conditions {
        assert_eq!(holds(&[condition]).said(&[]), "0 objects", "{condition}");
    }
}

/// Processors differ in the sign and the payload of a NaN that a calculation gives.
#[test]
fn every_nan_has_the_same_bits() {
    let f64_is = |calculation: &str| {
        format!("(i64.eq (i64.reinterpret_f64 {calculation}) (i64.const 0x7ff8000000000000))")
    };
    let f32_is = |calculation: &str| {
        format!("(i32.eq (i32.reinterpret_f32 {calculation}) (i32.const 0x7fc00000))")
    };
    let conditions = [
        f64_is("(f64.div (f64.const 0) (f64.const 0))"),
        f64_is("(f64.div (f64.const -0) (f64.const 0))"),
        f64_is("(f64.sqrt (f64.const -1))"),
        f64_is("(f64.sub (f64.const inf) (f64.const inf))"),
        f64_is("(f64.add (f64.const -nan:0x4000000000123) (f64.const 1))"),
        f64_is("(f64.mul (f64.const nan:0x8000000000fff) (f64.const -nan))"),
        f64_is("(f64.promote_f32 (f32.const -nan:0x200001))"),
        f64_is("(f64.min (f64.const nan:0x123) (f64.const -1))"),
        f32_is("(f32.div (f32.const 0) (f32.const 0))"),
        f32_is("(f32.sqrt (f32.const -2))"),
        f32_is("(f32.demote_f64 (f64.const -nan:0x8000000000fff))"),
        f32_is(
            "(f32x4.extract_lane 2 (f32x4.div (v128.const f32x4 0 0 0 0) (v128.const f32x4 0 0 0 0)))",
        ),
    ];
    all_hold(&conditions.each_ref().map(String::as_str));
}

/// Relaxed SIMD lets each processor do what is quickest; here it has to do what all can.
#[test]
fn relaxed_instructions_are_not_relaxed() {
    all_hold(&[
        // One rounding, not two: 2^24 + 1 does not fit, but the sum does.
        "(f32.eq (f32.const -1) (f32x4.extract_lane 0 (f32x4.relaxed_madd
            (v128.const f32x4 4097 4097 4097 4097) (v128.const f32x4 4095 4095 4095 4095)
            (v128.const f32x4 -16777216 -16777216 -16777216 -16777216))))",
        // Not a number is zero, too large is the largest.
        "(i32.eq (i32.const 0) (i32x4.extract_lane 0 (i32x4.relaxed_trunc_f32x4_s (v128.const f32x4 nan nan nan nan))))",
        "(i32.eq (i32.const 0x7fffffff) (i32x4.extract_lane 0 (i32x4.relaxed_trunc_f32x4_s
            (v128.const f32x4 3e9 3e9 3e9 3e9))))",
        "(i32.eq (i32.const -1) (i32x4.extract_lane 0 (i32x4.relaxed_trunc_f32x4_u
            (v128.const f32x4 9e9 9e9 9e9 9e9))))",
        // A lane that is not there is zero.
        "(i32.eqz (i8x16.extract_lane_u 0 (i8x16.relaxed_swizzle
            (v128.const i8x16 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9) (v128.const i8x16 16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0))))",
        // -0 is less than 0.
        "(i32.eq (i32.const 0x80000000) (i32x4.extract_lane 0 (f32x4.relaxed_min
            (v128.const f32x4 0 0 0 0) (v128.const f32x4 -0 -0 -0 -0))))",
        // Bit by bit, not by the highest bit.
        "(i32.eq (i32.const 0x0f) (i8x16.extract_lane_u 0 (i8x16.relaxed_laneselect
            (v128.const i64x2 -1 -1) (v128.const i64x2 0 0) (v128.const i64x2 0x0f 0))))",
    ]);
}

/// What a piece finds when it begins: nothing of another call, another piece or the host.
#[test]
fn memory_and_tables_begin_empty() {
    let guest = Guest {
        fields: "(table $t 10 funcref) (global $seen (mut i32) (i32.const 0))".to_owned(),
        contribute: format!(
            "(local i32)
             (loop $next
                (if (i32.gt_u (local.get 1) (i32.const {FREE}))
                    (then (global.set $seen (i32.or (global.get $seen) (i32.load (local.get 1))))))
                (local.set 1 (i32.add (local.get 1) (i32.const 4)))
                (br_if $next (i32.lt_u (local.get 1) (i32.const 196608))))
             (if (global.get $seen) (then (unreachable)))
             (if (i32.eqz (ref.is_null (table.get $t (i32.const 9)))) (then (unreachable)))
             (memory.fill (i32.const {FREE}) (i32.const 255) (i32.const 65536))
             (i32.const {ANSWER})"
        ),
        ..Guest::default()
    };
    let piece = guest.load(&[]).unwrap();
    for _ in 0..5 {
        piece.contribute(&request(json!({}))).unwrap();
    }
}

/// Memory that the machine does not have must not look like memory that the piece may not have: the one ends the call.
#[test]
fn growing_fails_only_where_the_piece_says_so() {
    let guest = Guest {
        memory: r#"(memory (export "memory") 4 8)"#.to_owned(),
        ..holds(&[
            "(i32.eq (i32.const 4) (memory.grow (i32.const 4)))",
            "(i32.eq (i32.const -1) (memory.grow (i32.const 1)))",
            "(i32.eq (i32.const 8) (memory.size))",
        ])
    };
    assert_eq!(guest.said(&[]), "0 objects");
    let greedy = holds(&["(i32.ne (i32.const -1) (memory.grow (i32.const 10000)))"]);
    let said = greedy.said(&[("memory", "1MiB")]);
    assert!(said.contains("needs more than 1MiB of memory"), "{said}");
}

/// A piece that answers with where things are: addresses of its own memory, which the host does not choose.
#[test]
fn addresses_are_the_same_each_time() {
    // The settings' address and length, as they were handed over, and what the memory allocator was asked for.
    let guest = Guest {
        fields: answer([(FREE, 1), (0, 0), (0, 0), (0, 0), (0, 0)])
            + &data(FREE, &pair(FREE + 64, 16))
            + "(global $asked (mut i32) (i32.const 0))",
        realloc: "(global.set $asked (i32.add (i32.mul (global.get $asked) (i32.const 31)) (local.get 3)))
            (i32.const 196608)"
            .to_owned(),
        contribute: format!(
            "(local i32)
             (i32.store (i32.const {at}) (global.get $asked))
             (loop $hex
                (i32.store8 (i32.add (i32.const {at}) (local.get 1))
                    (i32.add (i32.const 97) (i32.and (i32.const 15)
                        (i32.shr_u (global.get $asked) (i32.mul (local.get 1) (i32.const 2))))))
                (local.set 1 (i32.add (local.get 1) (i32.const 1)))
                (br_if $hex (i32.lt_u (local.get 1) (i32.const 16))))
             (i32.const {ANSWER})",
            at = FREE + 64
        ),
        ..Guest::default()
    };
    let ask = || -> Contribution {
        let piece = guest.load(&[]).unwrap();
        piece.contribute(&request(json!({"a": [1, 2, 3]}))).unwrap()
    };
    let first = ask();
    assert_eq!(first.objects[0].len(), 16);
    for _ in 0..5 {
        assert_eq!(ask(), first);
    }
}
