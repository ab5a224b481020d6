//! The charts that are tried: those of tests/charts, and those of a folder that the person names.

use std::path::{Path, PathBuf};

use crate::charts::{self, Chart, MORE};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/charts")
}

pub(crate) fn named(name: &str) -> Chart {
    Chart::at(folder().join(name))
}

/// Every chart, ours first.
pub(crate) fn all() -> Vec<Chart> {
    let mut all = charts::below(&folder());
    assert!(all.len() >= 25, "the charts are not where they should be");
    if let Some(more) = std::env::var_os(MORE) {
        let more = charts::below(Path::new(&more));
        assert!(!more.is_empty(), "{MORE} has no charts");
        all.extend(more);
    }
    all
}

/// The values file beside a chart, if there is one.
pub(crate) fn values(of: &Chart) -> Option<PathBuf> {
    let beside = of.path.with_file_name(format!("{}.values.yaml", of.name));
    beside.is_file().then_some(beside)
}
