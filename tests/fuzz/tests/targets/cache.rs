//! Entries of the cache of compiled code: whatever stands in one, the piece works, and is not other code.

#![cfg(unix)]

use std::fs;
use std::path::PathBuf;

use meshhost_fuzz::Target;
use meshhost_runtime::{CacheDir, Runtime};
use serde_json::json;

use crate::guests::request;
use crate::harmless;
use crate::hostile::{Guest, limits};

#[test]
fn cache() {
    let folder = tempfile::tempdir().expect("a folder");
    let component = Guest::default().component();
    let fill = |name: &str, component: &[u8]| {
        let path = folder.path().join(name);
        let open = || Runtime::new(Some(CacheDir::open(&path).expect("is the test's own")));
        open()
            .load(component, "guest", &limits(&[]))
            .expect("an ordinary guest");
        let entry = fs::read_dir(&path)
            .expect("is there")
            .next()
            .expect("has one entry");
        (path.clone(), entry.expect("can be read").path())
    };
    let (path, entry): (PathBuf, PathBuf) = fill("compiled", &component);
    let good = fs::read(&entry).expect("is there");
    let other = Guest {
        contribute: "(unreachable)".to_owned(),
        ..Guest::default()
    };
    let (_, others) = fill("other", &other.component());
    let foreign = fs::read(others).expect("is there");
    // A whole entry is larger than an input may be: changes are laid over its first bytes, where the header is.
    let head = |entry: &[u8]| entry[..entry.len().min(4096)].to_vec();
    Target::new(
        "cache",
        &["meshhost-code 1\n", "meshhost-code 2\n", "\u{7f}ELF"],
    )
    .seeds([head(&good), head(&foreign)])
    .run(150, |bytes| {
        let mut content = bytes.to_vec();
        content.extend(good.get(4096..).unwrap_or_default());
        fs::write(&entry, &content).expect("is the test's own");
        let runtime = Runtime::new(Some(CacheDir::open(&path).expect("is the test's own")));
        let piece = runtime
            .load(&component, "guest", &limits(&[]))
            .expect("works with any cache");
        assert_eq!(
            piece.notes().is_empty(),
            content == good,
            "{:?}",
            piece.notes()
        );
        harmless(&piece.notes().join("\n"));
        piece
            .contribute(&request(json!({})))
            .expect("is the guest that was asked for");
        assert_eq!(fs::read(&entry).expect("is there"), good, "it was repaired");
    });
}
