use std::ffi::OsStr;
use std::fs;

use super::*;

fn read(wish: &str, path: &Path, limits: &[(&str, &str)]) -> Result<Vec<GrantedFile>, String> {
    let mut all = Limits::default();
    for (name, value) in limits {
        all.set(name, value).unwrap();
    }
    let mut reader = Reader::new("dash", &all);
    reader
        .read(wish, path)
        .map_err(|error| format!("{error}; {}", error.hint()))?;
    Ok(reader.finish())
}

fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    fs::create_dir_all(at("conf/b/c")).unwrap();
    for path in ["conf/z", "conf/b/c/deep", "conf/b-", "conf/.hidden", "one"] {
        fs::write(at(path), path).unwrap();
    }
    folder
}

fn paths(files: &[GrantedFile]) -> Vec<&str> {
    files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn a_folder_is_read_whole_and_sorted() {
    let folder = tree();
    let files = read("w", &folder.path().join("conf"), &[]).unwrap();
    assert_eq!(paths(&files), [".hidden", "b-", "b/c/deep", "z"]);
    assert_eq!(files[2].content, b"conf/b/c/deep");
    assert!(files.iter().all(|file| file.wish == "w"));
    // However the folder is spelled.
    let other = folder.path().join("conf/b/..");
    assert_eq!(read("w", &other, &[]).unwrap(), files);
}

#[test]
fn a_file_goes_by_its_name() {
    let folder = tree();
    let files = read("w", &folder.path().join("one"), &[]).unwrap();
    assert_eq!(paths(&files), ["one"]);
}

#[test]
fn several_wishes_are_sorted_together() {
    let folder = tree();
    let limits = Limits::default();
    let mut reader = Reader::new("dash", &limits);
    reader.read("second", &folder.path().join("one")).unwrap();
    reader.read("first", &folder.path().join("conf/b")).unwrap();
    let files = reader.finish();
    let wishes: Vec<&str> = files.iter().map(|file| file.wish.as_str()).collect();
    assert_eq!(wishes, ["first", "second"]);
}

/// Each case adds something to the tree and grants a path; the answer is shown without the folder's own path.
#[cfg(unix)]
#[test]
fn refuses_what_is_no_plain_file() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    type Case = (fn(&Path), &'static str, &'static str);
    let cases: &[Case] = &[
        (
            |_| (),
            "none",
            "cannot read none: No such file or directory (os error 2); grant a file or a folder that you may read",
        ),
        (
            |at| symlink("/etc", at.join("conf/out")).unwrap(),
            "conf",
            "conf/out is a symbolic link, which is not followed; grant what it points to, or put a copy in its place",
        ),
        (
            |at| symlink("z", at.join("conf/in")).unwrap(),
            "conf",
            "conf/in is a symbolic link, which is not followed; grant what it points to, or put a copy in its place",
        ),
        (
            |at| symlink("..", at.join("conf/b/up")).unwrap(),
            "conf",
            "conf/b/up is a symbolic link, which is not followed; grant what it points to, or put a copy in its place",
        ),
        (
            |at| symlink("conf", at.join("link")).unwrap(),
            "link",
            "link is a symbolic link, which is not followed; grant what it points to, or put a copy in its place",
        ),
        (
            |at| drop(UnixListener::bind(at.join("conf/socket")).unwrap()),
            "conf",
            "conf/socket is neither a file nor a folder; put what the piece needs into a folder of its own",
        ),
        (
            |at| fs::create_dir_all(at.join("empty/deeper")).unwrap(),
            "empty",
            "empty holds no files; grant the folder that the files are in",
        ),
        (
            |at| {
                fs::write(
                    at.join("conf").join(std::ffi::OsStr::from_bytes(b"a\xff")),
                    "",
                )
                .unwrap()
            },
            "conf",
            "the name of \"conf/a\\xFF\" is not UTF-8; rename it",
        ),
    ];
    for (prepare, granted, expected) in cases {
        let folder = tree();
        prepare(folder.path());
        let said = read("w", &folder.path().join(granted), &[]).unwrap_err();
        let own = format!("{}/", folder.path().display());
        assert_eq!(said.replace(&own, ""), *expected);
    }
}

#[test]
fn what_is_too_much_names_the_limit_and_the_flag() {
    let folder = tree();
    for (limit, expected) in [
        (
            ("files", "5"),
            "number of granted files is limited to 5; if it is meant to be, raise the limit: --limit dash.files=10",
        ),
        (
            ("files-size", "30B"),
            "size of all granted files is limited to 30B; if it is meant to be, raise the limit: --limit dash.files-size=60B",
        ),
        (
            ("files-depth", "2"),
            "depth of granted folders is limited to 2; if it is meant to be, raise the limit: --limit dash.files-depth=4",
        ),
    ] {
        let said = read("w", &folder.path().join("conf"), &[limit]).unwrap_err();
        assert!(said.ends_with(expected), "{said}");
    }
    // Just enough: four files in two folders, 38 bytes, three deep.
    let enough = [("files", "6"), ("files-size", "38B"), ("files-depth", "3")];
    assert_eq!(
        read("w", &folder.path().join("conf"), &enough)
            .unwrap()
            .len(),
        4
    );
}

/// `/dev` of every Linux has a mount of its own in `/dev/shm`, or is one itself below `/`.
#[cfg(target_os = "linux")]
#[test]
fn another_mount_is_told_apart() {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let inner = mounts
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .find(|path| {
            Path::new(path)
                .parent()
                .is_some_and(|p| p.file_name().is_some())
        })
        .expect("something is mounted below another folder");
    let (parent, name) = (
        Path::new(inner).parent().unwrap(),
        Path::new(inner).file_name().unwrap(),
    );
    let dir = Dir::open_ambient_dir(parent, ambient_authority()).unwrap();
    let outer = Mount::of_open(&dir).unwrap();
    assert_ne!(Mount::of(&dir, name).unwrap(), outer, "{inner}");
    let folder = tree();
    let dir = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
    assert_eq!(
        Mount::of(&dir, OsStr::new("conf")).unwrap(),
        Mount::of_open(&dir).unwrap()
    );
}
