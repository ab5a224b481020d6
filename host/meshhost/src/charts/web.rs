//! Getting a file from a web server. Owns the bound on its size and that nothing is asked in plain HTTP that may not be,
//! redirects included; must not know what the file is.

use std::net::IpAddr;
use std::sync::Once;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};

/// Redirects that are followed.
const HOPS: usize = 10;
pub(super) const CONNECT: Duration = Duration::from_secs(30);
/// The longest silence.
pub(super) const READ: Duration = Duration::from_secs(60);

/// How web servers are asked.
#[derive(Debug, Clone)]
pub(super) struct Web {
    plain: Vec<String>,
}

/// Why a web server gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// No URL.
    #[error("`{0}` is not the URL of a web server")]
    Url(String),
    /// Anybody on the way could change it.
    #[error("{0} is plain HTTP, which anybody on the way can read and change")]
    Plain(String),
    /// It was not reached, or broke off.
    #[error("{url}: {reason}")]
    Failed {
        /// What was asked for.
        url: String,
        /// Why, in the words of what failed last.
        reason: String,
    },
    /// It says no.
    #[error("{url}: the server answers {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// Its answer.
        status: StatusCode,
    },
    /// More than is taken.
    #[error("{url} is larger than {most} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// How much is taken.
        most: u64,
    },
}

impl WebError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Url(_) => "write one such as https://HOST/PATH".to_owned(),
            Self::Plain(url) => format!(
                "use https://, or allow it with `--plain-http {}`",
                Url::parse(url).map(|url| host(&url)).unwrap_or_default()
            ),
            Self::Failed { .. } => {
                "see that the server can be reached from here (HTTPS_PROXY is heeded, and SSL_CERT_FILE for authorities of your own), or fetch the chart yourself and give its path".to_owned()
            }
            Self::Status { .. } => "correct the URL, or fetch the chart yourself and give its path".to_owned(),
            Self::TooLarge { .. } => "if it is meant to be, raise the limit: `--limit PIECE.files-size=256MiB`".to_owned(),
        }
    }
}

impl Web {
    pub(super) fn new(plain: Vec<String>) -> Self {
        Self { plain }
    }

    /// Whether a host (`HOST[:PORT]`) may be asked in plain HTTP: what does not leave this machine, and what the person allows.
    pub(super) fn may_be_plain(&self, host: &str) -> bool {
        is_loopback(host) || self.plain.iter().any(|allowed| allowed == host)
    }

    fn allows(&self, url: &Url) -> bool {
        match url.scheme() {
            "https" => true,
            "http" => self.may_be_plain(&host(url)),
            _ => false,
        }
    }

    /// What is at a URL, at most `most` bytes.
    pub(super) async fn get(&self, url: &Url, most: u64) -> Result<Vec<u8>, WebError> {
        let shown = without_password(url);
        if !self.allows(url) {
            return Err(WebError::Plain(shown));
        }
        let failed = |error: reqwest::Error| WebError::Failed {
            url: shown.clone(),
            reason: innermost(&error),
        };
        let too_large = || WebError::TooLarge {
            url: shown.clone(),
            most,
        };
        let mut answer = self
            .client(url)
            .map_err(failed)?
            .get(url.clone())
            .send()
            .await
            .map_err(failed)?;
        if !answer.status().is_success() {
            return Err(WebError::Status {
                url: shown,
                status: answer.status(),
            });
        }
        if answer.content_length().is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if bytes.len() as u64 + chunk.len() as u64 > most {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn client(&self, url: &Url) -> Result<Client, reqwest::Error> {
        use_ring();
        let web = self.clone();
        let redirects = Policy::custom(move |attempt| {
            if attempt.previous().len() > HOPS {
                return attempt.error("too many redirects");
            }
            if !web.allows(attempt.url()) {
                return attempt.error(
                    "it redirects to plain HTTP, which anybody on the way can read and change",
                );
            }
            attempt.follow()
        });
        let mut client = Client::builder()
            .redirect(redirects)
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .user_agent(concat!("meshhost/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&host(url)) {
            client = client.no_proxy();
        }
        client.build()
    }
}

/// The TLS of everything here: the same as that of the Kubernetes client.
pub(super) fn use_ring() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Somebody else may have chosen before.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

pub(super) fn url(text: &str) -> Result<Url, WebError> {
    Url::parse(text)
        .ok()
        .filter(Url::has_host)
        .ok_or_else(|| WebError::Url(text.escape_debug().take(200).collect()))
}

/// The last part of a URL's path.
pub(super) fn name(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.next_back());
    last.filter(|last| !last.is_empty())
        .unwrap_or("chart.tgz")
        .to_owned()
}

/// `HOST[:PORT]`.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    bare == "localhost"
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn without_password(url: &Url) -> String {
    let mut url = url.clone();
    if url.password().is_some() {
        let _ = url.set_password(Some("***"));
    }
    url.to_string()
}

/// The words of the cause: the outer ones say only that a request failed.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    meshhost_core::quote::line(&last.to_string(), 300)
}
