//! What a guest left in its memory as the answer: lifted, counted, made harmless, and combined.

use meshhost_core::card::{GrantedFile, Selected};
use meshhost_fuzz::Target;
use serde_json::json;

use crate::bundles::through;
use crate::components::not_the_hosts;
use crate::guests::request;
use crate::harmless;
use crate::hostile::{ANSWER, Guest, pair};

/// Bytes that the guest answers with. No other text or list that the host hands over has as many.
const SIZE: usize = 6007;

#[test]
fn answers() {
    // The file that it is handed is put where its answer is expected.
    let guest = Guest {
        realloc: format!(
            "(if (result i32) (i32.eq (local.get 3) (i32.const {SIZE}))
                (then (i32.const {ANSWER})) (else (i32.const 196608)))"
        ),
        ..Guest::default()
    };
    let piece = guest
        .load(&[("time", "2s"), ("output", "4MiB")])
        .expect("an ordinary guest");
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}});
    let selected = [Selected {
        id: 0,
        piece: "other".to_owned(),
        manifest: object.to_string(),
    }];
    let read = |bytes: Vec<u8>| wat::parse_bytes(&bytes).map_or(bytes.clone(), Into::into);
    Target::new(
        "answers",
        &[
            "{}",
            "\0\0\0\0",
            "\u{1b}[2J",
            "{\"metadata\":{\"name\":\"a\"}}",
        ],
    )
    .map(read)
    .seeds([contribution(), rejection(), fault(), amendments()])
    .run(2_000, |bytes| {
        let mut content = bytes.to_vec();
        content.resize(SIZE, 0);
        let mut request = request(json!({}));
        request.files.push(GrantedFile {
            wish: "answer".to_owned(),
            path: "answer".to_owned(),
            content,
        });
        let contribution = piece.contribute(&request);
        let amendments = piece.amend(&request, &selected);
        for error in [contribution.as_ref().err(), amendments.as_ref().err()]
            .into_iter()
            .flatten()
        {
            not_the_hosts(error);
            harmless(&error.to_string());
        }
        if let Ok(contribution) = contribution {
            for diagnostic in &contribution.diagnostics {
                harmless(&diagnostic.message);
            }
            for note in &contribution.notes {
                harmless(note);
            }
            through(contribution, amendments.unwrap_or_default());
        }
    });
}

/// A record at the start, and what it points to behind it.
struct Memory {
    bytes: Vec<u8>,
    free: usize,
}

impl Memory {
    fn new() -> Self {
        Self {
            bytes: vec![0; SIZE],
            free: 64,
        }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Where it is, as a pair of address and length.
    fn keep(&mut self, bytes: &[u8], count: usize) -> Vec<u8> {
        let at = self.free.next_multiple_of(4);
        self.put(at, bytes);
        self.free = at + bytes.len();
        pair(ANSWER + at, count)
    }

    fn text(&mut self, text: &str) -> Vec<u8> {
        self.keep(text.as_bytes(), text.len())
    }

    fn selector(&mut self, kind: &str) -> Vec<u8> {
        let kind = self.text(kind);
        let absent = [0; 12];
        [&absent[..], &[1, 0, 0, 0], &kind, &absent, &absent].concat()
    }

    fn diagnostics(&mut self) -> Vec<u8> {
        let (path, message) = (self.text("a.b"), self.text("take care\u{7}"));
        let record = [&[1, 0, 0, 0, 1, 0, 0, 0][..], &path, &message].concat();
        self.keep(&record, 1)
    }
}

fn contribution() -> Vec<u8> {
    let mut memory = Memory::new();
    let objects: Vec<Vec<u8>> = ["ConfigMap", "Secret"]
        .map(|kind| {
            memory.text(
                &json!({
                    "apiVersion": "v1", "kind": kind,
                    "metadata": {"name": "a", "namespace": "b", "labels": {"c": "d"}}, "data": {"e": "f"},
                })
                .to_string(),
            )
        })
        .into();
    let objects = memory.keep(&objects.concat(), 2);
    let rule = [memory.selector("ConfigMap"), memory.selector("Secret")].concat();
    let rules = memory.keep(&rule, 1);
    let diagnostics = memory.diagnostics();
    let note = memory.text("look\nat it");
    let notes = memory.keep(&note, 1);
    let manifest = memory.text(
        &json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}}).to_string(),
    );
    let (on, delete) = (memory.keep(&[0, 8], 2), memory.keep(&[1], 1));
    let weight = (-5_i32).to_le_bytes();
    let hooks = memory.keep(&[&manifest[..], &on, &weight, &delete].concat(), 1);
    let lists = [
        objects,
        rules.clone(),
        rules,
        diagnostics,
        notes,
        hooks,
        vec![1],
    ];
    memory.put(4, &lists.concat());
    memory.bytes
}

fn amendments() -> Vec<u8> {
    let mut memory = Memory::new();
    let patch = memory.text(&json!({"metadata": {"labels": {"a": "b"}}, "data": null}).to_string());
    let changes = memory.keep(&[&[0; 4][..], &patch].concat(), 1);
    let diagnostics = memory.diagnostics();
    memory.put(4, &[changes, diagnostics].concat());
    memory.bytes
}

fn rejection() -> Vec<u8> {
    let mut memory = Memory::new();
    let (path, message) = (memory.text("a"), memory.text("is wrong"));
    let hint = memory.text("do better");
    let problem = [&path[..], &message, &[1, 0, 0, 0], &hint].concat();
    let problems = memory.keep(&problem, 1);
    memory.put(0, &[&[1, 0, 0, 0, 0, 0, 0, 0][..], &problems].concat());
    memory.bytes
}

fn fault() -> Vec<u8> {
    let mut memory = Memory::new();
    let message = memory.text("lost the thread");
    memory.put(0, &[&[1, 0, 0, 0, 1, 0, 0, 0][..], &message].concat());
    memory.bytes
}
