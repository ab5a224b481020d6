//! One request, and why it failed. Owns paths, queries and the reading of answers; must not know when to try again.

use serde_json::Value;

/// A request to the API server.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: http::Method,
    pub(crate) path: String,
    query: Vec<(&'static str, String)>,
    pub(crate) accept: &'static str,
    pub(crate) body: Option<(&'static str, Value)>,
    /// How often it is tried when the server has trouble; connections are tried until the time is over.
    pub(crate) attempts: u32,
}

/// What is asked for when nothing else is.
const JSON: &str = "application/json";
/// Only `metadata` of a list's items (since Kubernetes 1.15).
pub(crate) const METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

impl Request {
    pub(crate) fn new(method: http::Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            accept: JSON,
            body: None,
            attempts: 6,
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(http::Method::GET, path)
    }

    pub(crate) fn query(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    pub(crate) fn accept(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    pub(crate) fn json(self, body: Value) -> Self {
        self.body(JSON, body)
    }

    pub(crate) fn body(mut self, content_type: &'static str, body: Value) -> Self {
        self.body = Some((content_type, body));
        self
    }

    pub(crate) fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Path and query as they go over the wire.
    pub(crate) fn target(&self) -> String {
        let mut target = self.path.clone();
        for (index, (key, value)) in self.query.iter().enumerate() {
            target.push(if index == 0 { '?' } else { '&' });
            target.push_str(key);
            target.push('=');
            target.push_str(&encode(value));
        }
        target
    }

    /// For messages.
    pub(crate) fn told(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Percent-encodes what is not unreserved (RFC 3986), for path segments and query values.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// What the server answered to a request that it took.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) body: Value,
    pub(crate) warnings: Vec<String>,
    /// Whether an earlier try may have had its effect.
    pub(crate) retried: bool,
}

/// Why a request failed for good.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RequestError {
    /// The server refused it.
    #[error("{request}: {code} {message}")]
    Refused {
        /// Method and path.
        request: String,
        /// HTTP status.
        code: u16,
        /// The machine-readable reason, for example `NotFound`.
        reason: String,
        /// The server's words.
        message: String,
        /// Per field: reason, field and message of each cause.
        causes: Vec<Cause>,
    },
    /// No answer, or not a whole one.
    #[error("{request}: no answer from the API server: {why}")]
    Unreachable {
        /// Method and path.
        request: String,
        /// What went wrong.
        why: String,
    },
    /// It was not made, since the lock of the run is not certain.
    #[error("{request} was not sent: {why}")]
    NotSent {
        /// Method and path.
        request: String,
        /// What is with the lock.
        why: String,
    },
    /// An answer that cannot be read.
    #[error("{request}: the answer is not what a Kubernetes API server sends: {why}")]
    Unreadable {
        /// Method and path.
        request: String,
        /// What is wrong with it.
        why: String,
    },
}

/// One entry of a `Status`' `details.causes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// For example `FieldManagerConflict`.
    pub reason: String,
    /// Path, as the server spells it.
    pub field: String,
    /// The server's words.
    pub message: String,
}

impl RequestError {
    /// HTTP status, if the server answered.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// The server's words, or what went wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Refused { message, .. } => message,
            Self::Unreachable { why, .. }
            | Self::NotSent { why, .. }
            | Self::Unreadable { why, .. } => why,
        }
    }

    /// The server's machine-readable reason; empty when it did not answer.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Refused { reason, .. } => reason,
            _ => "",
        }
    }

    pub(crate) fn is_not_found(&self) -> bool {
        self.code() == Some(404)
    }

    pub(crate) fn is_forbidden(&self) -> bool {
        self.code() == Some(403)
    }

    pub(crate) fn is_conflict(&self) -> bool {
        self.code() == Some(409)
    }
}

/// The last error of a chain: the ones before repeat it, or say only that something went wrong.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Reads a `Status` of a refusal.
pub(crate) fn refusal(request: String, code: u16, body: &str) -> RequestError {
    let status: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("").to_owned();
    let mut message = text(status.get("message"));
    if message.is_empty() {
        message = body.trim().chars().take(300).collect();
    }
    if message.is_empty() {
        message = http::StatusCode::from_u16(code)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("refused")
            .to_owned();
    }
    let causes = status
        .pointer("/details/causes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|cause| Cause {
            reason: text(cause.get("reason")),
            field: text(cause.get("field")),
            message: text(cause.get("message")),
        })
        .collect();
    RequestError::Refused {
        request,
        code,
        reason: text(status.get("reason")),
        message,
        causes,
    }
}

/// The text of a `Warning` header (RFC 7234 section 5.5: `299 - "text"`); several may stand in one line.
pub(crate) fn warning_texts(header: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut chars = header.chars();
    while chars.by_ref().any(|c| c == '"') {
        let mut text = String::new();
        while let Some(c) = chars.next() {
            match c {
                '\\' => text.extend(chars.next()),
                '"' => break,
                other => text.push(other),
            }
        }
        if !text.is_empty() {
            texts.push(text);
        }
    }
    texts
}

/// Whether a server that says 500 means the object that was sent: it cannot be read, so that trying again does not help.
pub(crate) fn blames_object(message: &str) -> bool {
    [
        "not declared in schema",
        "failed to create typed patch object",
        "failed to convert new object",
    ]
    .iter()
    .any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_encoded() {
        let request = Request::get(format!("/api/v1/x/{}", encode("system:a/b?c d")))
            .query("labelSelector", "a.b/c=d")
            .query("limit", "1");
        assert_eq!(
            request.target(),
            "/api/v1/x/system:a%2Fb%3Fc%20d?labelSelector=a.b%2Fc%3Dd&limit=1"
        );
    }

    #[test]
    fn warnings_are_read_out_of_their_header() {
        for (header, expected) in [
            ("299 - \"v1 X is deprecated\"", vec!["v1 X is deprecated"]),
            ("299 - \"say \\\"no\\\"\"", vec!["say \"no\""]),
            ("299 - \"a\", 299 - \"b\"", vec!["a", "b"]),
            ("nonsense", vec![]),
        ] {
            assert_eq!(warning_texts(header), expected, "{header}");
        }
    }

    #[test]
    fn a_refusal_keeps_the_words_of_the_server() {
        let body = r#"{"kind":"Status","message":"Apply failed","reason":"Conflict","details":{"causes":[
            {"reason":"FieldManagerConflict","message":"conflict with \"kubectl\" using v1","field":".data.a"}]}}"#;
        let error = refusal("PATCH /x".into(), 409, body);
        assert_eq!(error.to_string(), "PATCH /x: 409 Apply failed");
        assert!(error.is_conflict());
        let RequestError::Refused { causes, .. } = error else {
            panic!("is a refusal");
        };
        assert_eq!(causes[0].field, ".data.a");
        assert_eq!(
            refusal("GET /x".into(), 503, "").to_string(),
            "GET /x: 503 Service Unavailable"
        );
    }
}
