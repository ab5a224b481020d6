//! What is refused before any code runs: what is no component, what imports, what is no piece, what is made to blow up.

use std::fmt::Write as _;

use crate::guests::{load, probe};
use crate::hostile::{FREE, Guest, data, limits, pair};

fn refusal(bytes: &[u8]) -> String {
    load(bytes, &limits(&[]))
        .expect_err("is refused")
        .to_string()
}

fn text(component: &str) -> String {
    refusal(&wat::parse_str(component).expect("the test's own text is right"))
}

#[test]
fn what_is_no_component() {
    insta::assert_snapshot!(
        [
            refusal(b""),
            refusal(b"#!/bin/sh\nexit 0\n"),
            refusal(b"(component)"),
            refusal(b"\x1f\x8b\x08\0\0"),
            refusal(b"\0asm"),
            refusal(b"\0asm\x02\0\0\0"),
            refusal(b"\0asm\x0d\0\x01\0\xff\x01\0"),
            text("(module)"),
            text("(component)"),
            text(r#"(component (instance $i) (export "wasi:cli/run@0.2.0" (instance $i)))"#),
        ]
        .join("\n")
    );
}

/// Wherever a download ends: always an error, never a panic, and nearly always before anything is compiled.
#[test]
fn what_is_cut_short() {
    let probe = probe();
    for end in (0..200).chain((200..probe.len()).step_by(4099)) {
        let error = refusal(&probe[..end]);
        assert!(
            error.contains("is not a WebAssembly component: ")
                || error.contains("does not export meshhost:piece/describe"),
            "at {end}: {error}"
        );
    }
}

/// Damaged bytes are refused, or do whatever they now say, within the limits; the host stands.
#[test]
fn what_is_damaged() {
    let guest = Guest::default().component();
    let quick = limits(&[("time", "100ms"), ("memory", "16MiB")]);
    let (mut refused, mut tried) = (0, 0);
    for at in (8..guest.len()).step_by(5) {
        let mut damaged = guest.clone();
        damaged[at] ^= 0x55;
        tried += 1;
        refused += usize::from(load(&damaged, &quick).is_err());
    }
    // Bytes of names and texts may be anything.
    assert!(refused > tried / 3, "{refused} of {tried}");
}

#[test]
fn what_imports() {
    let imports: String = [
        "wasi:cli/environment@0.2.6",
        "wasi:clocks/wall-clock@0.2.6",
        "wasi:filesystem/preopens@0.2.6",
        "wasi:random/random@0.2.6",
        "wasi:sockets/tcp@0.2.6",
        "wasi:http/outgoing-handler@0.2.6",
    ]
    .map(|name| format!(r#"(import "{name}" (instance (export "f" (func))))"#))
    .concat();
    insta::assert_snapshot!(
        [
            text(&format!("(component {imports})")),
            text(r#"(component (import "run" (func)))"#),
            text(r#"(component (import "m" (core module)))"#),
            text(r#"(component (import "c" (component)))"#),
            text(r#"(component (import "t" (type (sub resource))))"#),
            text(r#"(component (import "acme:a/b@1.0.0" (instance (export "t" (type (sub resource))))))"#),
            text(r#"(component (import "acme:a/c@1.0.0" (instance (export "i" (instance (export "f" (func)))))))"#),
        ]
        .join("\n")
    );
}

/// Each by itself: whatever a WASI release or proposal offers is refused by its name before anything is compiled.
#[test]
fn every_wasi_interface() {
    for (package, interfaces) in [
        (
            "cli",
            "environment exit run stdin stdout stderr terminal-input terminal-output terminal-stdin terminal-stdout \
            terminal-stderr",
        ),
        (
            "clocks",
            "monotonic-clock wall-clock timezone system-clock types",
        ),
        ("filesystem", "types preopens"),
        ("io", "error poll streams"),
        ("random", "random insecure insecure-seed"),
        (
            "sockets",
            "network instance-network ip-name-lookup tcp tcp-create-socket udp udp-create-socket",
        ),
        (
            "http",
            "types outgoing-handler incoming-handler client handler",
        ),
        ("config", "store runtime"),
        ("keyvalue", "store atomics batch"),
        ("blobstore", "blobstore container types"),
        ("messaging", "producer consumer types"),
        ("logging", "logging"),
        ("nn", "graph inference tensor errors"),
        ("tls", "types client"),
        ("threads", "threads"),
        ("webgpu", "webgpu"),
    ] {
        for interface in interfaces.split_whitespace() {
            for version in ["", "@0.2.0", "@0.2.6", "@0.3.0"] {
                let name = format!("wasi:{package}/{interface}{version}");
                for item in [
                    r#"(export "f" (func))"#,
                    r#"(export "r" (type (sub resource)))"#,
                ] {
                    let error = text(&format!(
                        r#"(component (import "{name}" (instance {item})))"#
                    ));
                    assert!(
                        error.starts_with("piece guest: asks for what no piece gets")
                            && error.contains(&format!("\n  {name}\n")),
                        "{error}"
                    );
                }
            }
        }
    }
}

/// An interface that is exported uses the types of another, which then stands among the imports, without any function.
#[test]
fn types_alone_are_no_import() {
    let error = text(
        r#"(component (import "meshhost:piece/types@0.1.0" (instance
            (type $r (record (field "a" u32))) (export "request" (type (eq $r))))))"#,
    );
    assert!(error.contains("does not export"), "{error}");
}

#[test]
fn what_speaks_another_contract() {
    let describe = |name: &str| {
        text(&format!(
            r#"(component (instance $i) (export "{name}" (instance $i)))"#
        ))
    };
    let other_types = Guest {
        wit: Some(
            "package meshhost:piece@0.1.0;
            interface describe { describe: func() -> string; }
            interface contribute { record request { name: string } contribute: func() -> u32; }
            interface amend { amend: func() -> u32; }
            interface assess { assess: func() -> u32; }
            world piece { export describe; }",
        ),
        ..Guest::default()
    };
    insta::assert_snapshot!(
        [
            describe("meshhost:piece/describe@0.2.0"),
            describe("meshhost:piece/describe@1.0.0"),
            describe("meshhost:piece/describe@0.1.0-draft.1"),
            describe("meshhost:piece/contribute@0.1.0"),
            describe("meshhost:piece/describe@0.1.0"),
            other_types.said(&[]),
        ]
        .join("\n")
    );
}

#[test]
fn what_blows_up() {
    // Each level is made of the one before, twice: 2^40 instances.
    let mut doubled =
        "(component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for level in 1..=40 {
        let below = level - 1;
        let _ = write!(
            doubled,
            "(component $c{level}
                (alias outer 1 $c{below} (component $below))
                (instance (instantiate $below)) (instance (instantiate $below)))"
        );
    }
    let doubled = format!("(component {doubled} (instance (instantiate $c40)))");
    // The same by nesting instead of by names.
    let nested = (0..40).fold(String::new(), |inner, _| {
        format!("(component $in {inner}) (instance (instantiate $in)) (instance (instantiate $in))")
    });
    let handed = r#"(component
        (component $c (import "x" (component $x)) (instance (instantiate $x)))
        (component $y)
        (instance (instantiate $c (with "x" (component $y)))))"#;
    let many = format!("(component (core module {}))", "(func)".repeat(400_001));
    let large = format!(
        "(component (core module (func {})))",
        "(drop (i64.const 9223372036854775807))".repeat(400_000)
    );
    insta::assert_snapshot!(
        [
            text(&doubled),
            text(&format!("(component {nested})")),
            text(handed),
            text(&many),
            text(&large),
            refusal(&nested_deep(5_000)),
        ]
        .join("\n")
    );
}

/// A component in a component in a component; the text format has an end to this.
fn nested_deep(levels: usize) -> Vec<u8> {
    const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";
    const COMPONENT_SECTION: u8 = 4;
    (0..levels).fold(PREAMBLE.to_vec(), |inner, _| {
        // Five bytes of LEB128 hold any length.
        let length = inner.len();
        let mut leb: Vec<u8> = (0..5)
            .map(|byte| (length >> (7 * byte) & 0x7f) as u8 | 0x80)
            .collect();
        leb[4] &= 0x7f;
        [PREAMBLE, &[COMPONENT_SECTION], &leb, &inner].concat()
    })
}

/// Nothing is refused for being made of several components.
#[test]
fn what_is_only_composed() {
    let guest = Guest::default().component();
    let nested = nested_deep(40);
    let composed = [&guest[..], &nested[8..]].concat();
    load(&composed, &limits(&[])).expect("40 levels are fine");
}

/// A function with this between `open`s and `close`s.
fn nested_code(deep: usize, open: &str, inner: &str, close: &str) -> Guest {
    Guest {
        fields: format!(
            "(func (param i32) (result i32) {}{inner}{})",
            open.repeat(deep),
            close.repeat(deep)
        ),
        ..Guest::default()
    }
}

/// Code that is as deep as it is long: a compiler that recursed over it would end the process.
#[test]
fn what_is_nested_in_code() {
    for (deep, open, inner, close) in [
        (1_000, "loop (result i32) ", "local.get 0 ", "end "),
        (5_000, "block (result i32) ", "local.get 0 ", "end "),
        (50_000, "local.get 0 ", "local.get 0 ", "i32.add "),
        (50_000, "", "local.get 0 ", "i32.const 3 i32.mul i32.load "),
        (
            50_000,
            "local.get 0 local.get 0 ",
            "local.get 0 ",
            "select ",
        ),
    ] {
        let guest = nested_code(deep, open, inner, close);
        assert_eq!(guest.said(&[]), "0 objects", "{open}{close}");
    }
}

/// Asks a process that this test has started to load the bomb: what is compiling goes on growing until it ends.
const BOMB: &str = "MESHHOST_TEST_COMPILER_BOMB";

#[test]
#[cfg(target_os = "linux")]
fn what_makes_the_compiler_grow() {
    let output = std::process::Command::new(std::env::current_exe().expect("is known"))
        .args(["--exact", "components::the_compiler_bomb", "--nocapture"])
        .env(BOMB, "yes")
        .output()
        .expect("the test can be started again");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains(
            "guest: the component needs more than 64MiB of memory to compile; if it is meant to, raise the limit: \
             --limit guest.compile-memory=128MiB"
        ),
        "{said}"
    );
}

/// The process above. By itself it loads what is no bomb with the same limit.
#[test]
fn the_compiler_bomb() {
    let bomb = std::env::var_os(BOMB).is_some();
    let deep = if bomb { 10_000 } else { 10 };
    let guest = nested_code(deep, "loop (result i32) ", "local.get 0 ", "end ");
    if bomb {
        println!("{}", guest.said(&[("compile-memory", "64MiB")]));
        std::process::exit(0);
    }
    assert_eq!(guest.said(&[("compile-memory", "1GiB")]), "0 objects");
}

/// What this engine does not offer, however harmless the rest is.
#[test]
fn what_needs_more_than_plain_webassembly() {
    let said = [
        ("64-bit memory", "(memory i64 1)"),
        ("shared memory", "(memory 1 1 shared)"),
        ("garbage collection", "(type (struct (field i32)))"),
        ("nonsense", "(func (result i32))"),
    ]
    .map(|(what, fields)| {
        let said = Guest::default();
        let guest = Guest {
            fields: fields.to_owned(),
            ..said
        };
        let said = load(&guest.component(), &limits(&[])).expect_err("is refused");
        format!("{what}: {said}")
    });
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn what_describes_itself_wrongly() {
    let card = |field: usize, text: &str| {
        let mut guest = Guest::default();
        text.clone_into(&mut guest.card[field]);
        guest.said(&[])
    };
    insta::assert_snapshot!(
        [
            card(0, "../../etc"),
            card(0, "\u{1b}[31mroot"),
            card(0, ""),
            card(1, "one"),
            card(3, "{"),
            card(3, "[]"),
            card(3, r#"{"type":"object","type":"string"}"#),
            card(3, r#"{"type":"string"}"#),
            card(
                3,
                r#"{"type":"object","properties":{"a":{"$ref":"https://example.com/s.json"}}}"#
            ),
            card(3, &format!("{}{}", "[".repeat(300), "]".repeat(300))),
            card(
                3,
                &format!(r#"{{"type":"object","title":"{}"}}"#, "x".repeat(5000))
            ),
        ]
        .join("\n")
    );
}

/// Numbers in a card that are out of all proportion, and selectors that could mean anything.
#[test]
fn what_describes_itself_at_length() {
    let lists = |list: usize, length: u32| {
        let mut guest = Guest::default();
        // Zeros: empty names, absent fields.
        guest.lists[list] = (length, 65_536);
        guest.said(&[])
    };
    insta::assert_snapshot!(
        [
            lists(0, 2),
            lists(0, 2_000),
            lists(1, 1),
            lists(1, 2_000),
            lists(4, 1),
            lists(4, 2_000),
            lists(4, u32::MAX),
        ]
        .join("\n")
    );
}

#[test]
fn what_emits_what_cannot_be() {
    // Four optional texts: group, kind, namespace, name.
    let selector = |fields: [Option<&str>; 4]| {
        let mut record = Vec::new();
        let mut texts = String::new();
        for field in fields {
            record.extend([u8::from(field.is_some()), 0, 0, 0]);
            record.extend(pair(FREE + 48 + texts.len(), field.map_or(0, str::len)));
            texts.push_str(field.unwrap_or_default());
        }
        let mut guest = Guest {
            fields: data(FREE, &record) + &data(FREE + 48, texts.as_bytes()),
            ..Guest::default()
        };
        guest.lists[1] = (1, u32::try_from(FREE).unwrap());
        guest.said(&[])
    };
    insta::assert_snapshot!(
        [
            selector([
                Some("apps"),
                Some("Deployment"),
                Some("istio-system"),
                Some("istio-*")
            ]),
            selector([Some(""), None, Some(""), Some("*")]),
            selector([Some("Apps"), None, None, None]),
            selector([Some("apps/v1"), None, None, None]),
            selector([None, Some("config maps"), None, None]),
            selector([None, Some(""), None, None]),
            selector([None, None, Some("*"), None]),
            selector([None, None, Some("a/../b"), None]),
            selector([None, None, None, Some("")]),
            selector([None, None, None, Some("a*b")]),
            selector([None, None, None, Some("**")]),
            selector([None, None, None, Some("a\u{1b}[0m")]),
        ]
        .join("\n")
    );
}
