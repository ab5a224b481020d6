//! A chart in a repository, as its `index.yaml` has it. Owns reading the index and choosing a version; must not know what is
//! done with the archive.

use meshhost_core::chart_version::{NoRange, Range};
use meshhost_core::nearest;
use meshhost_core::problem::Problems;
use meshhost_core::setting::Setting;
use meshhost_core::source::{Source, SourceKind};
use meshhost_core::yaml;
use reqwest::Url;

use super::web::{self, Web, WebError};

/// The largest index that is read: the largest public ones have 20 MB.
const LARGEST: u64 = 48 << 20;

/// Why a repository does not have a chart.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The index cannot be fetched.
    #[error(transparent)]
    Web(#[from] WebError),
    /// The index is none.
    #[error("{url} is not the index of a repository: {reason}")]
    Index {
        /// Where it is.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No such chart.
    #[error("{url} has no chart {name}")]
    Chart {
        /// The index.
        url: String,
        /// What was asked for.
        name: String,
        /// What is called nearly so.
        near: Vec<String>,
    },
    /// No such version.
    #[error("{url} has no version {wanted} of chart {name}")]
    Version {
        /// The index.
        url: String,
        /// The chart.
        name: String,
        /// What was asked for.
        wanted: String,
        /// The newest that there are.
        there: Vec<String>,
    },
    /// Not a range.
    #[error(transparent)]
    Range(#[from] NoRange),
}

impl RepositoryError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Web(error) => error.hint(),
            Self::Index { .. } => "give the URL of the folder that `index.yaml` is in".to_owned(),
            Self::Chart { near, .. } if !near.is_empty() => {
                format!("did you mean {}?", near.join(" or "))
            }
            Self::Chart { .. } => "correct its name".to_owned(),
            Self::Version { there, .. } => format!("there are {}", there.join(", ")),
            Self::Range(_) => "correct `version`".to_owned(),
        }
    }
}

/// A version of a chart.
pub(super) struct Found {
    pub(super) url: Url,
    pub(super) digest: Option<String>,
}

pub(super) async fn find(
    web: &Web,
    repository: &str,
    name: &str,
    version: Option<&str>,
) -> Result<Found, RepositoryError> {
    let range = Range::read(version.unwrap_or("*"))?;
    let base = web::url(&format!("{}/", repository.trim_end_matches('/')))?;
    let at = base
        .join("index.yaml")
        .map_err(|_| WebError::Url(base.to_string()))?;
    let bytes = web.get(&at, LARGEST).await?;
    choose(&at, bytes, &base, name, version, &range)
}

fn choose(
    at: &Url,
    bytes: Vec<u8>,
    base: &Url,
    name: &str,
    version: Option<&str>,
    range: &Range,
) -> Result<Found, RepositoryError> {
    let url = at.to_string();
    let wrong = |reason: String| RepositoryError::Index {
        url: url.clone(),
        reason: meshhost_core::quote::line(&reason, 300),
    };
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8 text".to_owned()))?;
    let source = Source::new(SourceKind::File, "index.yaml", text);
    let documents = yaml::read(&source).map_err(|problems: Problems| {
        let first = problems.0.first().map(|problem| problem.message.clone());
        wrong(first.unwrap_or_else(|| "it cannot be read".to_owned()))
    })?;
    let entries = documents
        .first()
        .and_then(|index| index.get("entries"))
        .and_then(Setting::map)
        .ok_or_else(|| wrong("it has no `entries`".to_owned()))?;
    let Some(versions) = entries.get(name).and_then(|entry| entry.setting.list()) else {
        let near = nearest::nearest(name, entries.keys().map(String::as_str));
        return Err(RepositoryError::Chart {
            url,
            name: name.to_owned(),
            near: near.into_iter().map(str::to_owned).collect(),
        });
    };
    let text = |entry: &'_ Setting, key: &str| entry.get(key)?.text().map(str::to_owned);
    let all: Vec<String> = versions
        .iter()
        .filter_map(|entry| text(entry, "version"))
        .collect();
    let newest = range.newest(all.iter().map(String::as_str));
    let entry = newest.and_then(|newest| {
        versions
            .iter()
            .find(|entry| text(entry, "version").as_deref() == Some(newest))
    });
    let Some(entry) = entry else {
        return Err(RepositoryError::Version {
            url,
            name: name.to_owned(),
            wanted: version.unwrap_or("that is no pre-release").to_owned(),
            there: all.into_iter().take(10).collect(),
        });
    };
    let archive = entry
        .get("urls")
        .and_then(Setting::list)
        .and_then(|urls| urls.first()?.text())
        .and_then(|url| base.join(url).ok())
        .ok_or_else(|| wrong(format!("it does not say where {name} is")))?;
    // What is there and no text would pass for none.
    if entry.get("digest").is_some() && text(entry, "digest").is_none() {
        return Err(wrong(format!("the digest of {name} is no text")));
    }
    Ok(Found {
        url: archive,
        digest: text(entry, "digest").map(|digest| super::normal(&digest)),
    })
}
