//! WASI preview 1 with nothing behind it: clocks that stand still until somebody waits, chance that is the same each time
//! until it is seeded ([`super::once`]), no files, no environment but what keeps Go's last words short. Owns the functions;
//! must not know how they get into a module.
//!
//! Go's last words on standard error are kept where the host looks for a panic's message after a trap; what else is written
//! there is lost.

use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

use super::code::{Place, SUCCESS, at, function, step};
use super::once;

/// The name that the functions are imported from.
pub(crate) const MODULE: &str = "wasi_snapshot_preview1";

const BAD_FILE: i32 = 8;
/// What one look at the clock takes: programs that wait for time to pass would wait for ever.
const TICK: i64 = 1000;

const ARGUMENT: &[u8] = b"piece\0";
/// A goroutine's stack has frames of the runtime's own; the host shows a backtrace of its own.
const ENVIRONMENT: &[u8] = b"GOTRACEBACK=none\0";

/// The mark that the host looks for, then the length, then the text (`plugins/sdk/src/wire/last_words.rs`).
const MARK: &[u8; 16] = b"meshhost:panic@1";
const LENGTH: u64 = 16;
const WORDS: u64 = 20;
const MOST_WORDS: i32 = 4096;
/// What begins Go's last words: what was written before is forgotten then.
const BEGINNINGS: [&[u8; 4]; 2] = [b"pani", b"fata"];

/// One function by its name, if there is one of that name.
pub(super) fn body(name: &str, place: &Place) -> Option<Function> {
    Some(match name {
        "args_sizes_get" => sizes(ARGUMENT),
        "args_get" => one_text(ARGUMENT),
        "environ_sizes_get" => sizes(ENVIRONMENT),
        "environ_get" => one_text(ENVIRONMENT),
        "clock_time_get" => clock_time_get(place),
        "clock_res_get" => clock_res_get(),
        "random_get" => once::random_get(place),
        "fd_write" => fd_write(place),
        "poll_oneoff" => poll_oneoff(place),
        "proc_exit" => function(&[], |code| {
            code.unreachable();
        }),
        "sched_yield" => constant(SUCCESS),
        "fd_advise"
        | "fd_allocate"
        | "fd_close"
        | "fd_datasync"
        | "fd_fdstat_get"
        | "fd_fdstat_set_flags"
        | "fd_fdstat_set_rights"
        | "fd_filestat_get"
        | "fd_filestat_set_size"
        | "fd_filestat_set_times"
        | "fd_pread"
        | "fd_prestat_dir_name"
        | "fd_prestat_get"
        | "fd_pwrite"
        | "fd_read"
        | "fd_readdir"
        | "fd_renumber"
        | "fd_seek"
        | "fd_sync"
        | "fd_tell"
        | "path_create_directory"
        | "path_filestat_get"
        | "path_filestat_set_times"
        | "path_link"
        | "path_open"
        | "path_readlink"
        | "path_remove_directory"
        | "path_rename"
        | "path_symlink"
        | "path_unlink_file"
        | "sock_accept"
        | "sock_recv"
        | "sock_send"
        | "sock_shutdown" => constant(BAD_FILE),
        _ => return None,
    })
}

fn constant(answer: i32) -> Function {
    function(&[], |code| {
        code.i32_const(answer);
    })
}

/// `(count, bytes)`: where the number of texts and the length of all go.
fn sizes(text: &[u8]) -> Function {
    function(&[], |code| {
        code.local_get(0).i32_const(1).i32_store(at(0));
        code.local_get(1)
            .i32_const(text.len() as i32)
            .i32_store(at(0));
        code.i32_const(SUCCESS);
    })
}

/// `(texts, bytes)`: where the address of the text and the text go.
fn one_text(text: &[u8]) -> Function {
    function(&[], |code| {
        code.local_get(0).local_get(1).i32_store(at(0));
        for (offset, byte) in (0..).zip(text) {
            code.local_get(1)
                .i32_const(i32::from(*byte))
                .i32_store8(at(offset));
        }
        code.i32_const(SUCCESS);
    })
}

/// `(clock, precision, time)`.
fn clock_time_get(place: &Place) -> Function {
    function(&[], |code| {
        code.global_get(place.clock())
            .i64_const(TICK)
            .i64_add()
            .global_set(place.clock());
        // Clock 0 tells the time of day; the others only that time passes.
        code.local_get(2)
            .global_get(place.clock())
            .global_get(place.day())
            .i64_const(0)
            .local_get(0)
            .i32_eqz()
            .select()
            .i64_add()
            .i64_store(at(0))
            .i32_const(SUCCESS);
    })
}

/// `(clock, resolution)`.
fn clock_res_get() -> Function {
    function(&[], |code| {
        code.local_get(1).i64_const(TICK).i64_store(at(0));
        code.i32_const(SUCCESS);
    })
}

/// `(file, vectors, count, written)`: everything is taken, and what goes to standard error may be kept.
fn fd_write(place: &Place) -> Function {
    let (file, vector, left, written) = (0, 1, 2, 3);
    let (all, text, length) = (4, 5, 6);
    function(&[(3, ValType::I32)], |code| {
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(left).i32_eqz().br_if(1);
        code.local_get(vector).i32_load(at(0)).local_set(text);
        code.local_get(vector).i32_load(at(4)).local_set(length);
        code.local_get(all)
            .local_get(length)
            .i32_add()
            .local_set(all);
        code.local_get(file)
            .i32_const(2)
            .i32_eq()
            .if_(BlockType::Empty);
        keep(code, place, text, length);
        code.end();
        step(code, vector, 8);
        step(code, left, -1);
        code.br(0).end().end();
        code.local_get(written).local_get(all).i32_store(at(0));
        code.i32_const(SUCCESS);
    })
}

/// Adds a text to what is kept, as far as there is room; `length` is overwritten. Before Go's last words nothing is kept: the
/// page is in the middle of what lives then.
fn keep(code: &mut InstructionSink<'_>, place: &Place, text: u32, length: u32) {
    let page = place.page;
    code.local_get(length)
        .i32_const(4)
        .i32_ge_u()
        .if_(BlockType::Empty);
    for beginning in BEGINNINGS {
        code.local_get(text)
            .i32_load(at(0))
            .i32_const(i32::from_le_bytes(*beginning))
            .i32_eq()
            .if_(BlockType::Empty);
        code.i32_const(page).i32_const(0).i32_store(at(LENGTH));
        code.i64_const(1).global_set(place.last_words());
        code.end();
    }
    code.end();
    code.global_get(place.last_words())
        .i32_wrap_i64()
        .if_(BlockType::Empty);
    let (first, second) = MARK.split_at(8);
    for (offset, half) in [(0, first), (8, second)] {
        let half = i64::from_le_bytes(half.try_into().expect("the mark has sixteen bytes"));
        code.i32_const(page).i64_const(half).i64_store(at(offset));
    }
    // The smaller of the text's length and the room.
    let kept = |code: &mut InstructionSink<'_>| {
        code.i32_const(page).i32_load(at(LENGTH));
    };
    let room = |code: &mut InstructionSink<'_>| {
        code.i32_const(MOST_WORDS);
        kept(code);
        code.i32_sub();
    };
    code.local_get(length);
    room(code);
    code.local_get(length);
    room(code);
    code.i32_lt_u().select().local_set(length);
    kept(code);
    code.i32_const(page + WORDS as i32).i32_add();
    code.local_get(text).local_get(length).memory_copy(0, 0);
    code.i32_const(page);
    kept(code);
    code.local_get(length).i32_add().i32_store(at(LENGTH));
    code.end();
}

/// `(subscriptions, events, count, happened)`: the first of them happens at once; a wait moves the clock.
fn poll_oneoff(place: &Place) -> Function {
    let (subscription, event, happened) = (0, 1, 3);
    function(&[], |code| {
        // Kind 0 is a clock, and its time stands 24 bytes from the beginning.
        code.local_get(subscription)
            .i32_load8_u(at(8))
            .i32_eqz()
            .if_(BlockType::Empty);
        code.global_get(place.clock())
            .local_get(subscription)
            .i64_load(at(24))
            .i64_add()
            .global_set(place.clock());
        code.end();
        // The event is of a clock, without an error, and has the subscription's mark.
        code.local_get(event)
            .local_get(subscription)
            .i64_load(at(0))
            .i64_store(at(0));
        for offset in [8, 16, 24] {
            code.local_get(event).i64_const(0).i64_store(at(offset));
        }
        code.local_get(happened).i32_const(1).i32_store(at(0));
        code.i32_const(SUCCESS);
    })
}
