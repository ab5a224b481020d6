//! Bytes that are meant to be a component: refused, or called within its limits.

use meshhost_core::card::Selected;
use meshhost_fuzz::Target;
use meshhost_runtime::{CallError, CallFailure, LoadFailure};
use serde_json::json;

use crate::guests::{load, request};
use crate::harmless;
use crate::hostile::{Guest, limits};

const WORDS: &[&str] = &[
    "\0asm\r\0\x01\0",
    "\0asm\x01\0\0\0",
    "meshhost:piece/describe@0.1.0",
    "meshhost:piece/contribute@0.1.0",
    "wasi:cli/run@0.2.0",
    "memory",
    "cabi_realloc",
    "\x0b",
    "\x00\x01\x02\x03",
    "\u{7f}",
];

#[test]
fn components() {
    let ordinary = Guest::default();
    let sdk_like = Guest {
        fields:
            "(table 3 funcref) (global (mut i32) (i32.const 7)) (func $f (param f64) (result f64)
            (f64.sqrt (local.get 0))) (elem (i32.const 0) $f)"
                .to_owned(),
        ..Guest::default()
    };
    // The corpus is text where a person wrote it, and bytes where something was found.
    let read = |bytes: Vec<u8>| wat::parse_bytes(&bytes).map_or(bytes.clone(), Into::into);
    Target::new("components", WORDS)
        .map(read)
        .seeds([ordinary.component(), sdk_like.component()])
        .run(400, check);
}

fn check(bytes: &[u8]) {
    let quick = limits(&[
        ("time", "200ms"),
        ("memory", "16MiB"),
        ("output", "4MiB"),
        ("compile-memory", "512MiB"),
    ]);
    let piece = match load(bytes, &quick) {
        Ok(piece) => piece,
        Err(error) => {
            assert!(!matches!(error.failure, LoadFailure::Host(_)), "{error}");
            if let LoadFailure::Describe(error) = &error.failure {
                not_the_hosts(error);
            }
            harmless(&error.to_string());
            return;
        }
    };
    let object =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}).to_string();
    let selected = Selected {
        id: 0,
        piece: "other".to_owned(),
        manifest: object.clone(),
    };
    let request = request(json!({}));
    for error in [
        piece.contribute(&request).err(),
        piece.amend(&request, &[selected]).err(),
        piece.assess(&object, &[]).err(),
    ]
    .into_iter()
    .flatten()
    {
        not_the_hosts(&error);
        harmless(&error.to_string());
    }
}

/// The sandbox catches a panic of the host's own and reports it: here that is a failure.
pub(crate) fn not_the_hosts(error: &CallError) {
    assert!(!matches!(error.failure, CallFailure::Host(_)), "{error}");
}
