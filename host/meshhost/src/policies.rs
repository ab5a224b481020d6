//! Holding a bundle to the policies of its installation, in bounded time. Owns the bound; what policies mean is the core's.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use meshhost_core::bundle::Bundle;
use meshhost_core::policy::{Policy, Surroundings, Violation, violations};

/// All policies of an installation together.
pub const LONGEST: Duration = Duration::from_secs(20);
/// Expressions are evaluated recursively; how deep they are is bounded when they are compiled.
const STACK: usize = 16 << 20;

/// Why a bundle does not keep to the policies, as far as is known.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// What is wrong, by object.
    #[error("{}", told(.0))]
    Violations(Vec<Violation>),
    /// The expressions take too long on these objects. What evaluates them cannot be stopped: who gets this error should
    /// end the process.
    #[error("the policies of the installation were not evaluated within {} s", .0.as_secs())]
    Time(Duration),
    /// The system gives no thread.
    #[error("the policies of the installation cannot be evaluated: {0}")]
    Host(String),
}

/// Evaluates the policies for at most `longest`.
///
/// # Errors
/// When an object breaks one of them, or when that could not be found out.
pub fn check(
    policies: &Arc<Vec<Policy>>,
    bundle: &Bundle,
    installation: &str,
    longest: Duration,
) -> Result<(), PolicyError> {
    if policies.is_empty() {
        return Ok(());
    }
    let surroundings = Surroundings {
        installation: installation.to_owned(),
    };
    let (policies, bundle) = (Arc::clone(policies), bundle.clone());
    let (answer, wait) = mpsc::channel();
    let evaluate = move || {
        // Nobody may wait for it any more.
        let _ = answer.send(violations(&policies, &bundle, &surroundings));
    };
    thread::Builder::new()
        .stack_size(STACK)
        .spawn(evaluate)
        .map_err(|error| PolicyError::Host(error.to_string()))?;
    match wait.recv_timeout(longest) {
        Ok(violations) if violations.is_empty() => Ok(()),
        Ok(violations) => Err(PolicyError::Violations(violations)),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(PolicyError::Time(longest)),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(PolicyError::Host("evaluating them failed".to_owned()))
        }
    }
}

fn told(violations: &[Violation]) -> String {
    let told: Vec<String> = violations.iter().map(ToString::to_string).collect();
    told.join("\n")
}
