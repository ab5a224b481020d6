//! A panic's message. A panic ends in a trap, which carries no text, and a piece has no import to write to: so the message
//! is left in the guest's own memory, where the host looks for it after a trap.
//!
//! The place: sixteen bytes that say what follows, the length as a little-endian `u32`, the text (UTF-8, cut at the
//! buffer's end). A piece in another language may leave its last words the same way.

#![expect(
    unsafe_code,
    reason = "a place at a fixed address can only be written through a raw pointer"
)]

use std::cell::UnsafeCell;
use std::sync::Once;

const CAPACITY: usize = 4096;

#[repr(C)]
struct LastWords {
    mark: [u8; 16],
    length: u32,
    text: [u8; CAPACITY],
}

struct Place(UnsafeCell<LastWords>);

// SAFETY: a piece has one thread.
unsafe impl Sync for Place {}

#[used]
static PLACE: Place = Place(UnsafeCell::new(LastWords {
    mark: *b"meshhost:panic@1",
    length: 0,
    text: [0; CAPACITY],
}));

/// From now on a panic leaves its message and place.
pub(super) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| leave(&panic.to_string())));
    });
}

fn leave(words: &str) {
    let length = words.floor_char_boundary(CAPACITY);
    let place = PLACE.0.get();
    // SAFETY: one thread, and the panic hook does not call itself.
    unsafe {
        (&mut (*place).text)[..length].copy_from_slice(&words.as_bytes()[..length]);
        (*place).length = length as u32;
    }
}
