//! Finding charts in folders. Must not know which are ours.

use std::path::{Path, PathBuf};

/// Names a folder of more charts to try: each folder in it with a Chart.yaml, each archive, and what is in further folders.
pub(crate) const MORE: &str = "MESHHOST_CHARTS";

/// A chart, as a folder or an archive.
pub(crate) struct Chart {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

impl Chart {
    pub(crate) fn at(path: PathBuf) -> Self {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        Self { name, path }
    }
}

/// Sorted by their paths.
pub(crate) fn below(folder: &Path) -> Vec<Chart> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    let mut charts = Vec::new();
    for path in entries {
        let is_archive = path.extension().is_some_and(|extension| extension == "tgz");
        if is_archive || path.join("Chart.yaml").is_file() {
            charts.push(Chart::at(path));
        } else if path.is_dir() {
            charts.extend(below(&path));
        }
    }
    charts
}
