//! From wasmtime's errors to what happened. Owns telling limits, traps, panics and unreadable answers apart, the readable
//! backtrace, and finding a panic's message in the guest's memory; must not know the contract.

use memchr::memmem;
use meshhost_core::quote;
use wasmtime::{AsContext, Error, FrameInfo, Store, Trap, WasmBacktrace, WasmCoreDump};

use crate::call::{CallFailure, Reached};
use crate::limits::{Limit, Limits};
use crate::sandbox::{Exhausted, Guest};

/// What the SDK writes before a panic's message (`plugins/sdk/src/wire/last_words.rs`; for Go,
/// `plugins/pack/src/seal/preview1.rs`), followed by the length as a little-endian `u32` and the text.
const MARK: &[u8] = b"meshhost:panic@1";
/// Longest message that is shown, bytes in the guest.
const LONGEST_MESSAGE: usize = 4096;
/// Frames of a backtrace that are shown.
const FRAMES: usize = 20;
/// Functions that call each other in a circle, at most, for the circle to be seen.
const LONGEST_ROUND: usize = 8;

/// Makes a limit's message for one piece.
pub(crate) fn reached(limits: &Limits, piece: &str, limit: Limit) -> Reached {
    Reached {
        limit,
        value: limits.get(limit),
        what: None,
        raise: limits.raised(piece, limit),
    }
}

/// What an error of a call, or of instantiating, means.
pub(crate) fn failure(
    store: &mut Store<Guest>,
    limits: &Limits,
    piece: &str,
    error: &Error,
) -> CallFailure {
    let backtrace = backtrace(error);
    let limit = |limit, backtrace| CallFailure::Limit {
        reached: reached(limits, piece, limit),
        backtrace,
    };
    match (
        error.downcast_ref::<Exhausted>(),
        error.downcast_ref::<Trap>(),
    ) {
        (Some(Exhausted::Time), _) => limit(Limit::Time, backtrace),
        (Some(Exhausted::Memory), _) => limit(Limit::Memory, backtrace),
        (None, Some(Trap::StackOverflow)) => limit(Limit::Stack, backtrace),
        (None, Some(trap)) => match last_words(store, error) {
            Some(message) => CallFailure::Panicked { message, backtrace },
            None => CallFailure::Trapped {
                reason: reason(*trap),
                backtrace,
            },
        },
        // wasmtime keeps the type of this one to itself; a test holds its words.
        (None, None) if is_out_of_hostcall_fuel(error) => limit(Limit::Output, Vec::new()),
        (None, None) => CallFailure::Unreadable(quote::line(&error.root_cause().to_string(), 500)),
    }
}

fn is_out_of_hostcall_fuel(error: &Error) -> bool {
    error
        .root_cause()
        .to_string()
        .contains("fuel allocated for hostcalls has been exhausted")
}

fn reason(trap: Trap) -> String {
    let trap = trap.to_string();
    trap.strip_prefix("wasm trap: ").unwrap_or(&trap).to_owned()
}

/// The guest's functions, the innermost first, without the machinery by which Rust and Go panic and allocate.
fn backtrace(error: &Error) -> Vec<String> {
    let frames = error
        .downcast_ref::<WasmBacktrace>()
        .map(WasmBacktrace::frames)
        .or_else(|| {
            error
                .downcast_ref::<WasmCoreDump>()
                .map(WasmCoreDump::frames)
        })
        .unwrap_or_default();
    let named: Vec<String> = frames.iter().map(frame).collect();
    let machinery = named.iter().take_while(|name| is_machinery(name));
    // A trace of nothing else is shown as it is.
    let skipped = match machinery.count() {
        all if all == named.len() => 0,
        some => some,
    };
    let mut shown = folded(&named[skipped..]);
    let more = shown.len().saturating_sub(FRAMES);
    shown.truncate(FRAMES);
    if more > 0 {
        shown.push(format!("… and {more} more"));
    }
    shown
}

fn frame(frame: &FrameInfo) -> String {
    match frame.func_name() {
        // `{:#}` leaves out the hash.
        Some(name) => quote::line(&format!("{:#}", rustc_demangle::demangle(name)), 200),
        None => format!("function {} (it has no name)", frame.func_index()),
    }
}

fn is_machinery(name: &str) -> bool {
    [
        "rust_panic",
        "__rust",
        "__rustc",
        "core::panicking::",
        "std::panicking::",
        "std::sys::",
        "std::process::abort",
        "core::option::expect_failed",
        "core::option::unwrap_failed",
        "core::result::unwrap_failed",
        "core::slice::index::",
        "core::str::slice_error_fail",
        "dlmalloc::",
        "alloc::alloc::",
        "alloc::raw_vec::",
        "alloc::vec::",
        // Go's.
        "runtime.",
    ]
    .iter()
    .any(|start| name.trim_start_matches('<').starts_with(start))
}

/// A recursion fills the whole trace with the same few frames: they are shown once.
fn folded(backtrace: &[String]) -> Vec<String> {
    let mut folded = Vec::new();
    let mut rest = backtrace;
    while let Some(first) = rest.first() {
        let turns = |round: usize| {
            rest.chunks_exact(round)
                .take_while(|chunk| *chunk == &rest[..round])
                .count()
        };
        let Some(round) = (1..=LONGEST_ROUND.min(rest.len())).find(|round| turns(*round) > 2)
        else {
            folded.push(first.clone());
            rest = &rest[1..];
            continue;
        };
        let times = turns(round);
        folded.extend_from_slice(&rest[..round]);
        let last = folded.last_mut().expect("a round has a frame");
        last.push_str(&match round {
            1 => format!(" ({times} times)"),
            _ => format!(" (these {round} in turn, {times} times)"),
        });
        rest = &rest[round * times..];
    }
    folded
}

/// The message that a panic left in the guest's memory.
fn last_words(store: &Store<Guest>, error: &Error) -> Option<String> {
    let dump = error.downcast_ref::<WasmCoreDump>()?;
    dump.memories()
        .iter()
        .find_map(|memory| find_words(memory.data(store.as_context())))
}

fn find_words(memory: &[u8]) -> Option<String> {
    memmem::find_iter(memory, MARK).find_map(|at| {
        let (length, rest) = memory[at + MARK.len()..].split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if length == 0 || length > LONGEST_MESSAGE {
            return None;
        }
        // The text may have been cut anywhere.
        let text = rest.get(..length)?.utf8_chunks().next()?.valid();
        (!text.is_empty()).then(|| quote::lines(text, LONGEST_MESSAGE))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_shown_once() {
        let folded = |frames: &str| {
            let frames: Vec<String> = frames.chars().map(String::from).collect();
            folded(&frames).join(" ")
        };
        assert_eq!(folded(""), "");
        assert_eq!(folded("abcab"), "a b c a b");
        assert_eq!(folded("xaaaay"), "x a (4 times) y");
        assert_eq!(
            folded("xabcabcabcay"),
            "x a b c (these 3 in turn, 3 times) a y"
        );
    }

    #[test]
    fn finds_what_a_panic_left() {
        let words = |length: u32, text: &[u8]| [b"xx", MARK, &length.to_le_bytes(), text].concat();
        for (memory, found) in [
            (words(5, b"hello world"), Some("hello")),
            (words(0, b"hello"), None),
            (words(6, b"hello"), None),
            (words(u32::MAX, b"hello"), None),
            (words(2, b"\xff\xff"), None),
            (words(2, b"a\xc3"), Some("a")),
            (words(1, b"\x1b"), Some("\\u{1b}")),
            (MARK.to_vec(), None),
            ([words(0, b""), words(2, b"hi")].concat(), Some("hi")),
        ] {
            assert_eq!(find_words(&memory).as_deref(), found);
        }
    }
}
