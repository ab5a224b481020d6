//! Files as the host grants them.

use std::path::Path;

use meshhost_core::card::GrantedFile;

/// A file, or all files of a folder by their paths, as the host grants them.
pub(crate) fn of(path: &Path, wish: &str) -> Vec<GrantedFile> {
    let file = |path: &Path, name: String| GrantedFile {
        wish: wish.to_owned(),
        path: name,
        content: std::fs::read(path).unwrap(),
    };
    if path.is_file() {
        return vec![file(
            path,
            path.file_name().unwrap().to_string_lossy().into_owned(),
        )];
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap().path();
            if entry.is_dir() {
                folders.push(entry);
            } else {
                let name = entry
                    .strip_prefix(path)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                files.push(file(&entry, name));
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}
