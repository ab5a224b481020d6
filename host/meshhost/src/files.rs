//! Files that a person grants to a piece. Owns that nothing but what was granted is read, and no more than the limits
//! allow; must not know which piece wants what.
//!
//! A folder is read as one tree on one mount: what is a symbolic link, a device or another mount is refused and not left
//! out, as a piece that silently misses a file renders something else.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions};
use meshhost_core::card::GrantedFile;
use meshhost_runtime::{Limit, Limits};

mod mount;

use mount::Mount;

/// Why granted files cannot be handed over.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system says no.
    #[error("cannot read {path}: {source}", path = .path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Links may lead anywhere.
    #[error("{} is a symbolic link, which is not followed", .0.display())]
    Link(PathBuf),
    /// A device, a socket, a pipe.
    #[error("{} is neither a file nor a folder", .0.display())]
    Special(PathBuf),
    /// Something else is mounted there.
    #[error("{} is on another mount than the granted folder", .0.display())]
    Mount(PathBuf),
    /// A name that cannot be handed over.
    #[error("the name of {0:?} is not UTF-8")]
    NotUtf8(PathBuf),
    /// Nothing to hand over.
    #[error("{} holds no files", .0.display())]
    Empty(PathBuf),
    /// More than the piece may be handed.
    #[error("{path} is more than the piece may be handed: {about} is limited to {limit}", path = .path.display())]
    Limit {
        /// What was granted.
        path: PathBuf,
        /// What is limited.
        about: &'static str,
        /// To how much.
        limit: String,
        /// The flag that raises it, unless it is at its highest.
        flag: Option<String>,
    },
}

impl FileError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => "grant a file or a folder that you may read".to_owned(),
            Self::Link(_) => "grant what it points to, or put a copy in its place".to_owned(),
            Self::Special(_) | Self::Mount(_) => {
                "put what the piece needs into a folder of its own".to_owned()
            }
            Self::NotUtf8(_) => "rename it".to_owned(),
            Self::Empty(_) => "grant the folder that the files are in".to_owned(),
            Self::Limit {
                flag: Some(flag), ..
            } => {
                format!("if it is meant to be, raise the limit: {flag}")
            }
            Self::Limit { flag: None, .. } => "grant less: no piece is given more".to_owned(),
        }
    }
}

/// Reads everything that one piece is granted.
#[derive(Debug)]
pub struct Reader<'a> {
    piece: &'a str,
    limits: &'a Limits,
    files: Vec<GrantedFile>,
    /// Files and folders.
    entries: u64,
    bytes: u64,
}

/// A granted path while it is read.
struct Granted<'a> {
    wish: &'a str,
    path: &'a Path,
    mount: Mount,
}

impl<'a> Reader<'a> {
    /// For the piece that the installation calls `piece`.
    #[must_use]
    pub fn new(piece: &'a str, limits: &'a Limits) -> Self {
        Self {
            piece,
            limits,
            files: Vec::new(),
            entries: 0,
            bytes: 0,
        }
    }

    /// Reads a file, or all files of a folder. The way to it is the person's own word and may lead over links; what is at
    /// its end may not be one.
    ///
    /// # Errors
    /// When anything there is no plain file or folder, or when it is more than the limits allow.
    pub fn read(&mut self, wish: &str, path: &Path) -> Result<(), FileError> {
        let unreadable = |source| unreadable(path, source);
        let Some(name) = path.file_name() else {
            let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(unreadable)?;
            return self.granted_folder(wish, path, &dir);
        };
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let parent = Dir::open_ambient_dir(parent, ambient_authority()).map_err(unreadable)?;
        let metadata = parent.symlink_metadata(name).map_err(unreadable)?;
        if metadata.is_dir() {
            let dir = parent.open_dir_nofollow(name).map_err(unreadable)?;
            return self.granted_folder(wish, path, &dir);
        }
        let granted = Granted {
            wish,
            path,
            mount: Mount::of(&parent, name).map_err(unreadable)?,
        };
        let name = name
            .to_str()
            .ok_or_else(|| FileError::NotUtf8(path.to_owned()))?;
        self.entry(&granted)?;
        self.file(&granted, &parent, name, name.to_owned(), path, &metadata)
    }

    /// Like [`Reader::read`], with what is read below a folder of that name: where the order of several grants has a meaning.
    ///
    /// # Errors
    /// As for [`Reader::read`].
    pub fn read_below(&mut self, wish: &str, folder: &str, path: &Path) -> Result<(), FileError> {
        let before = self.files.len();
        self.read(wish, path)?;
        for file in &mut self.files[before..] {
            file.path = format!("{folder}/{}", file.path);
        }
        Ok(())
    }

    /// What was read up to now, in no order.
    #[must_use]
    pub fn files(&self) -> &[GrantedFile] {
        &self.files
    }

    /// How many bytes can still be handed over.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.limits.files_size - self.bytes
    }

    /// A file that was read elsewhere, with no more than [`Reader::left`] bytes.
    pub fn hand(&mut self, wish: &str, path: String, content: Vec<u8>) {
        self.entries += 1;
        self.bytes += content.len() as u64;
        self.files.push(GrantedFile {
            wish: wish.to_owned(),
            path,
            content,
        });
    }

    /// What was read, sorted by wish and path.
    #[must_use]
    pub fn finish(mut self) -> Vec<GrantedFile> {
        self.files
            .sort_by(|a, b| (&a.wish, &a.path).cmp(&(&b.wish, &b.path)));
        self.files
    }

    fn granted_folder(&mut self, wish: &str, path: &Path, dir: &Dir) -> Result<(), FileError> {
        let before = self.files.len();
        let granted = Granted {
            wish,
            path,
            mount: Mount::of_open(dir).map_err(|source| unreadable(path, source))?,
        };
        self.folder(&granted, dir, "", path, 1)?;
        if self.files.len() == before {
            return Err(FileError::Empty(path.to_owned()));
        }
        Ok(())
    }

    /// `below` is the way from the granted folder, `at` the whole path for messages.
    fn folder(
        &mut self,
        granted: &Granted<'_>,
        dir: &Dir,
        below: &str,
        at: &Path,
        depth: u64,
    ) -> Result<(), FileError> {
        if depth > self.limits.files_depth {
            return Err(self.limit(granted, Limit::FilesDepth));
        }
        let mut names = Vec::new();
        for entry in dir.entries().map_err(|source| unreadable(at, source))? {
            let entry = entry.map_err(|source| unreadable(at, source))?;
            self.entry(granted)?;
            let name = entry.file_name();
            match name.into_string() {
                Ok(name) => names.push(name),
                Err(name) => return Err(FileError::NotUtf8(at.join(name))),
            }
        }
        names.sort_unstable();
        for name in names {
            let at = at.join(&name);
            let unreadable = |source| unreadable(&at, source);
            let metadata = dir.symlink_metadata(&name).map_err(unreadable)?;
            let path = match below {
                "" => name.clone(),
                below => format!("{below}/{name}"),
            };
            if !metadata.is_symlink()
                && Mount::of(dir, name.as_ref()).map_err(unreadable)? != granted.mount
            {
                return Err(FileError::Mount(at));
            }
            if metadata.is_dir() {
                let dir = dir.open_dir_nofollow(&name).map_err(unreadable)?;
                self.folder(granted, &dir, &path, &at, depth + 1)?;
            } else {
                self.file(granted, dir, &name, path, &at, &metadata)?;
            }
        }
        Ok(())
    }

    fn file(
        &mut self,
        granted: &Granted<'_>,
        dir: &Dir,
        name: &str,
        path: String,
        at: &Path,
        metadata: &Metadata,
    ) -> Result<(), FileError> {
        if metadata.is_symlink() {
            return Err(FileError::Link(at.to_owned()));
        }
        if !metadata.is_file() {
            return Err(FileError::Special(at.to_owned()));
        }
        let unreadable = |source| unreadable(at, source);
        // It may have become a link or a pipe since.
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        let file = dir.open_with(name, &options).map_err(unreadable)?;
        if !file.metadata().map_err(unreadable)?.is_file() {
            return Err(FileError::Special(at.to_owned()));
        }
        let left = self.limits.files_size - self.bytes;
        let mut content = Vec::new();
        file.take(left + 1)
            .read_to_end(&mut content)
            .map_err(unreadable)?;
        self.bytes += content.len() as u64;
        if self.bytes > self.limits.files_size {
            return Err(self.limit(granted, Limit::FilesSize));
        }
        self.files.push(GrantedFile {
            wish: granted.wish.to_owned(),
            path,
            content,
        });
        Ok(())
    }

    fn entry(&mut self, granted: &Granted<'_>) -> Result<(), FileError> {
        self.entries += 1;
        if self.entries > self.limits.files {
            return Err(self.limit(granted, Limit::Files));
        }
        Ok(())
    }

    fn limit(&self, granted: &Granted<'_>, limit: Limit) -> FileError {
        FileError::Limit {
            path: granted.path.to_owned(),
            about: limit.about(),
            limit: self.limits.get(limit),
            flag: self.limits.raised(self.piece, limit),
        }
    }
}

fn unreadable(path: &Path, source: io::Error) -> FileError {
    FileError::Unreadable {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
