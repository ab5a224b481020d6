//! The Go sources of a control plane: where they are, what version of Kubernetes they link, and a digest that changes
//! when they do. Must not know how they are built.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// A version of Kubernetes that can be started here. Each has a folder in `tests/control-plane`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KubeVersion {
    /// The version of today.
    #[default]
    V1_37,
    /// The version of Istio 1.4's own time: server-side apply is beta there, CRDs and webhooks are just v1, and the critical
    /// priority classes are for kube-system only.
    V1_16,
}

impl KubeVersion {
    /// All that there are.
    pub const ALL: [KubeVersion; 2] = [KubeVersion::V1_37, KubeVersion::V1_16];

    /// The version as people write it, `1.37`; also the name of the folder.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            KubeVersion::V1_37 => "1.37",
            KubeVersion::V1_16 => "1.16",
        }
    }
}

impl fmt::Display for KubeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A version that was asked for and is not here.
#[derive(Debug, thiserror::Error)]
#[error("no control plane for Kubernetes {0:?} here; there is {known}", known = KubeVersion::ALL.map(KubeVersion::as_str).join(", "))]
pub struct UnknownVersion(String);

impl FromStr for KubeVersion {
    type Err = UnknownVersion;

    /// Takes `1.37`, `v1.37`, and with any patch version, of which there is only one here.
    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let minor: Vec<&str> = text
            .trim_start_matches('v')
            .splitn(3, '.')
            .take(2)
            .collect();
        let minor = minor.join(".");
        KubeVersion::ALL
            .into_iter()
            .find(|v| v.as_str() == minor)
            .ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

/// The sources of one version.
#[derive(Debug)]
pub(crate) struct Sources {
    pub(crate) folder: PathBuf,
    /// The version of `k8s.io/kubernetes` that is linked in, `v1.37.2`.
    pub(crate) kubernetes: String,
    /// The oldest Go that builds it, `1.26.0`.
    pub(crate) go: String,
    /// Whether `generate.go` has to run before the build.
    pub(crate) generates: bool,
    /// Changes with everything that goes into the program.
    pub(crate) digest: String,
}

impl Sources {
    pub(crate) fn of(version: KubeVersion) -> io::Result<Sources> {
        Sources::read(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../control-plane")
                .join(version.as_str()),
        )
    }

    fn read(folder: PathBuf) -> io::Result<Sources> {
        let folder = folder.canonicalize()?;
        let module = fs::read_to_string(folder.join("go.mod"))?;
        let after = |prefix: &str| {
            let missing = || {
                io::Error::other(format!(
                    "{}/go.mod has no line {prefix:?}",
                    folder.display()
                ))
            };
            module
                .lines()
                .find_map(|line| line.trim().strip_prefix(prefix))
                .map(str::to_owned)
                .ok_or_else(missing)
        };
        Ok(Sources {
            kubernetes: after("k8s.io/kubernetes ")?,
            go: after("go ")?,
            generates: folder.join("generate.go").is_file(),
            digest: digest(&files(&folder)?)?,
            folder,
        })
    }

    /// The files that a build reads, in a fixed order.
    pub(crate) fn files(&self) -> io::Result<Vec<PathBuf>> {
        files(&self.folder)
    }
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|e| e.map(|e| e.path()))
        .collect::<io::Result<_>>()?;
    files.retain(|f| {
        matches!(
            f.extension().and_then(|e| e.to_str()),
            Some("go" | "mod" | "sum" | "yaml")
        )
    });
    files.sort();
    Ok(files)
}

/// Sixteen hexadecimal digits over names and contents.
fn digest(files: &[PathBuf]) -> io::Result<String> {
    let mut hash = Sha256::new();
    hash.update(format!(
        "{}/{}\n",
        std::env::consts::OS,
        std::env::consts::ARCH
    ));
    for file in files {
        let content = fs::read(file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        hash.update(format!("{name} {}\n", content.len()));
        hash.update(content);
    }
    Ok(hash
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_leniently_and_unknown_ones_name_the_known() {
        for text in ["1.37", "v1.37", "1.37.2", "v1.37.0"] {
            assert_eq!(
                text.parse::<KubeVersion>().unwrap(),
                KubeVersion::V1_37,
                "{text}"
            );
        }
        for text in ["", "1", "1.3", "1.370", "2.37"] {
            let error = text.parse::<KubeVersion>().unwrap_err().to_string();
            assert!(error.contains("there is 1.37, 1.16"), "{text}: {error}");
        }
    }

    #[test]
    fn sources_say_what_they_link_and_their_digest_follows_their_content() {
        let real = Sources::of(KubeVersion::V1_37).unwrap();
        assert!(real.kubernetes.starts_with("v1.37."), "{real:?}");
        assert!(real.go.starts_with("1."), "{real:?}");
        for version in KubeVersion::ALL {
            let linked = Sources::of(version).unwrap().kubernetes;
            assert!(
                linked.starts_with(&format!("v{version}.")),
                "{version}: {linked}"
            );
        }

        let copy = tempfile::tempdir().unwrap();
        let module = fs::read(real.folder.join("go.mod")).unwrap();
        fs::write(copy.path().join("go.mod"), module).unwrap();
        let read = || Sources::read(copy.path().to_owned()).unwrap().digest;
        let before = read();
        fs::write(copy.path().join("notes.txt"), "not built").unwrap();
        assert_eq!(read(), before);
        fs::write(copy.path().join("main.go"), "package main").unwrap();
        assert_ne!(read(), before);
    }
}
