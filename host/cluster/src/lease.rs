//! One run at a time for each installation: a Lease beside its records. Owns taking it, keeping it, taking it over from a
//! run that shows no life, and giving it back; must not know what is done meanwhile.
//!
//! As in client-go's leader election clocks of different machines are not compared: a lock is stale when whoever wants it
//! has seen it unchanged for as long as it lasts. Unlike there it is deleted at the end, so that nothing is left behind.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::event::{Event, LockHolder};
use crate::hold::Hold;
use crate::request::{Request, RequestError};
use crate::session::Session;
use crate::state::{Installation, StateError};

mod form;

use form::{holder, holder_of, lasts, leases, manifest, now, path, version};

/// How often whoever waits looks.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// In the time that a lock lasts it is renewed so often.
const RENEWALS: u32 = 5;
/// How long giving it back may take: it becomes stale by itself.
const GIVE_BACK: Duration = Duration::from_secs(5);

/// How the lock is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockOptions {
    /// How long to wait for a run that shows life. One that shows none is waited out in any case.
    pub wait: Duration,
    /// How long the lock lasts when it is not renewed: after a crash the next run waits as long.
    pub lasts: Duration,
}

impl Default for LockOptions {
    fn default() -> Self {
        Self {
            wait: Duration::ZERO,
            lasts: Duration::from_secs(15),
        }
    }
}

/// Why the lock was not taken, or not kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LockError {
    /// Another run is at work.
    #[error(
        "{} has been at work on installation {installation} since {}; wait for it with --wait-for-lock 10m, or run again later",
        .by.holder, .by.since
    )]
    Held {
        /// On what.
        installation: String,
        /// Who.
        by: LockHolder,
    },
    /// It could not be renewed for so long that another run has taken it over.
    #[error(
        "{to} has taken over installation {installation}, since this run showed no life for longer than its lock lasts; nothing more was written"
    )]
    Lost {
        /// What.
        installation: String,
        /// Who.
        to: String,
    },
    /// A right is missing.
    #[error(
        "you may not {verb} Leases in namespace {namespace}, with which only one run at a time works on installation {installation}: {message}; ask for that right, or choose a namespace for records with --state-namespace"
    )]
    Forbidden {
        /// The verb.
        verb: &'static str,
        /// Where.
        namespace: String,
        /// For which.
        installation: String,
        /// The server's words.
        message: String,
    },
    /// The namespace for records is not there.
    #[error(transparent)]
    State(#[from] StateError),
    /// Anything else.
    #[error("the lock of installation {installation}: {source}")]
    Request {
        /// Which.
        installation: String,
        /// What failed.
        source: RequestError,
    },
}

/// The lock, taken.
#[derive(Debug)]
pub(crate) struct Lease<'a> {
    installation: &'a Installation,
    holder: String,
    lasts: Duration,
    hold: Hold,
    /// The Lease as this run wrote it last.
    written: tokio::sync::Mutex<Value>,
    after_another: bool,
}

/// Takes the lock, when it is free or stale, or when it becomes so in time. One request when it is free.
pub(crate) async fn take<'a>(
    session: &Session<'_>,
    installation: &'a Installation,
    by: &str,
    options: LockOptions,
) -> Result<Lease<'a>, LockError> {
    let holder = holder(by);
    let started = Instant::now();
    // What was seen last, and since when it is unchanged.
    let mut seen: Option<(Value, Instant)> = None;
    let mut shows_life = false;
    let mut after_another = false;
    loop {
        let sent = Instant::now();
        let fresh = manifest(installation, &holder, options.lasts, 0);
        let request = Request::new(Method::POST, leases(installation)).json(fresh);
        let mine = |live: Value, sent: Instant| Lease {
            installation,
            holder: holder.clone(),
            lasts: options.lasts,
            hold: Hold::since(sent, options.lasts),
            written: tokio::sync::Mutex::new(live),
            after_another,
        };
        // Once it was seen there, it is only asked for.
        if seen.is_none() {
            match session.send(request).await {
                Ok(answer) => return Ok(mine(answer.body, sent)),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(failed(installation, "create", error)),
            }
        }
        let Some(live) = look(session, installation).await? else {
            after_another |= seen.is_some();
            seen = None;
            continue;
        };
        let by = holder_of(&live);
        if by.holder == holder {
            // An earlier try had arrived.
            return Ok(mine(live, sent));
        }
        let lasts = lasts(&live);
        let stale = match &seen {
            Some((before, since)) if before == &live => since.elapsed() >= lasts,
            Some(_) => {
                shows_life = true;
                seen = Some((live.clone(), Instant::now()));
                false
            }
            None => {
                session.tell(Event::Locked {
                    by: by.clone(),
                    stale_after_ms: u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX),
                });
                seen = Some((live.clone(), Instant::now()));
                false
            }
        };
        if stale || by.holder.is_empty() {
            let sent = Instant::now();
            let transitions = live
                .pointer("/spec/leaseTransitions")
                .and_then(Value::as_u64);
            let mut over = manifest(
                installation,
                &holder,
                options.lasts,
                transitions.unwrap_or(0) + 1,
            );
            over["metadata"]["resourceVersion"] = version(&live);
            match put(session, installation, over).await {
                Ok(written) => {
                    session.tell(Event::TakenOver { from: by });
                    return Ok(mine(written, sent));
                }
                // Somebody was faster, or it shows life after all.
                Err(error) if error.is_conflict() || error.is_not_found() => continue,
                Err(error) => return Err(failed(installation, "update", error)),
            }
        }
        if shows_life && started.elapsed() >= options.wait {
            return Err(LockError::Held {
                installation: installation.name.clone(),
                by,
            });
        }
        sleep(LOOK_AGAIN.min(options.lasts / RENEWALS)).await;
    }
}

/// Who has the lock; `None` when nobody has.
pub(crate) async fn held_by(
    session: &Session<'_>,
    installation: &Installation,
) -> Result<Option<LockHolder>, LockError> {
    Ok(look(session, installation)
        .await?
        .as_ref()
        .map(holder_of)
        .filter(|by| !by.holder.is_empty()))
}

impl Lease<'_> {
    /// Whether another run had the lock and gave it back while this one waited: what was planned before is out of date.
    pub(crate) fn after_another(&self) -> bool {
        self.after_another
    }

    pub(crate) fn hold(&self) -> &Hold {
        &self.hold
    }

    /// Renews the lock, again and again. Ends when it is lost, with the reason.
    pub(crate) async fn keep(&self, session: &Session<'_>) -> LockError {
        let pause = self.lasts / RENEWALS;
        loop {
            sleep(pause).await;
            let sent = Instant::now();
            let mut session = *session;
            // One that hangs must not use up the time in which another could succeed.
            session.deadline = sent + self.lasts / 2;
            if timeout(self.lasts / 2, self.renew(&session)).await == Ok(true) {
                self.hold.renewed(sent, self.lasts);
            }
            if let Some(to) = self.hold.lost_to() {
                return LockError::Lost {
                    installation: self.installation.name.clone(),
                    to,
                };
            }
        }
    }

    /// Whether it was renewed.
    async fn renew(&self, session: &Session<'_>) -> bool {
        let mut written = self.written.lock().await;
        let mut next = written.clone();
        next["spec"]["renewTime"] = json!(now());
        let error = match put(session, self.installation, next).await {
            Ok(live) => {
                *written = live;
                return true;
            }
            Err(error) => error,
        };
        if !error.is_conflict() && !error.is_not_found() {
            return false;
        }
        match look(session, self.installation).await {
            // An earlier try had arrived; the next renewal is written over it.
            Ok(Some(live)) if holder_of(&live).holder == self.holder => {
                *written = live;
                false
            }
            Ok(Some(live)) => {
                self.hold.lose(holder_of(&live).holder);
                false
            }
            // Somebody has deleted it, to break the lock: then it is anybody's.
            Ok(None) => {
                self.hold.lose("somebody who deleted its Lease".to_owned());
                false
            }
            Err(_) => false,
        }
    }

    /// Gives the lock back. That it cannot be given back is no error: it becomes stale.
    pub(crate) async fn give_back(self, session: &Session<'_>) {
        let mut session = *session;
        session.deadline = Instant::now() + GIVE_BACK;
        let mut live = self.written.into_inner();
        loop {
            let precondition = json!({
                "preconditions": {
                    "uid": live.pointer("/metadata/uid"),
                    "resourceVersion": version(&live),
                },
            });
            let path = path(self.installation);
            let request = Request::new(Method::DELETE, path).json(precondition);
            match session.send(request).await {
                Err(error) if error.is_conflict() => {}
                _ => return,
            }
            // A renewal that was on its way has arrived; or it is another's by now.
            match look(&session, self.installation).await {
                Ok(Some(now)) if holder_of(&now).holder == self.holder && now != live => live = now,
                _ => return,
            }
        }
    }
}

async fn look(
    session: &Session<'_>,
    installation: &Installation,
) -> Result<Option<Value>, LockError> {
    match session.send(Request::get(path(installation))).await {
        Ok(answer) => Ok(Some(answer.body)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(failed(installation, "get", error)),
    }
}

async fn put(
    session: &Session<'_>,
    installation: &Installation,
    manifest: Value,
) -> Result<Value, RequestError> {
    let request = Request::new(Method::PUT, path(installation)).json(manifest);
    Ok(session.send(request).await?.body)
}

fn failed(installation: &Installation, verb: &'static str, source: RequestError) -> LockError {
    if source.is_not_found() {
        LockError::State(StateError::NoNamespace {
            namespace: installation.state_namespace.clone(),
            installation: installation.name.clone(),
        })
    } else if source.is_forbidden() {
        LockError::Forbidden {
            verb,
            namespace: installation.state_namespace.clone(),
            installation: installation.name.clone(),
            message: source.message().to_owned(),
        }
    } else {
        LockError::Request {
            installation: installation.name.clone(),
            source,
        }
    }
}
