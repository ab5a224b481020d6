//! What others changed, field by field: the last revision's settings are rendered again and compared with the cluster.

use std::collections::BTreeMap;

use meshhost_cluster::{Cluster, Installation, PlanOptions};
use meshhost_core::id::ObjectId;
use meshhost_core::plan::{Action, FieldChange};
use meshhost_core::revision::Revision;

use crate::cli::args::Settings;
use crate::cli::fault::Fault;
use crate::cli::session;
use crate::cli::wish::{self, Typed};

/// The fields in which objects are not as the last revision's settings make them: as they are, and as they would be.
///
/// # Errors
/// When the settings cannot be rendered again, for example since a piece's file is not there any more.
pub(crate) async fn fields(
    cluster: &Cluster,
    installation: &Installation,
    last: &Revision,
) -> Result<BTreeMap<ObjectId, Vec<FieldChange>>, Fault> {
    let nothing = wish::read(&Settings::default())?;
    let wish = Typed::Over(Box::new(nothing))
        .over(|| Some(session::kept(last)))?
        .resolve()?;
    let facts = cluster
        .facts()
        .await
        .map_err(|error| Fault::from_error(&error))?;
    let wanted = wish
        .render(&facts)?
        .bundle
        .with_restarts()
        .with_versioned_names();
    // Also what others hold is shown, and not only that they do.
    let options = PlanOptions {
        force_conflicts: true,
        fields: wish.fields.clone(),
        ..PlanOptions::default()
    };
    let plan = cluster
        .plan(&wanted, installation, &options)
        .await
        .map_err(|error| Fault::from_error(&error))?;
    Ok(plan
        .objects
        .into_iter()
        .filter_map(|planned| match planned.action {
            Action::Change { fields } | Action::Replace { fields, .. } if !fields.is_empty() => {
                Some((planned.id, fields))
            }
            _ => None,
        })
        .collect())
}
