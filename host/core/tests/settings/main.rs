//! Settings from end to end: what people write, through layers, to what each piece gets.

mod bad_input;
mod charts;
mod fields;
mod hostile;
mod roads;
mod schemas;

use meshhost_core::problem::Problems;
use meshhost_core::profile::Profiles;
use meshhost_core::resolve::{Layers, Resolved};
use serde_json::Value;

/// Layers with `--set`s.
fn layers(sets: &[&str]) -> Layers {
    let mut layers = Layers::new();
    for set in sets {
        layers.set(set);
    }
    layers
}

fn resolve(layers: Layers) -> Result<Resolved, Problems> {
    let chosen = layers.choose(&Profiles::builtin())?;
    chosen.resolve(&schemas::schemas())
}

/// Settings of one piece.
fn settings<'a>(resolved: &'a Resolved, piece: &str) -> &'a Value {
    let piece = resolved.pieces.iter().find(|known| known.name == piece);
    &piece.expect("is a piece of the installation").settings
}

/// The pieces that take part.
fn taking_part(resolved: &Resolved) -> Vec<&str> {
    let enabled = resolved.pieces.iter().filter(|piece| piece.enabled);
    enabled.map(|piece| piece.name.as_str()).collect()
}

/// The components that are installed, sorted.
fn components(resolved: &Resolved) -> Vec<String> {
    let mut names: Vec<String> = resolved
        .pieces
        .iter()
        .filter(|piece| piece.enabled)
        .filter_map(|piece| piece.settings["components"].as_object())
        .flatten()
        .filter(|(_, component)| component["enabled"] == true)
        .map(|(name, _)| name.clone())
        .collect();
    names.sort();
    names
}
