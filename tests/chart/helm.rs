//! The real Helm, of the version that the piece has: built from its Go module once, kept in the user's cache.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// As in plugins/chart/go.mod.
const VERSION: &str = "v4.3.1";
/// As in host/builtin/build.rs: `.Capabilities.HelmVersion` tells it.
const GO: &str = "go1.26.8";

/// Where it is; it is built when it is not there.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let folders = directories::ProjectDirs::from("dev", "meshhost", "meshhost").unwrap();
        let folder = folders.cache_dir().join(format!("helm-{VERSION}-{GO}"));
        let program = folder.join("helm");
        if !program.is_file() {
            eprintln!("building Helm {VERSION} from its Go module, once: this takes minutes");
            build(&folder);
        }
        program
    })
}

/// Builds into a folder beside it, so that there is a whole program or none.
fn build(folder: &Path) {
    std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
    let building = tempfile::tempdir_in(folder.parent().unwrap()).unwrap();
    let go = Command::new("go")
        .arg("install")
        .arg(format!("helm.sh/helm/v4/cmd/helm@{VERSION}"))
        .current_dir(building.path())
        .env("GOBIN", building.path())
        .env("GOFLAGS", "-trimpath")
        .env("GOTOOLCHAIN", GO)
        .env("GOWORK", "off")
        .env("CGO_ENABLED", "0")
        .output()
        .expect("Go 1.26 or later is in PATH");
    assert!(
        go.status.success(),
        "{}",
        String::from_utf8_lossy(&go.stderr)
    );
    // Another run of the tests may have been faster.
    let _ = std::fs::rename(building.keep(), folder);
}
