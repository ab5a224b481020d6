//! Which mount a file is on. Owns how each system tells; must not know what becomes of the answer.

use std::ffi::OsStr;
use std::io;

use cap_std::fs::Dir;

/// A mount, comparable while nothing is mounted or unmounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mount {
    device: u64,
    /// Linux: tells bind mounts of one device apart; 0 on kernels before 5.8 and on other systems.
    id: u64,
}

impl Mount {
    /// Of a file in an open folder, without following a link.
    pub(super) fn of(dir: &Dir, name: &OsStr) -> io::Result<Self> {
        Ok(Self {
            device: device(&dir.symlink_metadata(name)?),
            id: id(dir, name)?,
        })
    }

    /// Of an open folder.
    pub(super) fn of_open(dir: &Dir) -> io::Result<Self> {
        Ok(Self {
            device: device(&dir.dir_metadata()?),
            id: id(dir, OsStr::new(""))?,
        })
    }
}

#[cfg(unix)]
fn device(metadata: &cap_std::fs::Metadata) -> u64 {
    use cap_std::fs::MetadataExt as _;

    metadata.dev()
}

#[cfg(not(unix))]
fn device(_: &cap_std::fs::Metadata) -> u64 {
    0
}

#[cfg(target_os = "linux")]
fn id(dir: &Dir, name: &OsStr) -> io::Result<u64> {
    use rustix::fs::{AtFlags, StatxFlags, statx};

    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH;
    match statx(dir, name, flags, StatxFlags::MNT_ID) {
        Ok(found) if found.stx_mask & StatxFlags::MNT_ID.bits() != 0 => Ok(found.stx_mnt_id),
        // A kernel that does not tell: the device has to do.
        Ok(_) | Err(rustix::io::Errno::NOSYS) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
fn id(_: &Dir, _: &OsStr) -> io::Result<u64> {
    Ok(0)
}
