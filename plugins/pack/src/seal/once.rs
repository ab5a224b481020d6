//! Chance and time that a piece is handed, in the place of the system's: what `plugins/go/once` imports, and the generator
//! behind `random_get`. Owns both; must not know who calls them.
//!
//! The generator is ChaCha20 (D. J. Bernstein, 2008: 64 bits of counter and no nonce), whose key is all zeros until it is
//! seeded. Seeding begins the stream anew, so that what is drawn depends on the seed and on nothing before it.

use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

use super::code::{Place, SUCCESS, at, function};

/// The name that a piece imports these functions from.
pub(crate) const MODULE: &str = "meshhost:seal";

/// Eight bytes at a time, the key has so many parts.
const KEY_PARTS: u32 = 4;
const BLOCK_SIZE: i32 = 64;

/// "expand 32-byte k".
const SIGMA: [i32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
const COLUMNS: [[u32; 4]; 4] = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]];
const DIAGONALS: [[u32; 4]; 4] = [[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]];
const DOUBLE_ROUNDS: i32 = 10;

/// One function by its name, if there is one of that name.
pub(super) fn body(name: &str, place: &Place) -> Option<Function> {
    match name {
        "seed" => Some(seed(place)),
        "clock" => Some(clock(place)),
        _ => None,
    }
}

/// `(address of 32 bytes)`.
fn seed(place: &Place) -> Function {
    function(&[], |code| {
        for part in 0..KEY_PARTS {
            code.local_get(0)
                .i64_load(at(u64::from(part) * 8))
                .global_set(place.key(part));
        }
        code.i64_const(0).global_set(place.block());
    })
}

/// `(seconds since 1970)`.
fn clock(place: &Place) -> Function {
    function(&[], |code| {
        code.local_get(0)
            .i64_const(1_000_000_000)
            .i64_mul()
            .global_get(place.clock())
            .i64_sub()
            .global_set(place.day());
    })
}

/// `(buffer, length)`. Each call begins with a block of its own.
pub(super) fn random_get(place: &Place) -> Function {
    let (buffer, left, round, words) = (0, 1, 2, 3);
    let word = |number: u32| words + number;
    function(&[(17, ValType::I32)], |code| {
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(left).i32_eqz().br_if(1);
        for number in 0..16 {
            start(code, place, number);
            code.local_set(word(number));
        }
        code.i32_const(DOUBLE_ROUNDS).local_set(round);
        code.loop_(BlockType::Empty);
        for quarter in COLUMNS.iter().chain(&DIAGONALS) {
            quarter_round(code, quarter.map(word));
        }
        code.local_get(round)
            .i32_const(1)
            .i32_sub()
            .local_tee(round)
            .br_if(0)
            .end();
        for number in 0..16 {
            code.local_get(word(number));
            start(code, place, number);
            code.i32_add().local_set(word(number));
            put(code, word(number), number, buffer, left);
        }
        code.global_get(place.block())
            .i64_const(1)
            .i64_add()
            .global_set(place.block());
        // The smaller of the block and what is left; the counter of rounds is free again.
        code.local_get(left)
            .i32_const(BLOCK_SIZE)
            .local_get(left)
            .i32_const(BLOCK_SIZE)
            .i32_lt_u()
            .select()
            .local_set(round);
        code.local_get(buffer)
            .local_get(round)
            .i32_add()
            .local_set(buffer);
        code.local_get(left)
            .local_get(round)
            .i32_sub()
            .local_set(left);
        code.br(0).end().end();
        code.i32_const(SUCCESS);
    })
}

/// Writes a word of the block to its place in the buffer, as far as that reaches.
fn put(code: &mut InstructionSink<'_>, word: u32, number: u32, buffer: u32, left: u32) {
    let offset = number * 4;
    code.local_get(left)
        .i32_const(offset as i32 + 4)
        .i32_ge_u()
        .if_(BlockType::Empty);
    code.local_get(buffer)
        .local_get(word)
        .i32_store(at(offset.into()));
    code.else_();
    for byte in 0..3 {
        code.local_get(left)
            .i32_const((offset + byte) as i32)
            .i32_gt_u()
            .if_(BlockType::Empty);
        code.local_get(buffer)
            .local_get(word)
            .i32_const(byte as i32 * 8)
            .i32_shr_u()
            .i32_store8(at((offset + byte).into()));
        code.end();
    }
    code.end();
}

/// A word of the block before any round.
fn start(code: &mut InstructionSink<'_>, place: &Place, number: u32) {
    match number {
        0..4 => code.i32_const(SIGMA[number as usize]),
        4..12 => code
            .global_get(place.key((number - 4) / 2))
            .i64_const(i64::from(number % 2) * 32)
            .i64_shr_u()
            .i32_wrap_i64(),
        12 => code.global_get(place.block()).i32_wrap_i64(),
        13 => code
            .global_get(place.block())
            .i64_const(32)
            .i64_shr_u()
            .i32_wrap_i64(),
        _ => code.i32_const(0),
    };
}

fn quarter_round(code: &mut InstructionSink<'_>, [a, b, c, d]: [u32; 4]) {
    for (sum, of, turned, by) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
        code.local_get(sum)
            .local_get(of)
            .i32_add()
            .local_tee(sum)
            .local_get(turned)
            .i32_xor()
            .i32_const(by)
            .i32_rotl()
            .local_set(turned);
    }
}
