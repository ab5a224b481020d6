//! Everything that reads what a stranger, or a mistaken person, wrote: nothing of it panics, and what it says is harmless.

#[path = "../../../../host/runtime/tests/sandbox/guests.rs"]
#[expect(dead_code, reason = "the sandbox's own tests need the rest")]
mod guests;
#[path = "../../../../host/runtime/tests/sandbox/hostile.rs"]
#[expect(dead_code, reason = "the sandbox's own tests need the rest")]
mod hostile;

mod answers;
mod bundles;
mod cache;
mod components;
mod overlays;
mod settings;

/// What is shown to a person: lines of text, no control characters, nothing invisible, and not without end.
fn harmless(said: &str) {
    assert!(said.len() < 1 << 20, "{} bytes", said.len());
    let bad = said.chars().find(|c| {
        c.is_control() && *c != '\n'
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    });
    assert_eq!(bad, None, "{}", said.escape_debug());
}
