//! What pieces say of live objects. Owns the question; must not know who answers it and how.

use meshhost_core::card::Assessment;
use meshhost_core::id::ObjectId;

/// Judges live objects on behalf of the pieces that they come from, beside the rules that every object is judged by.
pub trait Assess: Send + Sync {
    /// Whether the piece wants to be asked about an object of its own.
    fn judges(&self, piece: &str, id: &ObjectId) -> bool;

    /// The piece's verdict on a live object and its pods, all of them JSON. It may take a while, and is not called on a
    /// thread that others wait for.
    fn assess(&self, piece: &str, object: &str, pods: &[String]) -> Assessment;
}
