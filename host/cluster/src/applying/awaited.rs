//! What is waited for between waves and at the end. Must not know when.

use std::collections::BTreeSet;
use std::sync::Arc;

use meshhost_core::desired::Belonging;
use meshhost_core::id::ObjectId;
use meshhost_core::plan::{Action, Planned};
use meshhost_core::readiness::Readiness;

use super::{ApplyError, Run, lock};
use crate::assess::Assess;
use crate::waiting::{Target, until_answered, until_ready};

impl Run<'_> {
    /// Waits for those that were not ready when last seen.
    pub(super) async fn wait_for<'b>(
        &self,
        ids: impl Iterator<Item = &'b ObjectId>,
    ) -> Result<(), ApplyError> {
        let wanted: BTreeSet<&ObjectId> = ids.collect();
        let targets: Vec<Target> = {
            let seen = lock(&self.readiness);
            self.plan
                .objects
                .iter()
                .filter(|planned| wanted.contains(&planned.id))
                // What is another's to care for is not waited for.
                .filter(|planned| planned.belonging != Belonging::Shared)
                .filter(|planned| !seen.get(&planned.id).is_some_and(Readiness::is_ready))
                .filter_map(|planned| {
                    let resource = self
                        .discovery
                        .resource(&planned.api_version, &planned.id.kind)?;
                    Some(Target {
                        id: planned.id.clone(),
                        piece: planned.piece.clone(),
                        resource: resource.clone(),
                    })
                })
                .collect()
        };
        let ids: Vec<ObjectId> = targets.iter().map(|target| target.id.clone()).collect();
        let set_id = self.plan.basis.inventory.set_id();
        until_ready(&self.session, &set_id, targets, self.assess).await?;
        let mut seen = lock(&self.readiness);
        for id in ids {
            seen.insert(id, Readiness::Ready);
        }
        Ok(())
    }

    /// Waits until somebody answers behind the Services that a wave makes the API server call, unless all that calls them
    /// is there already.
    pub(super) async fn wait_for_answers(
        &self,
        wave: usize,
        calls: &[ObjectId],
    ) -> Result<(), ApplyError> {
        let objects = &self.plan.objects;
        let untouched = objects
            .iter()
            .filter(|planned| planned.wave == wave)
            .all(|planned| planned.action == Action::Unchanged);
        if untouched || calls.is_empty() {
            return Ok(());
        }
        let services = calls.iter().filter_map(|id| {
            let planned = objects.iter().find(|planned| planned.id == *id)?;
            Some((id.clone(), planned.piece.clone()))
        });
        Ok(until_answered(&self.session, &self.discovery, services.collect()).await?)
    }
}

/// Whether the piece of an object wants to judge it.
pub(super) fn is_judged(assess: Option<&Arc<dyn Assess>>, planned: &Planned) -> bool {
    assess.is_some_and(|assess| assess.judges(&planned.piece, &planned.id))
}
