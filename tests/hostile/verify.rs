//! `plugin verify` and `render --verify`: a piece that depends on an order that there is none of is found, and it is said
//! where.

use std::process::Command;

use crate::hostile::ANSWER;
use crate::stranger::{ANYTHING, Stranger, object};

/// Returns the first byte of the first key of its settings as the name of an object: the order of keys shows.
fn by_first_key() -> Stranger {
    // Settings are text: `{"first":…`.
    let name = object("v1", "ConfigMap", "istio-system", "stranger-x");
    let at = crate::hostile::FREE + name.find("stranger-x").unwrap() + "stranger-".len();
    Stranger::new("stranger")
        .objects(ANYTHING, &[name])
        .with(|guest| {
            guest.card[3] = r#"{"type":"object","additionalProperties":{"type":"integer"}}"#.to_owned();
            // Every text at a place of its own, as they are looked at this time.
            guest.fields += "(global $next (mut i32) (i32.const 196608))";
            guest.realloc = "(global.get $next)
                (global.set $next (i32.and (i32.const -8)
                    (i32.add (i32.const 15) (i32.add (global.get $next) (local.get 3)))))"
                .to_owned();
            guest.contribute = format!(
                "(i32.store8 (i32.const {at}) (i32.load8_u (i32.add (i32.load offset={SETTINGS} (local.get 0)) (i32.const 2))))
                 (i32.const {ANSWER})"
            );
        })
}

/// Where in the request the address of the settings is: before it are installation, namespace, major, minor and text of
/// the version, served kinds and platform.
const SETTINGS: usize = 48;

/// Amends the first object that it is handed, whichever that is.
fn first_come() -> Stranger {
    Stranger::new("stranger").patches(
        [None, Some("Deployment"), None, None],
        &[(0, r#"{"spec":{"replicas":7}}"#)],
    )
}

fn meshhost(stranger: &Stranger, args: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stranger.wasm");
    std::fs::write(&path, stranger.component()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_meshhost"))
        .current_dir(folder.path())
        .args(args)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[test]
fn an_ordinary_piece_is_the_same_each_time() {
    let stranger = Stranger::new("stranger")
        .objects(ANYTHING, &[object("v1", "ConfigMap", "istio-system", "a")]);
    let (code, said) = meshhost(
        &stranger,
        &["plugin", "verify", "stranger.wasm", "--profile", "minimal"],
    );
    assert_eq!(code, Some(0), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn the_order_of_settings_must_not_show() {
    let set = [
        "--profile",
        "minimal",
        "--set",
        "pieces.stranger.settings.alpha=1",
        "--set",
        "pieces.stranger.settings.omega=2",
    ];
    let (code, said) = meshhost(
        &by_first_key(),
        &[
            &["plugin", "verify", "stranger.wasm", "--runs", "1"],
            &set[..],
        ]
        .concat(),
    );
    assert_eq!(code, Some(1), "{said}");
    insta::assert_snapshot!(said);
    let (code, said) = meshhost(
        &by_first_key(),
        &[
            &["render", "--verify", "--plugin", "stranger.wasm"],
            &set[..],
        ]
        .concat(),
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("ConfigMap istio-system/stranger-") && !said.contains("apiVersion"),
        "{said}"
    );
}

#[test]
fn the_order_of_objects_must_not_show() {
    let args = ["plugin", "verify", "stranger.wasm", "--runs", "1"];
    let (code, said) = meshhost(&first_come(), &args);
    assert_eq!(code, Some(1), "{said}");
    insta::assert_snapshot!(said);
    let (code, said) = meshhost(&first_come(), &[&args[..], &["-o", "json"]].concat());
    assert_eq!(code, Some(1), "{said}");
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["differences"][0]["variation"], "amended-objects");
}

#[test]
fn the_built_in_pieces_are_the_same_each_time() {
    let everything = [
        "--profile",
        "demo",
        "--set",
        "cni.enabled=true",
        "--set",
        "pieces.critical-pods.enabled=true",
        "--set",
        "cni.components.cni.namespace=kube-system",
        "--set",
        "values.gateways.istio-ingressgateway.type=ClusterIP",
    ];
    let (code, said) = meshhost(
        &Stranger::new("stranger"),
        &[
            &["render", "--verify", "--kube-version", "1.16"],
            &everything[..],
        ]
        .concat(),
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("verified: 5 pieces gave the same in "),
        "{said}"
    );
}
