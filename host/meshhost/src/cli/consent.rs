//! Consent to a plan that is done as it stands. Owns showing it and asking; must not know what is asked for.

use meshhost_core::plan::Plan;

use crate::cli::args::{Consent, Report};
use crate::cli::fault::Fault;
use crate::cli::plan_text::Tense;
use crate::cli::{ask, plan_text, report};

/// Whether the person agrees: by a flag, by an answer, or because there is nothing to do.
pub(crate) fn given(
    plan: &Plan,
    consent: &Consent,
    output: Report,
    question: &str,
) -> Result<bool, Fault> {
    if plan.is_empty() || consent.yes {
        return Ok(true);
    }
    if output == Report::Text {
        report::talk(plan_text::plan(plan).trim_end());
        report::talk(&plan_text::counts(&plan.count(), Tense::Planned));
    }
    if !ask::possible() {
        return Err(Fault::failed(
            "there is no terminal to ask on, so nothing was changed",
            "say `--yes` to agree to the plan",
        ));
    }
    let agreed = ask::yes(question);
    if !agreed {
        report::talk("nothing was changed");
    }
    Ok(agreed)
}
