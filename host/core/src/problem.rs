//! What is wrong with what a person wrote. Owns the list of problems that everything about settings ends in; how they are
//! drawn is not known here.

use std::fmt;
use std::sync::Arc;

use crate::source::{Origin, Source};

/// More problems than these are not collected: what is wrong a thousand times is wrong in one way.
const MOST: usize = 200;
/// Longest message and path, in characters: both may hold what a stranger wrote.
const LONGEST: (usize, usize) = (1000, 300);

/// One thing that is wrong, or, in a list of warnings, one thing that is probably not what was meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Where it was written, when it was written anywhere.
    pub origin: Option<Origin>,
    /// Which setting, as a dotted path the way the person wrote it; empty when it is about the whole.
    pub path: String,
    /// What is wrong: one sentence, lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem at a place.
    pub fn at(origin: &Origin, path: impl fmt::Display, message: impl Into<String>) -> Self {
        Self {
            origin: Some(origin.clone()),
            ..Self::nowhere(path, message)
        }
    }

    /// A problem that is written nowhere.
    pub fn nowhere(path: impl fmt::Display, message: impl Into<String>) -> Self {
        Self {
            origin: None,
            path: cut(path.to_string(), LONGEST.1),
            message: cut(message.into(), LONGEST.0),
            hint: None,
        }
    }

    /// With what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(cut(hint.into(), LONGEST.0));
        self
    }

    /// With what to do about it, if that is known.
    #[must_use]
    pub fn maybe_hint(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }
}

/// `mesh.yaml:3:5: cni.enabld: is not a setting` and the hint on a line of its own.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  {hint}"),
            None => Ok(()),
        }
    }
}

fn cut(text: String, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// `1 piece`, `2 pieces`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}

/// All problems that were found, in the order in which they were found; never empty when it is an error.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Adds a problem, unless the same was found before or there are very many.
    pub fn push(&mut self, problem: Problem) {
        if self.0.len() == MOST {
            self.0.push(
                Problem::nowhere("", "there are more problems than can be listed")
                    .hint("correct these first"),
            );
        }
        if self.0.len() < MOST && !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// Adds what another step found.
    pub fn extend(&mut self, others: Problems) {
        for problem in others.0 {
            self.push(problem);
        }
    }

    /// Puts the problems of one text in the order in which they stand there.
    pub fn sort(&mut self) {
        let mut sources: Vec<Arc<Source>> = Vec::new();
        let mut rank = |origin: &Origin| {
            let known = sources
                .iter()
                .position(|source| Arc::ptr_eq(source, &origin.source));
            known.unwrap_or_else(|| {
                sources.push(Arc::clone(&origin.source));
                sources.len() - 1
            })
        };
        let mut ranked: Vec<(usize, usize, Problem)> = std::mem::take(&mut self.0)
            .into_iter()
            .map(|problem| match &problem.origin {
                Some(origin) => (rank(origin), origin.start, problem),
                None => (usize::MAX, 0, problem),
            })
            .collect();
        ranked.sort_by_key(|(source, start, _)| (*source, *start));
        self.0 = ranked.into_iter().map(|(.., problem)| problem).collect();
    }

    /// The value, if there was no problem.
    ///
    /// # Errors
    /// All problems.
    pub fn or<T>(self, value: T) -> Result<T, Problems> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
