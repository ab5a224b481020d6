//! The piece itself: what it is, and that the sandbox holds it.

use std::sync::LazyLock;

use meshhost_core::card::{GrantedFile, Once, Outcome, Request};
use meshhost_core::release;
use meshhost_runtime::{CacheDir, CallError, Limits, Piece, Runtime};
use serde_json::json;

use crate::imports;

/// Compiled once, in the cache that the binary uses too.
pub(crate) static PIECE: LazyLock<Piece> = LazyLock::new(|| {
    let folders = directories::ProjectDirs::from("dev", "meshhost", "meshhost").unwrap();
    let cache = CacheDir::open(folders.cache_dir().join("compiled")).unwrap();
    let component = meshhost_builtin::named("injection").unwrap().component();
    Runtime::new(Some(cache))
        .load(&component, "injection", &Limits::default())
        .unwrap()
});

/// Lets the piece inject one object with a template, values and a mesh configuration.
pub(crate) fn inject(
    template: &str,
    values: &str,
    mesh: &str,
    object: &str,
) -> Result<Outcome, CallError> {
    run(&PIECE, template, values, mesh, object)
}

fn run(
    piece: &Piece,
    template: &str,
    values: &str,
    mesh: &str,
    object: &str,
) -> Result<Outcome, CallError> {
    let config = json!({ "policy": "enabled", "template": template }).to_string();
    let file = |wish: &str, text: &str| GrantedFile {
        wish: wish.to_owned(),
        path: wish.to_owned(),
        content: text.as_bytes().to_vec(),
    };
    let request = Request {
        installation: "default".to_owned(),
        namespace: "istio-system".to_owned(),
        facts: release::facts(release::NEWEST).unwrap(),
        settings: json!({}),
        files: vec![
            file("config", &config),
            file("mesh", mesh),
            file("values", values),
        ],
        once: Once {
            seed: [7; 32],
            time: 1_577_836_800,
        },
    };
    let mut outcomes = piece.inject(&request, &[object.to_owned()])?;
    assert_eq!(outcomes.len(), 1);
    Ok(outcomes.remove(0))
}

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"a"}]}}"#;

#[test]
fn it_imports_nothing() {
    let component = meshhost_builtin::named("injection").unwrap().component();
    imports::there_are_none(&component);
    assert!(PIECE.injects() && !PIECE.contributes() && !PIECE.amends());
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    let template = "{{ define \"x\" }}{{ range $k, $v := .Values }}- {name: {{ $k }}}\n{{ end }}{{ end }}containers:\n{{ template \"x\" . }}";
    let values = r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7}"#;
    let once = inject(template, values, "{}", POD).unwrap();
    assert!(once.injected.is_some(), "{once:?}");
    for _ in 0..3 {
        assert_eq!(once, inject(template, values, "{}", POD).unwrap());
    }
}

#[test]
fn hostile_templates_end_inside_the_limits() {
    let mut piece = PIECE.clone();
    piece.set_limits(|limits| limits.set("time", "2s").unwrap());
    for (template, why) in [
        (
            "{{ define \"x\" }}{{ template \"x\" }}{{ end }}{{ template \"x\" }}",
            "the template does not work",
        ),
        ("{{ range 1000000000000 }}{{ end }}", "took longer than 2s"),
        (
            "{{ define \"x\" }}{{ $y := printf \"%s%s\" . . }}{{ template \"x\" $y }}{{ end }}{{ template \"x\" \"aaaaaaaa\" }}",
            "of memory",
        ),
    ] {
        let said = match run(&piece, template, "{}", "{}", POD) {
            Ok(outcome) => outcome
                .problems
                .iter()
                .map(|problem| problem.message.clone())
                .collect(),
            Err(error) => error.to_string(),
        };
        assert!(said.contains(why), "{template}: {said}");
    }
}

#[test]
fn a_mesh_that_makes_no_sense_is_refused() {
    for (values, mesh, why) in [
        ("{", "{}", "values"),
        ("[]", "{}", "values"),
        ("{}", "proxyListenPort: 70000", "from 1 to 65535"),
        (
            "{}",
            "defaultConfig: {connectTimeout: 0.0001s}",
            "connectTimeout",
        ),
        (
            "{}",
            "defaultConfig: {discoveryAddress: pilot}",
            "HOST:PORT",
        ),
        ("{}", "defaultConfig: 7", "mesh"),
    ] {
        let error = inject("", values, mesh, POD).unwrap_err().to_string();
        assert!(error.contains("refused") && error.contains(why), "{error}");
    }
    // What a later release has added is no mistake.
    let added = inject("containers: []", "{}", "{addedLater: true}", POD).unwrap();
    assert!(added.injected.is_some());
}
