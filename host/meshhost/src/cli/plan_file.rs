//! Plans in files. Owns reading and writing them, so that nobody but the owner can read one; must not know what is in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use meshhost_core::plan_file::PlanFile;

use crate::cli::fault::Fault;
use crate::cli::report;

/// What is larger is no plan.
const LARGEST: u64 = 1 << 30;

/// Writes a plan: whole or not at all, with mode 0600, since Secrets are in it as they are.
pub(crate) fn write(path: &Path, plan: &PlanFile) -> Result<(), Fault> {
    whole(path, &plan.to_text()).map_err(|error| {
        Fault::usage(
            format!("--out {}: cannot write the plan: {error}", path.display()),
            "give the path of a file in a folder that you may write to",
        )
    })?;
    report::talk(&format!(
        "plan written to {}; `meshhost apply {}` does exactly that, or refuses (Secrets are in it as they are: only you may read it)",
        path.display(),
        path.display()
    ));
    Ok(())
}

fn whole(path: &Path, text: &str) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?
        .to_string_lossy()
        .into_owned();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = private(&beside)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A new file that only the owner may read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Reads a plan.
pub(crate) fn read(path: &Path) -> Result<PlanFile, Fault> {
    let refused = |why: String| {
        Fault::usage(
            format!("{}: {why}", path.display()),
            "a plan is what `meshhost diff --out FILE` has written; settings are given with -f",
        )
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| refused(format!("cannot read the plan: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(refused("it is too large for a plan".to_owned()));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| refused("it is not a plan of meshhost: it is not text".to_owned()))?;
    PlanFile::read(&text).map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_a_plan_whatever_was_there_before() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        whole(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        whole(&folder.path().join("no/where"), "new").unwrap_err();
    }
}
