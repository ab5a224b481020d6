//! Talking to the API server within a time limit. Owns trying again: what may pass is retried with growing pauses, a
//! `Retry-After` is kept, and nothing outlives the limit. Must not know what the requests mean.

use std::time::{Duration, SystemTime};

use futures::StreamExt as _;
use http_body_util::BodyExt as _;
use kube::client::Body;
use kube::core::WatchEvent;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use crate::connect::Connection;
use crate::event::{Event, Listener};
use crate::hold::Hold;
use crate::request::{
    Answer, Request, RequestError, blames_object, innermost, refusal, warning_texts,
};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// As long is waited at most when the server says how long.
const LONGEST_ASKED: Duration = Duration::from_secs(60);
const TOO_LONG: &str = "it took too long";

/// A connection, a time limit and a listener.
#[derive(Clone, Copy)]
pub(crate) struct Session<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) deadline: Instant,
    pub(crate) listener: Listener<'a>,
    /// Without which nothing is written; absent while only reading.
    pub(crate) hold: Option<&'a Hold>,
}

/// Why one try failed.
enum Trouble {
    /// No whole answer.
    Lost(String),
    /// An answer that says no, and perhaps when to come again.
    Refused(RequestError, Option<Duration>),
}

impl<'a> Session<'a> {
    pub(crate) fn tell(&self, event: Event) {
        (self.listener)(event);
    }

    /// Makes a request, again while there is hope and time.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer, RequestError> {
        let mut pause = FIRST_PAUSE;
        let mut tries = 0;
        let mut logged_in_again = false;
        loop {
            tries += 1;
            self.may_write(&request).await?;
            let (client, login) = self.connection.client();
            let trouble = match self.once(&client, &request).await {
                Ok(mut answer) => {
                    answer.retried = tries > 1;
                    return Ok(answer);
                }
                Err(trouble) => trouble,
            };
            let (error, asked) = match trouble {
                Trouble::Lost(why) => (
                    RequestError::Unreachable {
                        request: request.told(),
                        why,
                    },
                    None,
                ),
                Trouble::Refused(error, asked) => (error, asked),
            };
            // Credentials end: a token expires, or is revoked. What the kubeconfig says now may be good.
            if error.code() == Some(401) && request.attempts > 1 && !logged_in_again {
                logged_in_again = true;
                if self.connection.log_in_again(login).await.is_ok() {
                    continue;
                }
            }
            let wait = asked.unwrap_or(pause);
            let hope = may_pass(&error, tries, request.attempts);
            if !hope || Instant::now() + wait >= self.deadline {
                return Err(error);
            }
            self.tell(Event::Retrying {
                request: request.told(),
                why: error.message().to_owned(),
                after_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            });
            sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Waits until the lock is certain, where there is one and the request changes something.
    async fn may_write(&self, request: &Request) -> Result<(), RequestError> {
        match self.hold {
            Some(hold) if request.method != http::Method::GET => hold
                .held(self.deadline)
                .await
                .map_err(|why| RequestError::NotSent {
                    request: request.told(),
                    why,
                }),
            _ => Ok(()),
        }
    }

    async fn once(&self, client: &kube::Client, request: &Request) -> Result<Answer, Trouble> {
        timeout_at(self.limit(), self.exchange(client, request))
            .await
            .unwrap_or_else(|_| Err(Trouble::Lost(TOO_LONG.into())))
    }

    /// When a try that begins now has taken too long.
    fn limit(&self) -> Instant {
        self.deadline
            .min(Instant::now() + self.connection.try_limit)
    }

    async fn exchange(&self, client: &kube::Client, request: &Request) -> Result<Answer, Trouble> {
        let lost = |error: &dyn std::error::Error| Trouble::Lost(innermost(error));
        let response = client
            .send(wire(request))
            .await
            .map_err(|error| lost(&error))?;
        let (parts, body) = response.into_parts();
        let bytes = body
            .collect()
            .await
            .map_err(|error| lost(&error))?
            .to_bytes();
        let code = parts.status.as_u16();
        if !parts.status.is_success() {
            let asked = parts
                .headers
                .get(http::header::RETRY_AFTER)
                .and_then(|value| retry_after(value.to_str().ok()?, SystemTime::now()));
            let text = String::from_utf8_lossy(&bytes);
            return Err(Trouble::Refused(
                refusal(request.told(), code, &text),
                asked,
            ));
        }
        let body = serde_json::from_slice(&bytes).map_err(|error| {
            Trouble::Refused(
                RequestError::Unreadable {
                    request: request.told(),
                    why: error.to_string(),
                },
                None,
            )
        })?;
        let warnings = parts
            .headers
            .get_all(http::header::WARNING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(warning_texts)
            .collect();
        Ok(Answer {
            code,
            body,
            warnings,
            retried: false,
        })
    }

    /// Opens a watch. The stream ends when the server closes it; the caller lists again then.
    pub(crate) async fn watch(
        &self,
        request: Request,
    ) -> Result<
        impl futures::Stream<Item = Result<(Change, Value), RequestError>> + use<>,
        RequestError,
    > {
        let told = request.told();
        let wire = http::Request::get(request.target())
            .header(http::header::ACCEPT, request.accept)
            .body(Vec::new())
            .expect("a path made of encoded segments is a URI");
        let lost = move |error: &kube::Error| match error {
            kube::Error::Api(status) => RequestError::Refused {
                request: told.clone(),
                code: status.code,
                reason: status.reason.clone(),
                message: status.message.clone(),
                causes: Vec::new(),
            },
            other => RequestError::Unreachable {
                request: told.clone(),
                why: innermost(other),
            },
        };
        let (client, _) = self.connection.client();
        // Opening one is a request like any other: where nobody answers, it must not wait until all time is over.
        let opened = timeout_at(self.limit(), client.request_events::<Value>(wire)).await;
        let stream = match opened {
            Ok(stream) => stream.map_err(|error| lost(&error))?,
            Err(_) => {
                return Err(RequestError::Unreachable {
                    request: request.told(),
                    why: TOO_LONG.into(),
                });
            }
        };
        Ok(stream.filter_map(move |event| {
            let event = match event {
                Ok(WatchEvent::Added(object) | WatchEvent::Modified(object)) => {
                    Some(Ok((Change::Is, object)))
                }
                Ok(WatchEvent::Deleted(object)) => Some(Ok((Change::Gone, object))),
                Ok(WatchEvent::Bookmark(_)) => None,
                Ok(WatchEvent::Error(status)) => Some(Err(lost(&kube::Error::Api(status)))),
                Err(error) => Some(Err(lost(&error))),
            };
            std::future::ready(event)
        }))
    }
}

/// What a watch tells of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is there, like this.
    Is,
    /// It is gone; this was its last state.
    Gone,
}

fn wire(request: &Request) -> http::Request<Body> {
    let builder = http::Request::builder()
        .method(request.method.clone())
        .uri(request.target())
        .header(http::header::ACCEPT, request.accept);
    let built = match &request.body {
        Some((content_type, body)) => builder
            .header(http::header::CONTENT_TYPE, *content_type)
            .body(Body::from(body.to_string().into_bytes())),
        None => builder.body(Body::empty()),
    };
    built.expect("a path made of encoded segments is a URI")
}

/// When to come again, by the server's word (RFC 9110, 10.2.3): seconds, or a date as gateways in front of it write. Never
/// longer than a minute.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let asked = match text.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text.trim())
            .ok()?
            .duration_since(now)
            .unwrap_or_default(),
    };
    Some(asked.min(LONGEST_ASKED))
}

/// Whether trying again may help.
fn may_pass(error: &RequestError, tries: u32, attempts: u32) -> bool {
    match error {
        // The network, or the server starts anew: as long as there is time, unless the caller wants to know at once.
        RequestError::Unreachable { .. } => attempts > 1,
        RequestError::NotSent { .. } => false,
        RequestError::Unreadable { .. } => tries < attempts,
        RequestError::Refused { code, message, .. } => match code {
            429 => attempts > 1,
            500 => tries < attempts && !blames_object(message),
            502..=504 => tries < attempts * 3 && attempts > 1,
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_says_when_to_come_again() {
        let date = "Wed, 21 Oct 2015 07:28:00 GMT";
        let now = httpdate::parse_http_date(date).unwrap();
        for (text, expected) in [
            ("1", Some(1)),
            (" 7 ", Some(7)),
            ("86400", Some(60)),
            ("Wed, 21 Oct 2015 07:28:09 GMT", Some(9)),
            ("Wed, 21 Oct 2015 08:28:00 GMT", Some(60)),
            ("Wed, 21 Oct 2015 07:27:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let expected = expected.map(Duration::from_secs);
            assert_eq!(retry_after(text, now), expected, "{text}");
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let refused = |code: u16, message: &str| RequestError::Refused {
            request: "GET /".into(),
            code,
            reason: String::new(),
            message: message.into(),
            causes: Vec::new(),
        };
        let lost = RequestError::Unreachable {
            request: "GET /".into(),
            why: "closed".into(),
        };
        for (error, tries, attempts, expected) in [
            (lost.clone(), 100, 6, true),
            (lost, 1, 1, false),
            (refused(429, ""), 100, 6, true),
            (refused(500, ""), 5, 6, true),
            (refused(500, ""), 6, 6, false),
            (
                refused(500, ".spec.x: field not declared in schema"),
                1,
                6,
                false,
            ),
            (refused(503, ""), 6, 6, true),
            (refused(503, ""), 1, 1, false),
            (refused(404, ""), 1, 6, false),
            (refused(409, ""), 1, 6, false),
            (refused(401, ""), 1, 6, false),
        ] {
            assert_eq!(
                may_pass(&error, tries, attempts),
                expected,
                "{error} {tries}"
            );
        }
    }
}
