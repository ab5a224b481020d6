//! What happens while it happens: one moving line on a terminal, plain lines elsewhere, JSON lines for machines. Owns how
//! events look; must not know what causes them.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use meshhost_cluster::{Applied, ApplyError, Event, Outcome};
use meshhost_core::id::ObjectId;
use meshhost_core::quote;

use crate::cli::args::Report;
use crate::cli::report;

/// Shows events.
pub(crate) struct Progress {
    how: How,
    bar: ProgressBar,
    waiting: Mutex<BTreeSet<ObjectId>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Terminal,
    Plain,
    Json,
}

impl Progress {
    pub(crate) fn new(output: Report) -> Self {
        let how = match output {
            Report::Json => How::Json,
            Report::Text if io::stderr().is_terminal() => How::Terminal,
            Report::Text => How::Plain,
        };
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if how == How::Terminal {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.set_style(
                ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self {
            how,
            bar,
            waiting: Mutex::new(BTreeSet::new()),
        }
    }

    /// Shows one event.
    pub(crate) fn event(&self, event: &Event) {
        if self.how == How::Json {
            if let Ok(line) = serde_json::to_string(event) {
                report::data(&format!("{line}\n"));
            }
            return;
        }
        match event {
            Event::Started { objects, .. } => self.bar.set_length(*objects as u64),
            Event::Wave {
                number,
                of,
                objects,
            } => {
                self.line(&format!("wave {number} of {of}: {objects} objects"));
            }
            Event::Applied { id, result, .. } => {
                self.bar.inc(1);
                match result {
                    Outcome::Unchanged => self.moving(&format!("{id}")),
                    Outcome::Created => self.line(&format!("  created {id}")),
                    Outcome::Adopted => self.line(&format!("  adopted {id}")),
                    Outcome::Changed => self.line(&format!("  changed {id}")),
                    Outcome::Replaced => self.line(&format!("  replaced {id}")),
                }
            }
            Event::Waiting { id, why, .. } => {
                let first = self.with_waiting(|waiting| waiting.insert(id.clone()));
                if first && self.how == How::Plain {
                    report::talk(&format!("  waiting for {id}: {why}"));
                }
                self.moving(&format!("waiting for {id}: {why}"));
            }
            // The error at the end tells.
            Event::NotReady { .. } => {}
            Event::Ready { id, .. } => {
                if self.with_waiting(|waiting| waiting.remove(id)) {
                    self.line(&format!("  ready   {id}"));
                }
            }
            Event::Hook { id, piece, on } => {
                self.line(&format!("  running {} hook {id} (piece {piece})", on.word()));
            }
            Event::HookDone { id, .. } => self.line(&format!("  done    {id}")),
            Event::Locked { by, stale_after_ms } => self.line(&format!(
                "{} has been at work on this installation since {}; it is waited for, at least until it is known to be dead ({} s without a sign of life)",
                by.holder,
                by.since,
                stale_after_ms.div_ceil(1000)
            )),
            Event::TakenOver { from } => self.line(&format!(
                "taken over from {}, which shows no life since {}",
                from.holder, from.seen
            )),
            Event::RollingBack { why, to } => self.line(&match to {
                Some(number) => format!("failed: {why}\nrolling back to revision {number}"),
                None => format!("failed: {why}\nremoving it again: no revision was good before"),
            }),
            Event::Deleting { id } => self.moving(&format!("deleting {id}")),
            Event::Deleted { id } => {
                self.bar.inc(1);
                self.line(&format!("  deleted {id}"));
            }
            Event::Left { id, why } => self.line(&format!("  left    {id}: {why}")),
            Event::Warning { id, text, .. } => {
                let about = id.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
                self.line(&format!("warning: {about}the API server says: {text}"));
            }
            Event::Retrying {
                request,
                why,
                after_ms,
            } => self.line(&format!("  retrying {request} in {after_ms} ms: {why}")),
            Event::Finished => self.bar.finish_and_clear(),
        }
    }

    /// What came of it, as the last line for machines.
    pub(crate) fn result(&self, installation: &str, applied: &Result<Applied, ApplyError>) {
        if self.how != How::Json {
            return;
        }
        let line = match applied {
            Ok(applied) => serde_json::json!({
                "event": "done",
                "installation": installation,
                "revision": applied.revision,
                "counts": applied.counts,
                "left": applied.left,
            }),
            Err(error) => serde_json::json!({
                "event": "failed",
                "installation": installation,
                "error": error.to_string(),
            }),
        };
        report::data(&format!("{line}\n"));
    }

    /// Takes the moving line away, so that something else can be printed.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, text: &str) {
        if self.how == How::Terminal {
            self.bar.println(quote::plain(text));
        } else {
            report::talk(text);
        }
    }

    fn moving(&self, text: &str) {
        self.bar.set_message(quote::plain(text));
    }

    fn with_waiting<T>(&self, work: impl FnOnce(&mut BTreeSet<ObjectId>) -> T) -> T {
        work(
            &mut self
                .waiting
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }
}
