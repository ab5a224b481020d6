//! `k8s.overlays`: paths of istioctl's language into objects.

use meshhost_fuzz::Target;
use meshhost_istio::component::{Overlay, Patch};
use meshhost_istio::overlay::{apply, path::Path};
use meshhost_piece::json;

use crate::harmless;

const WORDS: &[&str] = &[
    ".",
    "\\.",
    "\\:",
    "[",
    "]",
    "[]",
    "[0]",
    "[1]",
    "[-1]",
    "[99999999999999999999]",
    "[name:a]",
    "[a:b:c]",
    "[(a+)+$]",
    "[.*]",
    "[\\d{1000}]",
    "[^]",
    "*",
    "spec",
    "containers",
    "é",
    "\u{1b}",
    " ",
];

#[test]
fn overlays() {
    Target::new("overlays", WORDS).run(4_000, |bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        if let Err(reason) = Path::parse(&text) {
            assert!(reason.len() < 1 << 20);
        }
        for value in [json!(null), json!({"a": 1}), json!([1])] {
            let mut objects = [json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "b"},
                "spec": {"template": {"spec": {"containers": [
                    {"name": "a", "args": ["x", "y=1"], "env": [{"name": "a", "value": "b"}]}, {"name": "b"}, 3,
                ]}}},
            })];
            let overlay = Overlay {
                kind: "Deployment".to_owned(),
                name: "a".to_owned(),
                api_version: None,
                patches: vec![Patch {
                    path: text.clone(),
                    value,
                }],
            };
            if let Err(problems) = apply(&mut objects, &[overlay], "b", "components.pilot.k8s") {
                for problem in problems {
                    // The host escapes what a piece says; here it must only end.
                    harmless(&problem.message.escape_debug().to_string());
                }
            }
        }
    });
}
