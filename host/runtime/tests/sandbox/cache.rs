//! Compiled code on disk: what this host has written is used, anything else is not, and either way the piece works.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "functions that only tests call")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use meshhost_runtime::{CacheDir, Limits, Piece, Runtime};
use serde_json::json;
use tempfile::TempDir;

use crate::guests::{probe, request};
use crate::hostile::{Guest, limits};

/// A cache that holds the probe's code.
struct Filled {
    _folder: TempDir,
    path: PathBuf,
    entry: PathBuf,
}

impl Filled {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a/compiled");
        assert_eq!(load(&path).notes(), [""; 0]);
        let entry = only_entry(&path);
        Self {
            _folder: folder,
            path,
            entry,
        }
    }

    /// Loads again; what is noted, with the paths of this run left out. The piece works, whatever is noted.
    fn notes(&self) -> String {
        let piece = load(&self.path);
        assert_eq!(
            piece
                .contribute(&request(json!({"number": 1})))
                .unwrap()
                .objects
                .len(),
            1
        );
        piece
            .notes()
            .join("\n")
            .replace(&self.entry.display().to_string(), "ENTRY")
    }
}

fn load(path: &Path) -> Piece {
    let cache = CacheDir::open(path).unwrap();
    Runtime::new(Some(cache))
        .load(probe(), "probe", &Limits::default())
        .unwrap()
}

fn only_entry(path: &Path) -> PathBuf {
    let entries: Vec<_> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries[0].clone()
}

fn identity(path: &Path) -> (u64, i64) {
    let metadata = fs::symlink_metadata(path).unwrap();
    (metadata.ino(), metadata.mtime_nsec())
}

#[test]
fn what_was_written_is_used() {
    let filled = Filled::new();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&filled.path), 0o700);
    assert_eq!(mode(&filled.entry), 0o600);
    let written = identity(&filled.entry);
    assert_eq!(filled.notes(), "");
    assert_eq!(identity(&filled.entry), written, "it was not written again");
    // Loaded code needs no compiling, however little time there is for it.
    let cache = CacheDir::open(&filled.path).unwrap();
    Runtime::new(Some(cache))
        .load(probe(), "probe", &limits(&[("compile-time", "1ms")]))
        .unwrap();
}

#[test]
fn another_stack_is_the_same_code() {
    let filled = Filled::new();
    let cache = CacheDir::open(&filled.path).unwrap();
    let piece = Runtime::new(Some(cache))
        .load_with(probe(), "file", |name| match name {
            "probe" => limits(&[("stack", "64KiB"), ("compile-time", "1ms")]),
            _ => limits(&[("compile-time", "1ms")]),
        })
        .unwrap();
    let error = piece
        .contribute(&request(json!({"what": "recurse"})))
        .unwrap_err()
        .to_string();
    assert!(error.contains("deeper than 64KiB"), "{error}");
    only_entry(&filled.path);
}

#[test]
fn damage_is_seen_and_repaired() {
    let filled = Filled::new();
    let good = fs::read(&filled.entry).unwrap();
    let last = good.len() - 1;
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let damages = [
        ("empty", Vec::new()),
        ("cut", good[..last / 2].to_vec()),
        ("one bit of the code", flipped(last)),
        ("one bit of the mark", flipped(0)),
        ("one bit of the key", flipped(20)),
        ("more", [&good[..], b"!"].concat()),
    ];
    let mut said = Vec::new();
    for (what, bytes) in damages {
        fs::write(&filled.entry, bytes).unwrap();
        said.push(format!("{what}: {}", filled.notes()));
        assert_eq!(filled.notes(), "", "it was repaired");
    }
    insta::assert_snapshot!(said.join("\n"));
}

/// Code that was planted: right in every byte, but of another component.
#[test]
fn another_components_code_is_not_run() {
    let filled = Filled::new();
    let folder = TempDir::new().unwrap();
    let other = folder.path().join("compiled");
    Runtime::new(Some(CacheDir::open(&other).unwrap()))
        .load(&Guest::default().component(), "other", &Limits::default())
        .unwrap();
    fs::copy(only_entry(&other), &filled.entry).unwrap();
    insta::assert_snapshot!(
        filled.notes(),
        @"compiled code in ENTRY was not used: it is of another component or another engine"
    );
}

#[test]
fn files_that_others_could_have_written_are_not_used() {
    let filled = Filled::new();
    let good = fs::read(&filled.entry).unwrap();
    let elsewhere = filled.path.with_file_name("elsewhere");
    let mut said = Vec::new();

    fs::set_permissions(&filled.entry, fs::Permissions::from_mode(0o622)).unwrap();
    said.push(filled.notes());
    assert_eq!(filled.notes(), "", "it was replaced");

    fs::hard_link(&filled.entry, &elsewhere).unwrap();
    said.push(filled.notes());
    assert_eq!(filled.notes(), "");

    fs::write(&elsewhere, &good).unwrap();
    fs::remove_file(&filled.entry).unwrap();
    symlink(&elsewhere, &filled.entry).unwrap();
    said.push(filled.notes());
    assert_eq!(filled.notes(), "");
    assert_eq!(
        fs::read(&elsewhere).unwrap(),
        good,
        "the link was not followed"
    );

    fs::remove_file(&filled.entry).unwrap();
    fs::create_dir(&filled.entry).unwrap();
    said.push(filled.notes());
    fs::remove_dir(&filled.entry).unwrap();

    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn directories_that_others_can_enter_are_not_used() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("compiled");
    let refusal = || {
        CacheDir::open(&path)
            .expect_err("is refused")
            .to_string()
            .replace(&folder.path().display().to_string(), "FOLDER")
    };
    let mut said = Vec::new();
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    said.push(refusal());
    fs::remove_dir(&path).unwrap();
    symlink(folder.path(), &path).unwrap();
    said.push(refusal());
    fs::remove_file(&path).unwrap();
    fs::write(&path, "").unwrap();
    said.push(refusal());
    fs::remove_file(&path).unwrap();
    said.push(
        CacheDir::open("/proc/self/compiled")
            .expect_err("is refused")
            .to_string(),
    );
    insta::assert_snapshot!(said.join("\n"));
}

/// A directory or file of another user; only who may give files away can make one.
#[test]
fn what_belongs_to_others_is_not_used() {
    let filled = Filled::new();
    if std::os::unix::fs::chown(&filled.entry, Some(65_534), None).is_err() {
        return;
    }
    insta::assert_snapshot!(
        filled.notes(),
        @"compiled code in ENTRY was not used: it belongs to user 65534"
    );
    std::os::unix::fs::chown(&filled.path, Some(65_534), None).unwrap();
    let error = CacheDir::open(&filled.path)
        .expect_err("is refused")
        .to_string();
    assert!(
        error.ends_with("belongs to user 65534: use a directory of your own"),
        "{error}"
    );
}

/// Names a cache to a process that this test has started.
const SHARED: &str = "MESHHOST_TEST_SHARED_CACHE";

#[test]
fn several_at_once_are_fine() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("compiled");
    let processes: Vec<_> = (0..3)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "cache::one_of_several_processes", "--quiet"])
                .env(SHARED, &path)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    use_from_several_threads(&path);
    for process in processes {
        let output = process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
    }
    only_entry(&path);
}

/// One of the processes above; by itself it has a cache of its own.
#[test]
fn one_of_several_processes() {
    let folder = TempDir::new().unwrap();
    let own = || folder.path().join("compiled");
    use_from_several_threads(&std::env::var_os(SHARED).map_or_else(own, PathBuf::from));
}

fn use_from_several_threads(path: &Path) {
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..3 {
                    let piece = load(path);
                    assert_eq!(piece.notes(), [""; 0]);
                    piece.contribute(&request(json!({"number": 1}))).unwrap();
                }
            });
        }
    });
}

/// What a killed run left behind goes away; what is just being written stays.
#[test]
fn leftovers_are_removed() {
    let filled = Filled::new();
    let old = filled.path.join(".new-1-1-1");
    let new = filled.path.join(".new-2-2-2");
    fs::write(&old, "half").unwrap();
    fs::write(&new, "half").unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    fs::File::options()
        .append(true)
        .open(&old)
        .and_then(|file| file.set_modified(long_ago))
        .unwrap();
    fs::remove_file(&filled.entry).unwrap();
    assert_eq!(filled.notes(), "");
    assert!(filled.entry.exists() && new.exists() && !old.exists());
}
