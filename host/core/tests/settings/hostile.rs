//! Input made to hurt: large, deep, repeating, or plain noise. It is refused, quickly, and nothing panics.

use std::sync::Arc;

use meshhost_core::set_flag;
use meshhost_core::source::{Source, SourceKind};
use meshhost_core::yaml;
use proptest::prelude::*;
use serde_json::Value;

use crate::{Layers, layers, resolve};

fn refused(text: &str) -> String {
    let mut layers = Layers::new();
    layers.file("f.yaml", text);
    let problems = resolve(layers).expect_err("is refused");
    problems.to_string()
}

#[test]
fn files_that_blow_up() {
    let laughs: String = (1..30)
        .map(|level| {
            let all = vec![format!("*a{}", level - 1); 9].join(", ");
            format!("a{level}: &a{level} [{all}]\n")
        })
        .collect();
    let merges: String = (1..40)
        .map(|level| {
            format!(
                "m{level}: &m{level}\n  <<: [*m{0}, *m{0}]\n  k{level}: [*m{0}, *m{0}]\n",
                level - 1
            )
        })
        .collect();
    let deep_block: String = (0..3000)
        .map(|level| format!("{}a:\n", " ".repeat(level)))
        .collect();
    for (what, text) in [
        ("a billion laughs", format!("a0: &a0 [x, x, x]\n{laughs}")),
        ("merges of merges", format!("m0: &m0 {{k: v}}\n{merges}")),
        ("itself", "a: &a [*a]\n".to_owned()),
        ("deep lists", "[".repeat(200_000)),
        (
            "deep lists, closed",
            format!("{}{}", "[".repeat(5000), "]".repeat(5000)),
        ),
        ("deep maps", "{a: ".repeat(20_000)),
        ("deep block", deep_block),
        ("deep dashes", "- ".repeat(100_000)),
        ("documents", "---\na: 1\n".repeat(60_000)),
        ("one long line", "x".repeat(65 << 20)),
        ("noise", "\u{1}\u{2}%&*!|>'\"`@{}[],#?:-<=\n".repeat(100)),
        ("a very long key", format!("{}: 1\n", "k".repeat(1 << 20))),
    ] {
        let said = refused(&text);
        assert!(said.len() < 1000, "{what}: {} bytes", said.len());
        assert!(said.starts_with("f.yaml:"), "{what}: {said}");
    }
}

#[test]
fn many_mistakes_at_once() {
    let keys: String = (0..50_000)
        .map(|number| format!("  k{number}: 1\n"))
        .collect();
    let said = refused(&format!(
        "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n{keys}"
    ));
    assert_eq!(
        said.matches("is not a setting of an IstioControlPlane")
            .count(),
        200
    );
    assert!(said.ends_with("there are more problems than can be listed\n  correct these first"));
    let long = format!(
        "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  ? {}\n  : 1\n",
        "k".repeat(1 << 20)
    );
    assert!(refused(&long).len() < 1000);
}

#[test]
fn a_schema_that_refers_to_itself_everywhere() {
    let all = serde_json::json!({"$ref": "#"});
    let schema = serde_json::json!({
        "type": "object", "anyOf": vec![all.clone(); 50], "properties": {"a": {"allOf": vec![all.clone(); 50]}},
        "additionalProperties": all,
    });
    let chosen = layers(&[
        "pieces.critical-pods.enabled=true",
        "pieces.critical-pods.settings.a.a.a.a.a.b=1",
    ])
    .choose(&meshhost_core::profile::Profiles::builtin())
    .unwrap();
    let mut schemas = crate::schemas::schemas();
    schemas.insert("critical-pods".to_owned(), schema);
    let said = chosen
        .resolve(&schemas)
        .expect_err("is refused")
        .to_string();
    assert!(
        said.starts_with(
            "the settings schema of piece critical-pods cannot be used: it refers to itself"
        ),
        "{said}"
    );
}

#[test]
fn flags_that_blow_up() {
    for set in [
        "a.".repeat(100_000),
        format!("{}=1", vec!["a"; 50_000].join(".")),
        format!("values.{}=1", vec!["a"; 50_000].join(".")),
        format!("a{}=1", "[0]".repeat(20_000)),
        format!("a={{{}", "x,".repeat(100_000)),
        "values.x[60000]=1".to_owned(),
        "\\".repeat(1001),
        "a=1,".repeat(10_000),
        format!("hub={}\u{0}", "x".repeat(1 << 20)),
    ] {
        let start: String = set.chars().take(30).collect();
        let said = resolve(layers(&[&set])).expect_err(&start).to_string();
        assert!(said.starts_with("--set "), "{start}: {}", &said[..100]);
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e12..1.0e12).prop_map(Value::from),
        ".*".prop_map(Value::from),
        "[-+.:#&*!|>'\"%@`,?{}\\[\\] 0-9a-z\n]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[-+.:#&*!|>'\"%@`,?{}\\[\\] 0-9a-z\n]{0,8}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn source(text: &str) -> Arc<Source> {
    Source::new(SourceKind::File, "f.yaml", text)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(value in anything()) {
        let text = yaml::to_yaml(&value);
        // A document without content is no document.
        let expected: Vec<Value> = if value.is_null() { vec![] } else { vec![value] };
        prop_assert_eq!(yaml::read_values(&source(&text)).unwrap(), expected, "{}", text);
    }

    #[test]
    fn no_text_breaks_the_reader(text in "[-+.:#&*!|>'\"%@`,?{}\\[\\] \t\n\r0-9a-zé]{0,60}") {
        let _ = yaml::read(&source(&text));
    }

    #[test]
    fn no_argument_breaks_the_flag(text in "[.,=\\[\\]{}\\\\0-9a-cé \n]{0,40}") {
        let mut layers = layers(&[&text]);
        layers.set_string(&text);
        let _ = resolve(layers);
    }

    #[test]
    fn a_path_is_read_as_it_is_shown(keys in prop::collection::vec("[!-~é]{1,6}", 1..4), index in 0..9_usize) {
        let mut path = keys.iter().fold(meshhost_core::path::Path::root(), |path, key| path.key(key));
        path = path.index(index);
        let argument = Source::new(SourceKind::Argument, "--set", format!("{path}=x"));
        let assignments = set_flag::parse(&argument, true).unwrap();
        prop_assert_eq!(assignments.len(), 1);
        prop_assert_eq!(&assignments[0].path, &path);
    }
}
