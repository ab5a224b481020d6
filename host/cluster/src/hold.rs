//! Whether this run still holds the lock on its installation. Owns the question that every write asks; must not know how
//! the lock is kept on the cluster.
//!
//! A lock that could not be renewed in time is not lost yet: nobody may have wanted it, least of all while the API server
//! was away. But nothing is written before it has been renewed.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// The state of a lock, as its holder knows it.
#[derive(Debug)]
pub(crate) struct Hold(watch::Sender<State>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Nobody else can have it before then.
    Until(Instant),
    /// Somebody else has it.
    Lost(String),
}

impl Hold {
    /// Held for this long from when the request that took it was sent.
    pub(crate) fn since(sent: Instant, lasts: Duration) -> Self {
        Self(watch::Sender::new(State::Until(sent + lasts)))
    }

    /// It was renewed with a request that was sent then.
    pub(crate) fn renewed(&self, sent: Instant, lasts: Duration) {
        self.0.send_replace(State::Until(sent + lasts));
    }

    /// Somebody has taken it over.
    pub(crate) fn lose(&self, to: String) {
        self.0.send_replace(State::Lost(to));
    }

    /// Waits until it is certain that the lock is held.
    ///
    /// # Errors
    /// When it is lost, or not renewed before the deadline; says so.
    pub(crate) async fn held(&self, deadline: Instant) -> Result<(), String> {
        let mut states = self.0.subscribe();
        let held = states.wait_for(|state| match state {
            State::Until(until) => Instant::now() < *until,
            State::Lost(_) => true,
        });
        match timeout_at(deadline, held).await {
            Ok(Ok(state)) => match &*state {
                State::Until(_) => Ok(()),
                State::Lost(to) => Err(format!("{to} has taken over the lock of this run")),
            },
            Ok(Err(_)) | Err(_) => {
                Err("the lock of this run could not be renewed in time".to_owned())
            }
        }
    }

    /// Who has it, when it is lost.
    pub(crate) fn lost_to(&self) -> Option<String> {
        match &*self.0.borrow() {
            State::Lost(to) => Some(to.clone()),
            State::Until(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_written_between_the_end_of_a_lock_and_its_renewal() {
        let now = Instant::now();
        let lasts = Duration::from_secs(3600);
        let hold = Hold::since(now, lasts);
        assert_eq!(hold.held(now).await, Ok(()));

        let hold = Hold::since(now, Duration::ZERO);
        let error = hold.held(now).await.unwrap_err();
        assert!(error.contains("could not be renewed"), "{error}");
        let renew = async { hold.renewed(now, lasts) };
        let (held, ()) = tokio::join!(hold.held(now + lasts), renew);
        assert_eq!(held, Ok(()));

        assert_eq!(hold.lost_to(), None);
        hold.lose("somebody".into());
        assert_eq!(hold.lost_to().as_deref(), Some("somebody"));
        let error = hold.held(now + lasts).await.unwrap_err();
        assert!(error.starts_with("somebody has taken over"), "{error}");
    }
}
