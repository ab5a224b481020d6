//! The real Helm, to compare with and to take over from: built once from its Go module, kept in the user's cache. Must not
//! know who wants it.

use std::fs;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::go::Go;
use crate::program::{BuildError, wait_for_lock};
use crate::progress::Progress;

/// As in plugins/chart/go.mod: the same engine.
const VERSION: &str = "v4.3.1";
/// As in host/builtin/build.rs: `.Capabilities.HelmVersion` tells it.
const GO: &str = "go1.26.8";

/// Gives the program; builds it (minutes, with progress on standard error) if this machine has none yet.
///
/// # Errors
/// When Go is missing or too old, the build fails (no network for the modules, no space), or the cache is not writable.
pub fn helm() -> Result<PathBuf, BuildError> {
    let cache = ProjectDirs::from("", "", "meshhost")
        .ok_or(BuildError::NoHome)?
        .cache_dir()
        .to_owned();
    let folder = cache.join(format!("helm-{VERSION}-{GO}"));
    let program = folder.join("helm");
    if program.is_file() {
        return Ok(program);
    }
    fs::create_dir_all(&folder).map_err(BuildError::files(&folder))?;
    let mut progress = Progress::new(format!("building Helm {VERSION} (once)"));
    let lock = folder.join("lock");
    let _lock = wait_for_lock(&lock, &mut progress).map_err(BuildError::files(&lock))?;
    if !program.is_file() {
        // Elsewhere first: what has the final name is whole.
        let unfinished = folder.join("unfinished");
        install(&unfinished, &mut progress)?;
        fs::rename(unfinished.join("helm"), &program).map_err(BuildError::files(&program))?;
    }
    progress.done(&format!("it is {}", program.display()));
    Ok(program)
}

fn install(folder: &Path, progress: &mut Progress) -> Result<(), BuildError> {
    fs::create_dir_all(folder).map_err(BuildError::files(folder))?;
    let go = Go {
        folder,
        wanted: GO.trim_start_matches("go"),
    };
    let module = format!("helm.sh/helm/v4/cmd/helm@{VERSION}");
    let variables = [("GOBIN", folder.as_os_str()), ("GOTOOLCHAIN", GO.as_ref())];
    let mut packages = 0;
    go.run_with(
        &["install", "-v", "-trimpath", "-ldflags", "-s -w", &module],
        &variables,
        |line| {
            packages += usize::from(line.is_some());
            progress.at("compiling", &format!("{packages} packages"));
        },
    )
    .map_err(|cause| BuildError::Helm {
        version: VERSION,
        cause,
    })?;
    Ok(())
}
