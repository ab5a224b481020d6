//! What earlier revisions tell a render: which pieces are there already, and what was made by chance then. Owns asking for it
//! only where it matters; must not know what a piece makes of it.

use meshhost::pipeline::Rendered;
use meshhost_cluster::{Cluster, Installation};
use meshhost_core::facts::Facts;

use crate::cli::fault::Fault;
use crate::cli::wish::Wish;

/// Asks the pieces, and asks them again with what was kept where they have made something by chance. `regenerate` are pieces
/// whose random values and times are made anew; an empty name is all of them.
pub(crate) async fn render(
    cluster: &Cluster,
    installation: &Installation,
    wish: &mut Wish,
    facts: &Facts,
    regenerate: &[String],
) -> Result<Rendered, Fault> {
    if wish.has_charts() {
        wish.installed = cluster
            .installed_pieces(installation)
            .await
            .map_err(|error| Fault::from_error(&error))?;
    }
    let rendered = wish.render(facts)?;
    for name in regenerate.iter().filter(|name| !name.is_empty()) {
        if !rendered.used_once.contains(name) {
            return Err(Fault::usage(
                format!("--regenerate={name}: no piece of that name makes anything by chance"),
                "leave it out, or name one that does",
            ));
        }
    }
    let anew = |piece: &String| {
        let named = |name: &String| name.is_empty() || name == piece;
        regenerate.iter().any(named)
    };
    if rendered.used_once.iter().all(anew) {
        return Ok(rendered);
    }
    let mut kept = cluster
        .kept_once(installation)
        .await
        .map_err(|error| Fault::from_error(&error))?;
    kept.retain(|piece, _| rendered.used_once.contains(piece) && !anew(piece));
    if kept.is_empty() {
        return Ok(rendered);
    }
    wish.once.extend(kept);
    wish.render(facts)
}
