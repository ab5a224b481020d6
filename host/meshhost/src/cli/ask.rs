//! Asking the person. Owns when there is somebody to ask; must not know what is asked.

use std::io::{self, BufRead, IsTerminal, Write};

/// Whether there is somebody to ask: questions go to stderr, answers come from stdin.
pub(crate) fn possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a yes-or-no question. Anything but a yes is a no, the end of input included.
pub(crate) fn yes(question: &str) -> bool {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{question} [y/N] ");
    let _ = stderr.flush();
    let mut answer = String::new();
    match io::stdin().lock().read_line(&mut answer) {
        Ok(_) => matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"),
        Err(_) => false,
    }
}
