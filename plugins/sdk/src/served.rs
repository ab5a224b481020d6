//! Raises objects to the API versions that a server serves.
//!
//! A piece may write objects in the form it knows best, for example that of the release it installs. [`raise`] leaves an
//! object alone while the server still serves that form, and otherwise rewrites it to the newest served form of the same
//! kind with the same meaning: fields that moved, defaults that changed, rules that became strict. On servers that warn
//! about it, what has a successor with the same meaning is put right too ([`retired`]).
//!
//! Owns when to convert; what each conversion does is below. Must not know any piece's objects.

mod fields;

mod node_labels;
mod pod_templates;
pub mod retired;

mod autoscaling;
mod budget;
mod ingress;
mod small;
mod structural;
mod webhooks;
mod workloads;

mod crd;

mod kinds;

use serde_json::Value;

use crate::{Facts, Failure, Problem};
use kinds::{Family, Lift};

pub use structural::{Unknown, structural};

/// Raises every object, and puts right what the server would warn about.
///
/// Objects of kinds that Kubernetes itself does not have (custom resources) are not touched.
///
/// # Errors
/// [`Failure::Rejected`] with a problem for each object that no served version can express.
pub fn raise(objects: Vec<Value>, facts: &Facts) -> Result<Vec<Value>, Failure> {
    let mut raised = Vec::with_capacity(objects.len());
    let mut problems = Vec::new();
    for object in objects {
        match raise_one(object, facts) {
            Ok(object) => raised.push(object),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(raised)
    } else {
        Err(problems.into())
    }
}

/// Raises one object, and puts right what the server would warn about.
///
/// # Errors
/// The object, and why no served version can express it.
pub fn raise_one(mut object: Value, facts: &Facts) -> Result<Value, Problem> {
    let written = fields::text(&object, "apiVersion").to_owned();
    let kind = fields::text(&object, "kind").to_owned();
    if !facts.serves(&written, &kind)
        && let Some((family, lift)) = kinds::find(&written, &kind)
    {
        let target = target(family, &written, facts).map_err(|problem| named(&object, problem))?;
        lift.apply(&mut object)
            .map_err(|problem| named(&object, problem))?;
        object["apiVersion"] = target.into();
    }
    retired::put_right(&mut object, &facts.kubernetes);
    Ok(object)
}

/// The version that [`raise`] writes a built-in kind in: `written` while it is served, else the newest served one.
/// `None` when there is none, or the kind is not one that Kubernetes itself has.
#[must_use]
pub fn version<'a>(written: &'a str, kind: &str, facts: &Facts) -> Option<&'a str> {
    if facts.serves(written, kind) {
        return Some(written);
    }
    let (family, _) = kinds::find(written, kind)?;
    target(family, written, facts).ok()
}

fn target(family: &Family, written: &str, facts: &Facts) -> Result<&'static str, Problem> {
    let served = family
        .forms
        .iter()
        .find(|form| facts.serves(form.api_version, family.kind));
    match served {
        Some(form) if matches!(form.lift, Lift::Same) => Ok(form.api_version),
        Some(form) => Err(Problem::new(
            "",
            format!(
                "it is written in {written}, and the server's {} cannot say the same",
                form.api_version
            ),
        )),
        None => {
            let problem = Problem::new(
                "",
                format!(
                    "it is written in {written}, and a Kubernetes {} server serves no version of {}",
                    facts.kubernetes.git_version, family.kind
                ),
            );
            Err(match family.instead {
                Some(instead) => problem.hint(instead),
                None => problem,
            })
        }
    }
}

/// Says which object a problem is about.
fn named(object: &Value, mut problem: Problem) -> Problem {
    let metadata = &object["metadata"];
    let name = match metadata["namespace"].as_str() {
        Some(namespace) => format!("{namespace}/{}", fields::text(metadata, "name")),
        None => fields::text(metadata, "name").to_owned(),
    };
    problem.message = format!(
        "{} {name}: {}",
        fields::text(object, "kind"),
        problem.message
    );
    problem
}

#[cfg(test)]
mod tests;
