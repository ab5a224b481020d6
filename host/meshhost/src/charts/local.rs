//! Charts on this machine. Owns finding one among others in a folder; must not read it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use meshhost_core::chart::ChartSource;
use meshhost_core::chart_version::{NoRange, Range};

/// Why there is no such chart.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The folder cannot be read.
    #[error("cannot read {path}: {source}", path = .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not there.
    #[error("{path} has no chart {wanted}: neither {name}-VERSION.tgz nor {name}/Chart.yaml", path = .path.display())]
    Absent {
        /// The folder.
        path: PathBuf,
        /// The chart's name.
        name: String,
        /// Name and version.
        wanted: String,
    },
    /// Not a range.
    #[error(transparent)]
    Range(#[from] NoRange),
    /// It is somewhere else.
    #[error("{0} is not on this machine")]
    Elsewhere(String),
}

impl LocalError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        "put the chart there, or say another place".to_owned()
    }
}

/// The archive or folder of a chart that is on this machine.
///
/// # Errors
/// When it is not there.
pub fn local(source: &ChartSource) -> Result<PathBuf, LocalError> {
    match source {
        ChartSource::Path(path) => Ok(PathBuf::from(path)),
        ChartSource::Folder {
            path,
            name,
            version,
        } => among(Path::new(path), name, version.as_deref()),
        elsewhere => Err(LocalError::Elsewhere(elsewhere.to_string())),
    }
}

fn among(folder: &Path, name: &str, version: Option<&str>) -> Result<PathBuf, LocalError> {
    let range = Range::read(version.unwrap_or("*"))?;
    let unreadable = |source| LocalError::Unreadable {
        path: folder.to_owned(),
        source,
    };
    let mut versions = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.file_name();
        let version = file.to_str().and_then(|file| {
            file.strip_prefix(name)?
                .strip_prefix('-')?
                .strip_suffix(".tgz")
        });
        versions.extend(version.map(str::to_owned));
    }
    if let Some(newest) = range.newest(versions.iter().map(String::as_str)) {
        return Ok(folder.join(format!("{name}-{newest}.tgz")));
    }
    let unpacked = folder.join(name);
    if unpacked.join("Chart.yaml").is_file() {
        return Ok(unpacked);
    }
    Err(LocalError::Absent {
        path: folder.to_owned(),
        name: name.to_owned(),
        wanted: match version {
            Some(version) => format!("{name} {version}"),
            None => name.to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_archive_or_the_unpacked_chart_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let at = |file: &str| folder.path().join(file);
        for file in [
            "cni-1.30.0.tgz",
            "cni-1.30.3.tgz",
            "cni-1.31.0-rc.1.tgz",
            "cni-x.tgz",
        ] {
            fs::write(at(file), "").unwrap();
        }
        fs::create_dir(at("base")).unwrap();
        fs::write(at("base/Chart.yaml"), "").unwrap();
        let find = |name: &str, version: Option<&str>| {
            among(folder.path(), name, version).map_err(|error| error.to_string())
        };
        assert_eq!(find("cni", None), Ok(at("cni-1.30.3.tgz")));
        assert_eq!(find("cni", Some("1.30.0")), Ok(at("cni-1.30.0.tgz")));
        assert_eq!(find("base", Some("1.30.3")), Ok(at("base")));
        let absent = find("cni", Some("2")).unwrap_err();
        assert!(absent.contains("has no chart cni 2"), "{absent}");
    }
}
