//! What a person writes: files and flags, down to the settings of each built-in piece.

use std::collections::BTreeMap;

use meshhost_core::profile::Profiles;
use meshhost_core::resolve::Layers;
use meshhost_core::source::{Source, SourceKind};
use meshhost_core::{lock, quote};
use meshhost_fuzz::Target;
use meshhost_piece::{Piece, schema};
use serde_json::Value;

use crate::harmless;

const WORDS: &[&str] = &[
    "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\n",
    "apiVersion: meshhost.dev/v1alpha1\nkind: Installation\n",
    "spec:\n",
    "\n  pieces:\n  - name: cni\n",
    "\n  values:\n    global:\n",
    "---\n",
    "- ",
    ": ",
    "&a ",
    "*a",
    "<<: ",
    "!!binary ",
    "!!float ",
    "0o17",
    "0x1F",
    ".inf",
    "1e3",
    "08",
    "yes",
    "null",
    "\t",
    "|\n",
    ">-\n",
    "\"\\x1b[0m\"",
    "\u{feff}",
    "\u{85}",
    "{a: [",
    "]}",
    "? ",
    "# ",
    "%YAML 1.1\n",
];

#[test]
fn settings() {
    let schemas = schemas();
    Target::new("settings", WORDS).run(100, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let mut layers = Layers::new();
        layers.file("f.yaml", &text);
        resolve(layers, &schemas);
    });
}

const FLAG_WORDS: &[&str] = &[
    ".",
    ",",
    "=",
    "[",
    "]",
    "{",
    "}",
    "\\",
    "[0]",
    "[60000]",
    "[-1]",
    "[name:x]",
    "a.b=1",
    "values.global.",
    "pieces.cni.settings.",
    "profile=demo",
    "null",
    "true",
    "1e9",
    "0x10",
    "99999999999999999999",
    "\"",
    "'",
    " ",
    "\u{0}",
    "\u{1b}",
    "\u{202e}",
    "é",
];

#[test]
fn flags() {
    let schemas = schemas();
    Target::new("flags", FLAG_WORDS).run(100, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for as_text in [false, true] {
            let mut layers = Layers::new();
            if as_text {
                layers.set_string(&text);
            } else {
                layers.set(&text);
            }
            resolve(layers, &schemas);
        }
    });
}

const LOCK_WORDS: &[&str] = &[
    "version: 1\n",
    "version: 2\n",
    "pieces:\n",
    "emits:",
    "abilities:",
    "digest:",
    "sha256:",
    "null",
    "[]",
    "{}",
    "- ",
    "&a ",
    "*a",
    "<<: ",
    "---\n",
    "group: \"\"",
    "host-path:/",
    "\u{1b}",
    "\u{202e}",
];

/// What is read is written so that it is read as the same: an approval that changes on its way would be another approval.
#[test]
fn lock() {
    Target::new("lock", LOCK_WORDS).run(1_000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let source = Source::new(SourceKind::File, lock::FILE_NAME, &*text);
        match lock::read(&source) {
            Err(problems) => harmless(&quote::plain(&problems.to_string())),
            Ok(read) => {
                let written = Source::new(SourceKind::File, lock::FILE_NAME, read.write());
                assert_eq!(
                    lock::read(&written).expect("what was written can be read"),
                    read
                );
            }
        }
    });
}

fn resolve(layers: Layers, schemas: &BTreeMap<String, Value>) {
    let resolved = layers
        .choose(&Profiles::builtin())
        .and_then(|chosen| chosen.resolve(schemas));
    match resolved {
        Ok(resolved) => {
            for problem in &resolved.warnings {
                harmless(&quote::plain(&problem.to_string()));
            }
        }
        // As it is printed: places and values are the person's own.
        Err(problems) => harmless(&quote::plain(&problems.to_string())),
    }
}

fn schemas() -> BTreeMap<String, Value> {
    fn of<P: Piece>() -> (String, Value) {
        let schema = serde_json::from_str(&schema::<P::Settings>()).expect("a schema is JSON");
        (P::describe().name, schema)
    }
    [
        of::<meshhost_piece_control_plane::ControlPlane>(),
        of::<meshhost_piece_cni::CniPlugin>(),
        of::<meshhost_piece_gateway::Gateways>(),
        of::<meshhost_piece_addons::Addons>(),
        of::<meshhost_piece_critical_pods::CriticalPods>(),
    ]
    .into()
}
