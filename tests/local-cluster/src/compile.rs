//! From sources to a program. Must not know where programs are kept.

use std::fs;
use std::io;
use std::path::Path;

use crate::go::{Go, GoError};
use crate::progress::Progress;
use crate::sources::Sources;

/// Why there is no program.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompileError {
    #[error(transparent)]
    Go(#[from] GoError),
    #[error(transparent)]
    Files(#[from] io::Error),
}

/// Where the different versions of Kubernetes keep what they say of themselves; they leave it to the build to fill in.
const VERSION_PACKAGES: [&str; 3] = [
    "k8s.io/component-base/version",
    "k8s.io/client-go/pkg/version",
    "k8s.io/kubernetes/pkg/version",
];

/// Builds the program of `sources` as the file `output`. Shows progress from the first moment.
pub(crate) fn compile(
    sources: &Sources,
    output: &Path,
    progress: &mut Progress,
) -> Result<(), CompileError> {
    let go = Go {
        folder: &sources.folder,
        wanted: &sources.go,
    };
    progress.at("asking Go for its version", "");
    go.check(|_| progress.at("asking Go for its version", ""))?;
    if !sources.generates {
        return Ok(build(&go, sources, "-mod=readonly", output, progress)?);
    }
    // What is generated is put beside the other modules' packages, in a copy that goes away.
    let copy = tempfile::tempdir_in(output.parent().unwrap_or(Path::new(".")))?;
    for file in sources.files()? {
        fs::copy(
            &file,
            copy.path().join(file.file_name().unwrap_or_default()),
        )?;
    }
    let go = Go {
        folder: copy.path(),
        wanted: &sources.go,
    };
    watch_download(&go, &["mod", "vendor"], progress)?;
    go.run(&["run", "generate.go"], |_| progress.at("generating", ""))?;
    Ok(build(&go, sources, "-mod=vendor", output, progress)?)
}

fn build(
    go: &Go<'_>,
    sources: &Sources,
    modules: &str,
    output: &Path,
    progress: &mut Progress,
) -> Result<(), GoError> {
    let flags = ["-trimpath", "-buildvcs=false", modules];
    // Lists what is not in Go's build cache yet.
    let mut list = vec!["list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}"];
    list.extend(flags);
    let stale = watch_download(go, &list, progress)?;
    let total = stale.lines().filter(|line| !line.is_empty()).count();

    let version = link_flags(&sources.kubernetes);
    let output = output.to_string_lossy();
    let mut build = vec!["build", "-v", "-ldflags", &version, "-o", &output];
    build.extend(flags);
    let mut compiled = 0;
    go.run(&build, |line| {
        compiled += usize::from(line.is_some());
        if compiled < total {
            progress.at("compiling", &format!(" {compiled} of {total} packages"));
        } else {
            progress.at("linking", "");
        }
    })?;
    Ok(())
}

/// Runs a command that may have to download modules first, which Go tells on standard error.
fn watch_download(go: &Go<'_>, args: &[&str], progress: &mut Progress) -> Result<String, GoError> {
    let mut modules = 0;
    go.run(args, |line| {
        modules += usize::from(line.is_some_and(|line| line.starts_with("go: downloading")));
        progress.at("fetching modules", &format!(", {modules} downloaded"));
    })
}

/// No symbol table, and the version in every package that wants it (the linker passes over those that are not there).
fn link_flags(kubernetes: &str) -> String {
    let mut parts = kubernetes.trim_start_matches('v').split('.');
    let (major, minor) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let mut flags = "-s -w".to_owned();
    for package in VERSION_PACKAGES {
        for (name, value) in [
            ("gitVersion", kubernetes),
            ("gitMajor", major),
            ("gitMinor", minor),
        ] {
            flags.push_str(&format!(" -X {package}.{name}={value}"));
        }
    }
    flags
}
