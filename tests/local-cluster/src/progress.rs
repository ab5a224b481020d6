//! Showing how far a build is, so that minutes never pass in silence. Must not know what is built.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// One line that changes in place on a terminal; elsewhere a new line at every step and every few seconds.
///
/// Writes to the process's standard error itself, which a test runner does not capture: whoever waits for a test that
/// builds first wants to see it.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    what: String,
    began: Instant,
    last_line: Option<Instant>,
    last_step: &'static str,
}

impl Progress {
    pub(crate) fn new(what: String) -> Progress {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(
                ProgressStyle::with_template("{spinner} {msg}").expect("the template is valid"),
            );
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Progress {
            bar,
            what,
            began: Instant::now(),
            last_line: None,
            last_step: "",
        }
    }

    /// Says where the work is: the step, and how much of it is done.
    pub(crate) fn at(&mut self, step: &'static str, detail: &str) {
        let seconds = self.began.elapsed().as_secs();
        let line = format!(
            "{}: {step}{detail}, {}:{:02}",
            self.what,
            seconds / 60,
            seconds % 60
        );
        if let Some(bar) = &self.bar {
            bar.set_message(line);
        } else if self.last_step != step
            || self.last_line.is_none_or(|at| at.elapsed() >= LINE_EVERY)
        {
            self.last_step = step;
            self.last_line = Some(Instant::now());
            say(&line);
        }
    }

    /// Ends with a line that stays.
    pub(crate) fn done(self, line: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        say(&format!("{}: {line}", self.what));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn say(line: &str) {
    // Nobody can be told when standard error is closed, and the work goes on.
    let _ = writeln!(stderr(), "{line}");
}
