//! Why a call gave no result. Owns the failures and their words; must not know how they are found.

use std::fmt;

use meshhost_core::card::Problem;

use crate::limits::Limit;

/// The functions of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// The piece's card.
    Describe,
    /// Objects of its own.
    Contribute,
    /// Changes to the objects of others.
    Amend,
    /// A verdict on a live object.
    Assess,
    /// Sidecars in workloads.
    Inject,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Describe => "describe",
            Self::Contribute => "contribute",
            Self::Amend => "amend",
            Self::Assess => "assess",
            Self::Inject => "inject",
        })
    }
}

/// A call that gave no result. Nothing in it can harm a terminal: what comes from the piece is escaped and cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("piece {piece}: {call}: {failure}")]
pub struct CallError {
    /// The piece's name.
    pub piece: String,
    /// Which function.
    pub call: Call,
    /// What happened.
    pub failure: CallFailure,
}

/// What happened in a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailure {
    /// The piece cannot work with what it was given, and says why: for the person.
    #[error("refused{}", listing(.0))]
    Rejected(Vec<Problem>),
    /// The piece found a fault in itself: for its author.
    #[error("reports a fault of its own: {}", indented(.0))]
    Internal(String),
    /// The piece's code panicked, and left a message.
    #[error("{}{}", panicked(.message), frames(.backtrace))]
    Panicked {
        /// Message and place, as the piece's language words them.
        message: String,
        /// Functions of the piece, the innermost first.
        backtrace: Vec<String>,
    },
    /// The piece's code did what WebAssembly does not allow.
    #[error("trapped: {reason}{}", frames(.backtrace))]
    Trapped {
        /// In WebAssembly's words.
        reason: String,
        /// Functions of the piece, the innermost first.
        backtrace: Vec<String>,
    },
    /// A limit was reached.
    #[error("{reached}{}", frames(.backtrace))]
    Limit {
        /// Which, and how to raise it.
        reached: Reached,
        /// Functions of the piece, the innermost first, where the limit was reached in one of them.
        backtrace: Vec<String>,
    },
    /// What was handed over cannot be read: not UTF-8, outside of the memory, no case of its type.
    #[error("does not keep to the contract: {0}")]
    Unreadable(String),
    /// Not the piece's fault.
    #[error("could not be run: {0}")]
    Host(String),
}

/// A limit that was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Which.
    pub limit: Limit,
    /// What it stands at, as `--limit` spells it.
    pub value: String,
    /// What of the answer was too long, for [`Limit::Objects`].
    pub what: Option<String>,
    /// The flag that doubles it, unless it is at its highest.
    pub raise: Option<String>,
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = &self.value;
        match self.limit {
            Limit::Time => write!(f, "took longer than {value}"),
            Limit::Memory => write!(f, "needs more than {value} of memory"),
            Limit::Output => write!(f, "answered with more than {value}"),
            Limit::Objects => write!(
                f,
                "answered with {}, more than {value}",
                self.what.as_deref().unwrap_or("too many entries")
            ),
            Limit::Stack => write!(f, "calls itself deeper than {value} of stack allow"),
            Limit::ModuleSize => write!(f, "is larger than {value}"),
            Limit::CompileTime => write!(f, "took longer than {value} to compile"),
            Limit::CompileMemory => write!(f, "needs more than {value} of memory to compile"),
            Limit::Files => write!(f, "was granted more than {value} files"),
            Limit::FilesSize => write!(f, "was granted more than {value} of files"),
            Limit::FilesDepth => write!(f, "was granted folders deeper than {value}"),
        }?;
        match &self.raise {
            Some(raise) => write!(f, "; if it is meant to, raise the limit: {raise}"),
            None => f.write_str(", which is the most that a piece can be given"),
        }
    }
}

fn listing(problems: &[Problem]) -> String {
    if problems.is_empty() {
        return " without saying why".to_owned();
    }
    let mut listing = String::new();
    for problem in problems {
        listing.push_str("\n  ");
        if !problem.path.is_empty() {
            listing.push_str(&problem.path);
            listing.push_str(": ");
        }
        listing.push_str(&problem.message);
        if let Some(hint) = &problem.hint {
            listing.push_str("\n    ");
            listing.push_str(hint);
        }
    }
    listing
}

/// Rust's own words begin with `panicked at` and the place; the message is on a line of its own. Go's begin with `panic:`.
fn panicked(message: &str) -> String {
    let message = indented(message.trim_end());
    if message.starts_with("panicked at ") {
        message
    } else {
        format!(
            "panicked: {}",
            message.strip_prefix("panic: ").unwrap_or(&message)
        )
    }
}

/// A guest's lines cannot be taken for the host's.
fn indented(text: &str) -> String {
    text.replace('\n', "\n  ")
}

fn frames(backtrace: &[String]) -> String {
    backtrace
        .iter()
        .map(|frame| match frame.starts_with('…') {
            true => format!("\n  {frame}"),
            false => format!("\n  at {frame}"),
        })
        .collect()
}
