//! What an author is told about a module that cannot be packed.

use meshhost_pack::{PackError, pack};

fn error(module: &str) -> String {
    let module = wat::parse_str(module).expect("the test's own text is right");
    pack(&module).expect_err("is refused").to_string()
}

#[test]
fn not_webassembly() {
    for bytes in [
        &b""[..],
        b"MZ",
        b"\0asm",
        b"\0asm\x01\0\0\0\xff",
        b"\0asm\x09\0\0\0",
    ] {
        let error = pack(bytes).expect_err("is refused");
        assert!(matches!(error, PackError::NotWasm(_)), "{error}");
    }
}

#[test]
fn a_component() {
    assert_eq!(
        error("(component)"),
        "is a component already: use it as it is"
    );
}

#[test]
fn not_of_the_sdk() {
    assert!(error("(module)").starts_with("has no `component-type` section"));
}

#[test]
fn types_that_are_nonsense() {
    let error = error(r#"(module (@custom "component-type:x" "nonsense"))"#);
    assert!(error.starts_with("cannot be made a component: "), "{error}");
}

#[test]
fn imports() {
    insta::assert_snapshot!(error(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func))
            (import "wasi_snapshot_preview1" "clock_time_get" (func))
            (import "env" "memory" (memory 1)))"#
    ), @r#"
    imports what no piece may have, as a piece imports nothing:
      env: memory (a memory)
        a function was declared (`extern "C"`) that nothing defines: a dependency needs a C library, or a `#[no_mangle]` function is missing
      wasi_snapshot_preview1: clock_time_get, fd_write
        the module was built for wasm32-wasip1: build it with `--target wasm32-unknown-unknown`, or, if it is Go, with `-buildmode=c-shared` and the SDK for Go
    "#);
}
