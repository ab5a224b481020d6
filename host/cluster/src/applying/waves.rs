//! Writing the objects of a plan, wave by wave, and removing what goes. Owns what is waited for before each wave; must not
//! know what is recorded before and after.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::{StreamExt as _, stream};
use meshhost_core::plan::{Action, Phase, Planned};
use meshhost_core::readiness::readiness;
use meshhost_core::revision::{self, digest};
use meshhost_core::waves::is_ground;

use super::awaited::is_judged;
use super::{ApplyError, Run, lock};
use crate::event::{Event, Outcome};
use crate::removing::{Left, remove};
use crate::writing::{WriteError, write};

impl Run<'_> {
    pub(super) async fn objects_and_removals(&self) -> Result<Vec<Left>, ApplyError> {
        let waves = &self.plan.basis.waves;
        let ground = waves
            .iter()
            .take_while(|wave| wave.objects.iter().all(is_ground))
            .count();
        for (number, wave) in waves.iter().enumerate() {
            if number == ground {
                // A hook may live in a namespace, or be of a kind, that is new.
                let before = waves[..ground].iter().flat_map(|wave| &wave.objects);
                self.wait_for(before).await?;
                self.hooks(Phase::BeforeWriting).await?;
            }
            self.wait_for(wave.awaits.iter()).await?;
            self.wait_for_answers(number, &wave.calls).await?;
            self.session.tell(Event::Wave {
                number: number + 1,
                of: waves.len(),
                objects: wave.objects.len(),
            });
            self.write_wave(number).await?;
        }
        if self.options.wait {
            self.wait_for(self.plan.objects.iter().map(|planned| &planned.id))
                .await?;
        }
        if ground == waves.len() {
            self.hooks(Phase::BeforeWriting).await?;
        }
        let mut left = Vec::new();
        if self.options.prune {
            self.last_hooks(Phase::BeforeRemoving).await?;
            left = remove(
                &self.session,
                &self.plan.basis.inventory,
                &self.discovery,
                &self.plan.removals,
            )
            .await?;
            self.last_hooks(Phase::AfterRemoving).await?;
        }
        self.hooks(Phase::AfterReady).await?;
        Ok(left)
    }

    /// Writes all objects of a wave. After a failure no further one is started, but those on their way are ended.
    async fn write_wave(&self, number: usize) -> Result<(), ApplyError> {
        let failed = AtomicBool::new(false);
        let wave = self
            .plan
            .objects
            .iter()
            .filter(|planned| planned.wave == number);
        let results: Vec<Result<(), (&Planned, WriteError)>> = stream::iter(wave)
            .map(|planned| {
                let failed = &failed;
                async move {
                    if failed.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    let result = self.write_one(planned).await;
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    result.map_err(|error| (planned, error))
                }
            })
            .buffer_unordered(self.options.concurrency.max(1))
            .collect()
            .await;
        let mut refusals = Vec::new();
        for result in results {
            match result {
                Ok(()) => {}
                Err((_, WriteError::Refused(refused))) => refusals.extend(refused),
                Err((_, WriteError::Request(error))) => return Err(ApplyError::Request(error)),
                Err((planned, WriteError::Stuck(why))) => {
                    return Err(ApplyError::Stuck {
                        id: planned.id.clone(),
                        piece: planned.piece.clone(),
                        why,
                    });
                }
            }
        }
        if refusals.is_empty() {
            Ok(())
        } else {
            Err(ApplyError::Refused(refusals))
        }
    }

    async fn write_one(&self, planned: &Planned) -> Result<(), WriteError> {
        let result = if planned.action == Action::Unchanged {
            Outcome::Unchanged
        } else {
            let Some(resource) = self
                .discovery
                .resource(&planned.api_version, &planned.id.kind)
            else {
                return Err(WriteError::Stuck(format!(
                    "{} is not served any more",
                    planned.api_version
                )));
            };
            let inventory = &self.plan.basis.inventory;
            let written = write(&self.session, inventory, resource, planned).await?;
            let applied = revision::Applied::of(&written.live, &inventory.field_manager());
            let state = readiness(&written.live);
            if let Some(record) = lock(&self.records).get_mut(&planned.id) {
                record.applied = applied;
                record.digest = digest(&written.sent);
            }
            if !is_judged(self.assess, planned) {
                lock(&self.readiness).insert(planned.id.clone(), state);
            }
            written.outcome
        };
        self.session.tell(Event::Applied {
            id: planned.id.clone(),
            piece: planned.piece.clone(),
            result,
        });
        Ok(())
    }
}
