//! Running hooks: each is made, waited for where it is a program that ends, and removed as it asks. Must not know when a
//! phase comes.

use std::time::Duration;

use http::Method;
use meshhost_core::card::DeletePolicy;
use meshhost_core::inventory::part_of;
use meshhost_core::plan::{Phase, PlannedHook, Precondition};
use meshhost_core::readiness::{Readiness, readiness};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{ApplyError, Run};
use crate::discovery::Resource;
use crate::event::Event;
use crate::request::{Request, RequestError};
use crate::waiting::{Target, WaitError, until_ready};
use crate::writing::delete;

/// How often a pod is looked at, and what is to go.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

impl Run<'_> {
    /// Runs the hooks of a phase, piece by piece, one after the other.
    pub(super) async fn hooks(&self, phase: Phase) -> Result<(), ApplyError> {
        if !self.options.hooks {
            return Ok(());
        }
        let hooks: Vec<&PlannedHook> = self
            .plan
            .hooks
            .iter()
            .filter(|hook| hook.on.phase() == phase)
            .collect();
        for group in hooks.chunk_by(|one, next| one.piece == next.piece) {
            self.group(group).await?;
        }
        Ok(())
    }

    /// Runs the hooks of a phase of pieces that go, and removes what they leave: nobody would come to do it later, and a
    /// namespace would stay for its sake.
    pub(super) async fn last_hooks(&self, phase: Phase) -> Result<(), ApplyError> {
        self.hooks(phase).await?;
        if !self.options.hooks {
            return Ok(());
        }
        for hook in self.plan.hooks.iter().rev() {
            if hook.on.phase() == phase {
                self.take_away(hook).await?;
            }
        }
        Ok(())
    }

    /// What succeeds is only removed when all have: an account that was made for a Job is needed until that is done.
    async fn group(&self, hooks: &[&PlannedHook]) -> Result<(), ApplyError> {
        let succeeded = |hook: &&&PlannedHook| hook.delete.contains(&DeletePolicy::HookSucceeded);
        for (number, hook) in hooks.iter().enumerate() {
            let Err(error) = self.hook(hook).await else {
                continue;
            };
            // What has failed matters more than what cannot be cleaned up; the next run does that.
            if hook.delete.contains(&DeletePolicy::HookFailed) {
                let _ = self.take_away(hook).await;
            }
            for earlier in hooks[..number].iter().rev().filter(succeeded) {
                let _ = self.take_away(earlier).await;
            }
            return Err(error);
        }
        for hook in hooks.iter().rev().filter(succeeded) {
            self.take_away(hook).await?;
        }
        Ok(())
    }

    async fn hook(&self, hook: &PlannedHook) -> Result<(), ApplyError> {
        let (session, resource) = (&self.session, self.resource(hook)?);
        session.tell(Event::Hook {
            id: hook.id.clone(),
            piece: hook.piece.clone(),
            on: hook.on,
        });
        // One that is left of an earlier run is always made anew: it would not run again otherwise.
        self.take_away(hook).await?;
        let request = Request::new(Method::PATCH, resource.path(&hook.id))
            .query("fieldManager", self.plan.basis.inventory.field_manager())
            .query("fieldValidation", "Strict")
            .query("force", "true")
            .body("application/apply-patch+yaml", hook.desired.clone());
        let answer = session
            .send(request)
            .await
            .map_err(|error| failed(hook, error.message().to_owned()))?;
        for text in answer.warnings {
            session.tell(Event::Warning {
                id: Some(hook.id.clone()),
                piece: Some(hook.piece.clone()),
                text,
            });
        }
        match (hook.id.group.as_str(), hook.id.kind.as_str()) {
            ("batch", "Job") => self.until_complete(hook, resource).await?,
            ("", "Pod") => self.until_ended(hook, resource).await?,
            _ => {}
        }
        session.tell(Event::HookDone {
            id: hook.id.clone(),
            piece: hook.piece.clone(),
            on: hook.on,
        });
        Ok(())
    }

    async fn until_complete(
        &self,
        hook: &PlannedHook,
        resource: &Resource,
    ) -> Result<(), ApplyError> {
        let target = Target {
            id: hook.id.clone(),
            piece: hook.piece.clone(),
            resource: resource.clone(),
        };
        let set_id = self.plan.basis.inventory.set_id();
        match until_ready(&self.session, &set_id, vec![target], None).await {
            Ok(()) => Ok(()),
            Err(WaitError::Request(error)) => Err(error.into()),
            Err(WaitError::NotReady(objects)) => {
                let why = objects.into_iter().map(|object| object.why).next();
                Err(failed(hook, why.unwrap_or_default()))
            }
        }
    }

    /// A pod that runs and is ready has not ended yet.
    async fn until_ended(&self, hook: &PlannedHook, resource: &Resource) -> Result<(), ApplyError> {
        loop {
            let live = match self.look(hook, resource).await? {
                Some(live) => live,
                None => return Err(failed(hook, "somebody has deleted it".to_owned())),
            };
            let phase = live.pointer("/status/phase").and_then(Value::as_str);
            let state = readiness(&live);
            match (phase, state) {
                (Some("Succeeded"), _) => return Ok(()),
                (_, Readiness::Failed(why)) => return Err(failed(hook, why)),
                (_, state) if Instant::now() + LOOK_AGAIN >= self.session.deadline => {
                    let why = match state {
                        Readiness::Progressing(why) => why,
                        _ => "it has not ended".to_owned(),
                    };
                    return Err(failed(hook, why));
                }
                _ => sleep(LOOK_AGAIN).await,
            }
        }
    }

    /// Deletes the object of a hook, if it is there, and waits until it is gone.
    async fn take_away(&self, hook: &PlannedHook) -> Result<(), ApplyError> {
        let Ok(resource) = self.resource(hook) else {
            return Ok(());
        };
        let mut told = None;
        while let Some(live) = self.look(hook, resource).await? {
            if part_of(&live) != Some(self.plan.basis.inventory.set_id().as_str()) {
                return Err(failed(
                    hook,
                    "an object of this name is there already, and is no hook of this installation: remove or rename it".to_owned(),
                ));
            }
            let Some(now) = Precondition::of(&live) else {
                break;
            };
            if told.as_ref() != Some(&now.uid) {
                match delete(&self.session, resource, &hook.id, &now).await {
                    Ok(_) => told = Some(now.uid),
                    Err(error) if error.is_not_found() => break,
                    Err(error) if error.is_conflict() => {}
                    Err(error) => return Err(error.into()),
                }
            }
            if Instant::now() + LOOK_AGAIN >= self.session.deadline {
                return Err(failed(hook, "it does not go away".to_owned()));
            }
            sleep(LOOK_AGAIN / 5).await;
        }
        Ok(())
    }

    async fn look(
        &self,
        hook: &PlannedHook,
        resource: &Resource,
    ) -> Result<Option<Value>, RequestError> {
        match self
            .session
            .send(Request::get(resource.path(&hook.id)))
            .await
        {
            Ok(answer) => Ok(Some(answer.body)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn resource(&self, hook: &PlannedHook) -> Result<&Resource, ApplyError> {
        self.discovery
            .resource(&hook.api_version, &hook.id.kind)
            .ok_or_else(|| failed(hook, format!("{} is not served", hook.api_version)))
    }
}

fn failed(hook: &PlannedHook, why: String) -> ApplyError {
    ApplyError::Hook {
        on: hook.on,
        id: hook.id.clone(),
        piece: hook.piece.clone(),
        why,
    }
}
