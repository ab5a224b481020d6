//! Where a Helm chart comes from. Owns the ways to say it and their spelling; must not know how any of them is read.

use std::fmt;

use crate::source::Origin;

/// Where a chart is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChartSource {
    /// An archive or a folder on this machine; a relative path is relative to where it was written.
    Path(String),
    /// In an OCI registry: `HOST[:PORT]/PATH`, with `:TAG`, `@sha256:…` or both, and without `oci://`.
    Oci(String),
    /// An archive on a web server.
    Url(String),
    /// In a folder of charts on this machine: `NAME-VERSION.tgz` there, the newest version in the range, or the folder `NAME`.
    Folder {
        /// The folder; a relative path is relative to where it was written.
        path: String,
        /// The chart's name.
        name: String,
        /// A version or a range of versions; the newest that is no pre-release when absent.
        version: Option<String>,
    },
    /// In a repository, found through its `index.yaml`; or, with `oci://`, below a path of a registry.
    Repository {
        /// Where the repository is.
        url: String,
        /// The chart's name there.
        name: String,
        /// A version or a range of versions; the newest that is no pre-release when absent.
        version: Option<String>,
    },
}

/// A chart that a piece is made of, as the person names it. To name it is to grant it to the piece.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Where it is read from.
    pub source: ChartSource,
    /// Where that was written.
    pub origin: Origin,
    /// `sha256:…` that the archive must have; of a folder, that of its paths and contents.
    pub digest: Option<String>,
    /// Files of values on this machine, later ones over earlier ones, with the place where each was written.
    pub values_files: Vec<(String, Origin)>,
}

/// Why a text does not say where a chart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChartSourceError {
    /// Nothing.
    #[error("is empty")]
    Empty,
    /// `oci://` without a registry or without a path.
    #[error("is not HOST/PATH:VERSION after `oci://`")]
    Reference,
    /// `oci://` without a tag and without a digest.
    #[error("says no version")]
    NoVersion,
    /// Something else before `://`.
    #[error("is neither a path nor begins with `oci://` or `https://`")]
    Scheme,
}

impl ChartSourceError {
    /// What to do about it.
    #[must_use]
    pub fn hint(self) -> &'static str {
        "write a path such as ./istiod-1.30.3.tgz, `oci://HOST/PATH:VERSION`, the URL of an archive, or `{repo: URL, name: NAME, version: VERSION}`"
    }
}

impl ChartSource {
    /// Reads what is said in one text: a path, `oci://…` or the URL of an archive.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn read(text: &str) -> Result<Self, ChartSourceError> {
        if text.is_empty() {
            return Err(ChartSourceError::Empty);
        }
        match text.split_once("://") {
            None => Ok(Self::Path(text.to_owned())),
            Some(("oci", reference)) => oci(reference),
            Some(("https" | "http", _)) => Ok(Self::Url(text.to_owned())),
            Some(_) => Err(ChartSourceError::Scheme),
        }
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Path(_) | Self::Folder { .. })
    }

    /// A chart of that name where several are: at a URL, or in a folder.
    #[must_use]
    pub fn among(place: String, name: String, version: Option<String>) -> Self {
        match place.contains("://") {
            true => Self::Repository {
                url: place,
                name,
                version,
            },
            false => Self::Folder {
                path: place,
                name,
                version,
            },
        }
    }
}

/// Helm writes a version as a tag, where `+` is not allowed, with `_` in its place.
fn oci(reference: &str) -> Result<ChartSource, ChartSourceError> {
    let (place, digest) = match reference.split_once('@') {
        Some((place, digest)) => (place, Some(digest)),
        None => (reference, None),
    };
    let Some((host, path)) = place.split_once('/') else {
        return Err(ChartSourceError::Reference);
    };
    let (path, tag) = match path.rsplit_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (path, None),
    };
    let full = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    if !full(host) || !full(path) || tag.is_some_and(|tag| !full(tag)) {
        return Err(ChartSourceError::Reference);
    }
    if tag.is_none() && digest.is_none() {
        return Err(ChartSourceError::NoVersion);
    }
    let mut whole = format!("{host}/{path}");
    if let Some(tag) = tag {
        whole.push_str(&format!(":{}", tag.replace('+', "_")));
    }
    if let Some(digest) = digest {
        whole.push_str(&format!("@{digest}"));
    }
    Ok(ChartSource::Oci(whole))
}

/// As it can be written again, except that a chart among others is one line.
impl fmt::Display for ChartSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(text) | Self::Url(text) => f.write_str(text),
            Self::Oci(reference) => write!(f, "oci://{reference}"),
            Self::Repository {
                url: place,
                name,
                version,
            }
            | Self::Folder {
                path: place,
                name,
                version,
            } => {
                write!(f, "{name}")?;
                if let Some(version) = version {
                    write!(f, " {version}")?;
                }
                write!(f, " of {place}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, read) in [
            (
                "./istiod-1.30.3.tgz",
                Ok(ChartSource::Path("./istiod-1.30.3.tgz".into())),
            ),
            (
                "C:/charts/istiod",
                Ok(ChartSource::Path("C:/charts/istiod".into())),
            ),
            (
                "oci://h:5000/a/b:1.2.3+x",
                Ok(ChartSource::Oci("h:5000/a/b:1.2.3_x".into())),
            ),
            (
                "oci://h/a@sha256:00",
                Ok(ChartSource::Oci("h/a@sha256:00".into())),
            ),
            (
                "oci://h/a:1@sha256:00",
                Ok(ChartSource::Oci("h/a:1@sha256:00".into())),
            ),
            (
                "https://h/a.tgz",
                Ok(ChartSource::Url("https://h/a.tgz".into())),
            ),
            ("", Err(ChartSourceError::Empty)),
            ("oci://h:5000/a/b", Err(ChartSourceError::NoVersion)),
            ("oci://h", Err(ChartSourceError::Reference)),
            ("oci:///a:1", Err(ChartSourceError::Reference)),
            ("oci://h/a:", Err(ChartSourceError::Reference)),
            ("git://h/a", Err(ChartSourceError::Scheme)),
        ] {
            assert_eq!(ChartSource::read(text), read, "{text}");
        }
    }
}
