//! Helm charts that are not on this machine. Owns fetching an archive, bounded, and holding it to the digest that was said;
//! must not know what is in one, nor what a piece makes of it.
//!
//! What was fetched is kept by its digest, and looked at again each time that it is taken from there: nobody who can write
//! into the cache can change a chart. No registry and no repository is asked that the person has not named.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use meshhost_core::chart::{Chart, ChartSource};
use sha2::{Digest as _, Sha256};

mod kept;
mod local;
mod web;
mod registry;
mod repository;

use kept::Kept;
pub use local::{LocalError, local};
pub use registry::RegistryError;
pub use repository::RepositoryError;
use web::Web;
pub use web::WebError;

/// The longest that fetching one chart may take.
const LONGEST: Duration = Duration::from_secs(600);

/// Where charts are fetched from, and kept.
#[derive(Debug, Clone)]
pub struct Charts {
    kept: Option<Kept>,
    web: Web,
}

/// An archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// What it is called, for example `istiod-1.30.3.tgz`.
    pub name: String,
    /// `sha256:…` of its bytes.
    pub digest: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// A web server did not give it.
    #[error(transparent)]
    Web(#[from] WebError),
    /// A registry did not give it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A repository does not have it.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// Other bytes than were said.
    #[error("the archive's digest is {found} and not {wanted}")]
    Digest {
        /// What was pinned, or what the repository's index says.
        wanted: String,
        /// What came.
        found: String,
    },
    /// It does not end.
    #[error("fetching it took longer than {} s", LONGEST.as_secs())]
    Time,
    /// This machine does not let it be fetched.
    #[error("cannot be fetched: {0}")]
    Host(String),
}

impl ChartError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Web(error) => error.hint(),
            Self::Registry(error) => error.hint(),
            Self::Repository(error) => error.hint(),
            Self::Digest { .. } => {
                "it is not the chart that was pinned: find out who changed it before you change the pin".to_owned()
            }
            Self::Time => "try again, or fetch it yourself and give its path".to_owned(),
            Self::Host(_) => "fetch it yourself and give its path".to_owned(),
        }
    }
}

impl Charts {
    /// Charts are kept below `cache`, if there is one. `plain_http` are hosts, with their ports, that may be asked without
    /// TLS; loopback addresses always may.
    #[must_use]
    pub fn new(cache: Option<PathBuf>, plain_http: Vec<String>) -> Self {
        Self {
            kept: cache.map(Kept::new),
            web: Web::new(plain_http),
        }
    }

    /// The archive of a chart that is not on this machine, of at most `most` bytes.
    ///
    /// # Errors
    /// When it cannot be had, or is not what was pinned.
    pub fn fetch(&self, chart: &Chart, most: u64) -> Result<Archive, ChartError> {
        let pinned = chart.digest.as_deref().map(normal);
        if let Some(digest) = &pinned
            && let Some(bytes) = self.take(digest, most)
        {
            return Ok(Archive {
                name: "chart.tgz".to_owned(),
                digest: digest.clone(),
                bytes,
            });
        }
        // Whoever calls may be inside of another runtime.
        let archive = thread::scope(|scope| {
            let fetching = scope.spawn(|| {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map_err(|error| ChartError::Host(error.to_string()))?
                    .block_on(async {
                        let archive = self.archive(chart, pinned.as_deref(), most);
                        tokio::time::timeout(LONGEST, archive)
                            .await
                            .unwrap_or(Err(ChartError::Time))
                    })
            });
            fetching
                .join()
                .unwrap_or_else(|_| Err(ChartError::Host("the client failed".to_owned())))
        })?;
        if let Some(kept) = &self.kept {
            kept.put(&archive.digest, &archive.bytes);
        }
        Ok(archive)
    }

    async fn archive(
        &self,
        chart: &Chart,
        pinned: Option<&str>,
        most: u64,
    ) -> Result<Archive, ChartError> {
        let (name, said, bytes) = match &chart.source {
            ChartSource::Path(path) | ChartSource::Folder { path, .. } => {
                return Err(ChartError::Host(format!("{path} is on this machine")));
            }
            ChartSource::Oci(reference) => self.layer(reference, pinned, most).await?,
            ChartSource::Url(url) => {
                let url = web::url(url)?;
                (web::name(&url), None, self.web.get(&url, most).await?)
            }
            ChartSource::Repository { url, name, version } => match url.strip_prefix("oci://") {
                Some(place) => {
                    let place = format!("{}/{name}", place.trim_end_matches('/'));
                    let tag = registry::tag(&self.web, &place, version.as_deref()).await?;
                    self.layer(&format!("{place}:{tag}"), pinned, most).await?
                }
                None => {
                    let found = repository::find(&self.web, url, name, version.as_deref()).await?;
                    let said = found.digest;
                    let known = said.as_deref().and_then(|digest| self.take(digest, most));
                    let bytes = match known {
                        Some(bytes) => bytes,
                        None => self.web.get(&found.url, most).await?,
                    };
                    (web::name(&found.url), said, bytes)
                }
            },
        };
        let digest = digest(&bytes);
        for wanted in [pinned, said.as_deref()].into_iter().flatten() {
            if wanted != digest {
                return Err(ChartError::Digest {
                    wanted: wanted.to_owned(),
                    found: digest,
                });
            }
        }
        Ok(Archive {
            name,
            digest,
            bytes,
        })
    }

    /// A chart's layer in a registry: its name, the digest that the manifest says, and the bytes.
    async fn layer(
        &self,
        reference: &str,
        pinned: Option<&str>,
        most: u64,
    ) -> Result<(String, Option<String>, Vec<u8>), ChartError> {
        let found = registry::find(&self.web, reference, most).await?;
        if let Some(wanted) = pinned
            && wanted != found.digest()
        {
            return Err(ChartError::Digest {
                wanted: wanted.to_owned(),
                found: found.digest().to_owned(),
            });
        }
        let bytes = match self.take(found.digest(), most) {
            Some(bytes) => bytes,
            None => found.pull(most).await?,
        };
        Ok((found.name(), Some(found.digest().to_owned()), bytes))
    }

    fn take(&self, digest: &str, most: u64) -> Option<Vec<u8>> {
        self.kept.as_ref()?.take(digest, most)
    }
}

/// `sha256:…` of bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

/// A digest as this program writes it: with `sha256:`, in lower case.
#[must_use]
pub fn normal(digest: &str) -> String {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    format!("sha256:{}", hex.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
