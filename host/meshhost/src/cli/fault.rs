//! What can go wrong for the person who typed the command. Owns turning any failure into a text with place and advice,
//! and into an exit code; must not know which command failed.

use std::fmt::Write as _;

use meshhost::pipeline::PipelineError;
use meshhost::policies::PolicyError;
use meshhost_core::problem::{Problem, Problems};
use meshhost_runtime::{CallError, CallFailure};

/// Exit codes, an interface like any other: documented in the README.
pub(crate) mod exit {
    /// Done.
    pub(crate) const DONE: u8 = 0;
    /// `diff`: something would change.
    pub(crate) const CHANGES: u8 = 1;
    /// It was tried and did not work.
    pub(crate) const FAILED: u8 = 1;
    /// What was typed cannot be worked with; nothing was tried.
    pub(crate) const USAGE: u8 = 2;
    /// `diff`: it was tried and did not work (1 is taken).
    pub(crate) const DIFF_FAILED: u8 = 3;
}

/// A failed command.
#[derive(Debug)]
pub(crate) struct Fault {
    /// [`exit::USAGE`] or [`exit::FAILED`].
    pub(crate) code: u8,
    /// One or more things that are wrong.
    pub(crate) problems: Vec<Problem>,
}

impl Fault {
    /// What was typed cannot be worked with.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::of(exit::USAGE, message, Some(hint.into()))
    }

    /// It did not work, and this is what to do.
    pub(crate) fn failed(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::of(exit::FAILED, message, Some(hint.into()))
    }

    /// It did not work; the error's own text says what to do.
    pub(crate) fn from_error(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Some libraries repeat the cause in their own text.
            if !message.contains(&text) {
                let _ = write!(message, ": {text}");
            }
            cause = error.source();
        }
        Self::of(exit::FAILED, message, None)
    }

    fn of(code: u8, message: impl Into<String>, hint: Option<String>) -> Self {
        Self {
            code,
            problems: vec![Problem {
                origin: None,
                path: String::new(),
                message: message.into(),
                hint,
            }],
        }
    }
}

impl From<Problems> for Fault {
    fn from(problems: Problems) -> Self {
        Self {
            code: exit::USAGE,
            problems: problems.0,
        }
    }
}

/// Policies that are not kept to.
pub(crate) fn from_policies(error: PolicyError) -> Fault {
    match error {
        PolicyError::Violations(violations) => {
            let mut problems = Problems::default();
            for violation in &violations {
                let hint = format!(
                    "`policies` of the installation has the rules of {}",
                    violation.policy
                );
                problems.push(Problem::nowhere("", violation.to_string()).hint(hint));
            }
            Fault {
                code: exit::FAILED,
                problems: problems.0,
            }
        }
        PolicyError::Time(_) => Fault::failed(
            error.to_string(),
            "make expressions that go through lists simpler, or give their policies a `match`",
        ),
        PolicyError::Host(_) => Fault::from_error(&error),
    }
}

/// A pipeline's failure; `blame` finds the place where the person wrote what a piece rejects.
pub(crate) fn from_pipeline(
    error: PipelineError,
    blame: impl Fn(&str, &meshhost_core::card::Problem) -> Problem,
) -> Fault {
    let plain = |message: String| Problem {
        origin: None,
        path: String::new(),
        message,
        hint: None,
    };
    match error {
        PipelineError::Calls(errors) => {
            let all_rejected = errors
                .iter()
                .all(|error| matches!(error.failure, CallFailure::Rejected(_)));
            Fault {
                code: if all_rejected {
                    exit::USAGE
                } else {
                    exit::FAILED
                },
                problems: errors
                    .iter()
                    .flat_map(|error: &CallError| match &error.failure {
                        CallFailure::Rejected(problems) => problems
                            .iter()
                            .map(|problem| blame(&error.piece, problem))
                            .collect(),
                        _ => vec![plain(error.to_string())],
                    })
                    .collect(),
            }
        }
        PipelineError::Bundle(errors) => Fault {
            code: exit::FAILED,
            problems: errors
                .iter()
                .map(|error| plain(error.to_string()))
                .collect(),
        },
        PipelineError::Amend(error) => Fault::from_error(&error),
    }
}
