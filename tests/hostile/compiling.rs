//! Compiling in a child process: what cannot be compiled within its limits is ended, not only given up.

use std::path::PathBuf;

use meshhost_runtime::{CacheDir, Compiler, Limits, LoadError, Piece, Runtime};
use serde_json::json;

use crate::guests::request;
use crate::hostile::{Guest, limits};

/// The program as it is installed.
fn compiler() -> Compiler {
    Compiler::new(env!("CARGO_BIN_EXE_meshhost"), ["compile-piece".into()])
}

fn load(runtime: &Runtime, guest: &Guest, limits: &Limits) -> Result<Piece, LoadError> {
    runtime.load(&guest.component(), "guest", limits)
}

/// Loops within each other: a gigabyte from a few kilobytes.
fn bomb() -> Guest {
    Guest {
        fields: format!(
            "(func (param i32) (result i32) {} local.get 0 {})",
            "loop (result i32) ".repeat(10_000),
            "end ".repeat(10_000)
        ),
        ..Guest::default()
    }
}

/// Processes that this one has started and that are still there.
fn children() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks
        .map(|task| {
            std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default()
        })
        .map(|children| children.split_whitespace().count())
        .sum()
}

/// One test, as it looks at the processes that it has started.
#[test]
#[cfg(target_os = "linux")]
fn what_is_too_much_is_ended() {
    let runtime = Runtime::new(None).compiling_with(compiler());
    let said = [("compile-memory", "64MiB"), ("compile-time", "50ms")].map(|limit| {
        let error = load(&runtime, &bomb(), &limits(&[limit])).expect_err("is a bomb");
        assert_eq!(children(), 0, "the child is gone");
        error.to_string()
    });
    insta::assert_snapshot!(said.join("\n"));
    // The same runtime goes on.
    load(&runtime, &Guest::default(), &limits(&[])).unwrap();
}

#[test]
fn what_is_compiled_there_runs_here() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("compiled");
    let guest = Guest::default();
    for _ in 0..2 {
        let cache = CacheDir::open(&path).unwrap();
        let runtime = Runtime::new(Some(cache)).compiling_with(compiler());
        let piece = load(&runtime, &guest, &limits(&[("stack", "128KiB")])).unwrap();
        assert_eq!(piece.notes(), [""; 0]);
        piece.contribute(&request(json!({}))).unwrap();
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1);
    }
    // What was kept is taken: there is no compiler any more.
    let nobody = Compiler::new("/nonexistent", []);
    let runtime = Runtime::new(Some(CacheDir::open(&path).unwrap())).compiling_with(nobody);
    let piece = load(&runtime, &guest, &limits(&[])).unwrap();
    assert_eq!(piece.notes(), [""; 0]);
}

#[test]
fn what_is_not_valid_is_said_as_ever() {
    let guest = Guest {
        fields: "(func (result i32))".to_owned(),
        ..Guest::default()
    };
    let here = load(&Runtime::new(None), &guest, &limits(&[])).expect_err("is not valid");
    let there = Runtime::new(None).compiling_with(compiler());
    let there = load(&there, &guest, &limits(&[])).expect_err("is not valid");
    assert_eq!(here.to_string(), there.to_string());
}

/// Without a child it is compiled in this process, and that is said.
#[test]
fn without_a_program_it_is_compiled_here() {
    let runtime = Runtime::new(None).compiling_with(Compiler::new("/nonexistent/meshhost", []));
    let piece = load(&runtime, &Guest::default(), &limits(&[])).unwrap();
    insta::assert_snapshot!(
        piece.notes().join("\n"),
        @"compiled in this process, as no child process could be started: No such file or directory (os error 2)"
    );
}

/// A program that is another one is not taken at its word.
#[test]
#[cfg(unix)]
fn what_another_program_says_is_not_run() {
    let said = |program: &str, args: &[&str]| {
        let compiler = Compiler::new(PathBuf::from(program), args.iter().map(Into::into));
        let runtime = Runtime::new(None).compiling_with(compiler);
        let error = load(&runtime, &Guest::default(), &limits(&[])).expect_err("is no compiler");
        error.to_string()
    };
    insta::assert_snapshot!(
        [
            said("/bin/sh", &["-c", "echo nonsense"]),
            said("/bin/sh", &["-c", "printf c"]),
            said("/bin/sh", &["-c", "true"]),
            said("/bin/sh", &["-c", "printf '\\033[2J' >&2; exit 3"]),
            said("/bin/sh", &["-c", "kill -9 $$"]),
            said("/bin/sh", &["-c", "kill -XCPU $$"]),
        ]
        .join("\n")
    );
}
