//! A loaded piece. Owns calling it and checking that its answers are bounded and harmless to show; must not know how
//! components become code.

use meshhost_core::card::{
    Amendments, Assessment, Card, Contribution, Diagnostic, Outcome, Problem, Request, Selected,
};
use meshhost_core::quote;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Engine, Store};

use crate::call::{Call, CallError, CallFailure};
use crate::contract::v0_1::{Description, Functions, Refusal};
use crate::limits::{Limit, Limits};
use crate::sandbox::{self, Guest};
use crate::trap;

/// Characters of a message that are shown.
const LONGEST_MESSAGE: usize = 2_000;
/// Characters of a note that are shown: notes may be a page.
const LONGEST_NOTE: usize = 20_000;

/// A component that can be called. Every call is in a fresh sandbox, and calls may be made from several threads at once.
#[derive(Clone)]
pub struct Piece {
    pub(crate) card: Card,
    pub(crate) digest: String,
    pub(crate) limits: Limits,
    pub(crate) notes: Vec<String>,
    pub(crate) code: Code,
}

/// Compiled code, ready to be instantiated.
#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) engine: Engine,
    pub(crate) pre: InstancePre<Guest>,
    pub(crate) functions: Functions,
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Piece")
            .field("name", &self.card.name)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

impl Piece {
    /// What it says of itself, checked.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The same piece under the name that the installation gives it: whatever is said of it is said under that name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.card.name);
        self
    }

    /// `sha256:` and the hexadecimal digest of the component's bytes.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The limits it is called with.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Changes the limits it is called with. That of its stack counts for code that is loaded afterwards only.
    pub fn set_limits(&mut self, change: impl FnOnce(&mut Limits)) {
        change(&mut self.limits);
    }

    /// What there is to say about loading it that is no failure, such as a cache that could not be used.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether it has objects of its own. If not, [`Piece::contribute`] gives nothing.
    #[must_use]
    pub fn contributes(&self) -> bool {
        self.code.functions.exported().contribute
    }

    /// Whether it changes objects of others. If not, [`Piece::amend`] gives nothing.
    #[must_use]
    pub fn amends(&self) -> bool {
        self.code.functions.exported().amend
    }

    /// Whether it judges live objects. If not, [`Piece::assess`] says ready.
    #[must_use]
    pub fn assesses(&self) -> bool {
        self.code.functions.exported().assess
    }

    /// Whether it puts sidecars into workloads. If not, [`Piece::inject`] leaves every object as it is.
    #[must_use]
    pub fn injects(&self) -> bool {
        self.code.functions.exported().inject
    }

    /// Objects of its own. The texts in it are not read yet; what is meant to be shown is harmless.
    ///
    /// # Errors
    /// When the piece refuses, fails or reaches a limit.
    pub fn contribute(&self, request: &Request) -> Result<Contribution, CallError> {
        let call = Call::Contribute;
        let functions = &self.code.functions;
        let mut contribution = self.answer(call, |store, instance| {
            functions.contribute(store, instance, request)
        })?;
        self.count(call, "objects", contribution.objects.len())?;
        self.count(call, "order rules", contribution.order.len())?;
        self.count(call, "restart rules", contribution.restarts.len())?;
        self.count(call, "diagnostics", contribution.diagnostics.len())?;
        self.count(call, "notes", contribution.notes.len())?;
        self.count(call, "hooks", contribution.hooks.len())?;
        contribution.diagnostics.iter_mut().for_each(harmless);
        for note in &mut contribution.notes {
            *note = quote::lines(note, LONGEST_NOTE);
        }
        Ok(contribution)
    }

    /// Changes to objects of others. The patches in it are not read yet.
    ///
    /// # Errors
    /// When the piece refuses, fails or reaches a limit.
    pub fn amend(&self, request: &Request, objects: &[Selected]) -> Result<Amendments, CallError> {
        let call = Call::Amend;
        let functions = &self.code.functions;
        let mut amendments = self.answer(call, |store, instance| {
            functions.amend(store, instance, request, objects)
        })?;
        self.count(call, "changes", amendments.changes.len())?;
        self.count(call, "diagnostics", amendments.diagnostics.len())?;
        amendments.diagnostics.iter_mut().for_each(harmless);
        Ok(amendments)
    }

    /// Its verdict on a live object and that object's pods, each JSON.
    ///
    /// # Errors
    /// When the piece fails or reaches a limit.
    pub fn assess(&self, object: &str, pods: &[String]) -> Result<Assessment, CallError> {
        let functions = &self.code.functions;
        let assessment = self.answer(Call::Assess, |store, instance| {
            functions.assess(store, instance, object, pods).map(Ok)
        })?;
        Ok(match assessment {
            Assessment::Ready => Assessment::Ready,
            Assessment::Progressing(why) => {
                Assessment::Progressing(quote::line(&why, LONGEST_MESSAGE))
            }
            Assessment::Failed(why) => Assessment::Failed(quote::line(&why, LONGEST_MESSAGE)),
        })
    }

    /// What becomes of each object, JSON, in the same order. The injected objects are not read yet.
    ///
    /// # Errors
    /// When the piece refuses, fails or reaches a limit, or gives another number of outcomes.
    pub fn inject(&self, request: &Request, objects: &[String]) -> Result<Vec<Outcome>, CallError> {
        let call = Call::Inject;
        let functions = &self.code.functions;
        let mut outcomes = self.answer(call, |store, instance| {
            functions.inject(store, instance, request, objects)
        })?;
        if outcomes.len() != objects.len() {
            return Err(CallError {
                piece: self.card.name.clone(),
                call,
                failure: CallFailure::Unreadable(format!(
                    "{} outcomes for {} objects",
                    outcomes.len(),
                    objects.len()
                )),
            });
        }
        for outcome in &mut outcomes {
            self.count(call, "problems", outcome.problems.len())?;
            self.count(call, "diagnostics", outcome.diagnostics.len())?;
            outcome.diagnostics.iter_mut().for_each(harmless);
            outcome.problems = std::mem::take(&mut outcome.problems)
                .into_iter()
                .map(harmless_problem)
                .collect();
        }
        Ok(outcomes)
    }

    fn answer<T: Send>(
        &self,
        call: Call,
        body: impl FnOnce(&mut Store<Guest>, &Instance) -> wasmtime::Result<Result<T, Refusal>> + Send,
    ) -> Result<T, CallError> {
        let error = |failure| CallError {
            piece: self.card.name.clone(),
            call,
            failure,
        };
        match self
            .code
            .run(&self.limits, &self.card.name, body)
            .map_err(error)?
        {
            Ok(answer) => Ok(answer),
            Err(Refusal::Internal(message)) => Err(error(CallFailure::Internal(quote::lines(
                &message,
                LONGEST_MESSAGE,
            )))),
            Err(Refusal::Rejected(problems)) => {
                self.count(call, "problems", problems.len())?;
                Err(error(CallFailure::Rejected(
                    problems.into_iter().map(harmless_problem).collect(),
                )))
            }
        }
    }

    fn count(&self, call: Call, what: &str, found: usize) -> Result<(), CallError> {
        if found as u64 <= self.limits.objects {
            return Ok(());
        }
        let mut reached = trap::reached(&self.limits, &self.card.name, Limit::Objects);
        reached.what = Some(format!("{found} {what}"));
        Err(CallError {
            piece: self.card.name.clone(),
            call,
            failure: CallFailure::Limit {
                reached,
                backtrace: Vec::new(),
            },
        })
    }
}

impl Code {
    /// Calls `describe`, and checks the types of every other function, under the name that the person gave.
    ///
    /// The outer error is about the call, the inner one about the types.
    pub(crate) fn describe(
        &self,
        limits: &Limits,
        piece: &str,
    ) -> Result<Result<Description, String>, CallFailure> {
        self.run(limits, piece, |store, instance| {
            if let Err(error) = self.functions.check(store, instance) {
                return Ok(Err(quote::line(&format!("{error:#}"), 500)));
            }
            self.functions.describe(store, instance).map(Ok)
        })
    }

    fn run<T: Send>(
        &self,
        limits: &Limits,
        piece: &str,
        body: impl FnOnce(&mut Store<Guest>, &Instance) -> wasmtime::Result<T> + Send,
    ) -> Result<T, CallFailure> {
        sandbox::run(&self.engine, limits, |store| {
            let answer = self
                .pre
                .instantiate(&mut *store)
                .and_then(|instance| body(store, &instance));
            answer.map_err(|error| trap::failure(store, limits, piece, &error))
        })
        .map_err(CallFailure::Host)?
    }
}

fn harmless(diagnostic: &mut Diagnostic) {
    diagnostic.message = quote::line(&diagnostic.message, LONGEST_MESSAGE);
    diagnostic.path = diagnostic
        .path
        .as_deref()
        .map(|path| quote::line(path, 200));
}

fn harmless_problem(problem: Problem) -> Problem {
    Problem {
        path: quote::line(&problem.path, 200),
        message: quote::line(&problem.message, LONGEST_MESSAGE),
        hint: problem.hint.map(|hint| quote::line(&hint, LONGEST_MESSAGE)),
    }
}
