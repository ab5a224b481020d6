//! Chance and time for pieces that are asked for the first time. Owns making them; who keeps them and hands them back is not
//! known here.

use std::time::{SystemTime, UNIX_EPOCH};

use meshhost_core::card::Once;

/// The system has no randomness to give: then no keys may be made either.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the system gives no random numbers, which keys are made of: {0}; let this process read them"
)]
pub struct NoChance(String);

/// A seed from the system's generator for keys, and the present time.
///
/// # Errors
/// When the system has no randomness to give.
pub fn fresh() -> Result<Once, NoChance> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| NoChance(error.to_string()))?;
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Ok(Once { seed, time })
}
