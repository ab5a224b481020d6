use serde_json::json;

use super::*;
use crate::source::{Source, SourceKind};
use crate::yaml;

fn schema() -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "on": {"type": "boolean"},
            "replicas": {"type": "integer", "minimum": 1, "maximum": 9},
            "mode": {"enum": ["ALLOW_ANY", "REGISTRY_ONLY"]},
            "pull": {"anyOf": [{"$ref": "#/$defs/Pull"}, {"type": "null"}]},
            "small": {"type": ["integer", "null"], "format": "uint16"},
            "large": {"type": "integer", "format": "int32"},
            "tag": {"type": "string"},
            "port": {"type": ["integer", "string"]},
            "maybe": {"anyOf": [{"$ref": "#/$defs/Resources"}, {"type": "null"}]},
            "list": {"type": "array", "items": {"$ref": "#/$defs/Resources"}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "name": {"type": "string", "pattern": "^[a-z]+$"},
        },
        "$defs": {"Pull": {"oneOf": [{"type": "string", "const": "Always", "description": "a"}, {"type": "string", "const": "Never"}]}, "Resources": {"type": "object", "additionalProperties": false, "required": ["cpu"],
            "properties": {"cpu": {"type": "string"}, "memory": {"type": "string"}}}},
    })
}

fn problems(text: &str) -> String {
    let source = Source::new(SourceKind::File, "f.yaml", text);
    let settings = yaml::read(&source).unwrap().remove(0);
    match check("p", &schema(), &settings, &|path: &Path| {
        format!("x.{path}")
    }) {
        Ok(()) => String::new(),
        Err(problems) => problems.to_string().replace("\n  ", " | "),
    }
}

#[test]
fn says_what_is_wrong_where() {
    for (text, said) in [
        (
            "on: true\nreplicas: 3\nmode: ALLOW_ANY\nmaybe: {cpu: 1m}\nlist: [{cpu: 1m}]\nport: 1",
            "",
        ),
        (
            "on: maybe",
            "f.yaml:1:5: x.on: must be true or false, not a text `maybe`",
        ),
        (
            "on: 'true'",
            "f.yaml:1:5: x.on: must be true or false, not a text `true` | write it without quotes",
        ),
        ("replicas: 0", "f.yaml:1:11: x.replicas: must be at least 1"),
        (
            "replicas: 1.5",
            "f.yaml:1:11: x.replicas: must be a whole number, not a number `1.5`",
        ),
        (
            "mode: ALOW_ANY",
            "f.yaml:1:7: x.mode: must be one of \"ALLOW_ANY\", \"REGISTRY_ONLY\", not \"ALOW_ANY\" | did you mean `ALLOW_ANY`?",
        ),
        // What the program cannot hold, whatever the schema's own bounds.
        ("small: 65535\nlarge: -2147483648", ""),
        ("small: 65536", "f.yaml:1:8: x.small: must be at most 65535"),
        ("small: -1", "f.yaml:1:8: x.small: must be at least 0"),
        (
            "large: 99999999999",
            "f.yaml:1:8: x.large: must be at most 2147483647",
        ),
        (
            "large: -2147483649",
            "f.yaml:1:8: x.large: must be at least -2147483648",
        ),
        // As a choice with a word on each option is written.
        (
            "pull: always",
            "f.yaml:1:7: x.pull: must be one of \"Always\", \"Never\", not \"always\" | did you mean `Always`?",
        ),
        (
            "tag: 1.4",
            "f.yaml:1:6: x.tag: must be a text, not a number `1.4` | write it in quotes",
        ),
        (
            "port: []",
            "f.yaml:1:1: x.port: must be a whole number or a text, not a list `[]`",
        ),
        (
            "replica: 1",
            "f.yaml:1:1: x.replica: is not a setting of piece p | did you mean `replicas`?",
        ),
        (
            "maybe: {cpu: 1m, memry: 1}",
            "f.yaml:1:18: x.maybe.memry: is not a setting of piece p | did you mean `memory`?",
        ),
        (
            "maybe: 5",
            "f.yaml:1:8: x.maybe: must be a map, not a number `5`",
        ),
        (
            "list:\n- cpu: 1m\n- memory: x",
            "f.yaml:3:3: x.list[1]: lacks `cpu`",
        ),
        (
            "labels: {a: 1}",
            "f.yaml:1:13: x.labels.a: must be a text, not a number `1` | write it in quotes",
        ),
        (
            "name: A",
            "f.yaml:1:7: x.name: `A` does not have the form ^[a-z]+$",
        ),
        (
            "on: 1\ntags: 2",
            "f.yaml:1:5: x.on: must be true or false, not a number `1`\nf.yaml:2:1: x.tags: is not a setting of piece p | did you mean `tag`?",
        ),
    ] {
        assert_eq!(problems(text), said, "{text}");
    }
}

#[test]
fn takes_what_was_typed_for_a_text() {
    let source = Source::new(
        SourceKind::Argument,
        "--set",
        "tag=1.40,on=true,port=8080,labels.a=5",
    );
    let mut settings = Setting::empty_map(&crate::source::Origin::whole(&source));
    for assignment in crate::set_flag::parse(&source, false).unwrap() {
        crate::set_flag::assign(&mut settings, &assignment).unwrap();
    }
    let schema = schema();
    adopt_typed(&mut settings, SchemaView::new(&schema));
    assert_eq!(
        settings.to_json(),
        json!({"tag": "1.40", "on": true, "port": 8080, "labels": {"a": "5"}})
    );
}

#[test]
fn a_bad_schema_is_the_pieces_fault() {
    let source = Source::new(SourceKind::File, "f.yaml", "");
    let settings = Setting::empty_map(&crate::source::Origin::whole(&source));
    for bad in [
        json!({"type": 5}),
        json!({"$ref": "https://example.com/x"}),
        json!({"pattern": "("}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!(7),
    ] {
        let problems = check("p", &bad, &settings, &|path: &Path| path.to_string()).unwrap_err();
        assert!(
            problems
                .to_string()
                .starts_with("the settings schema of piece p cannot be used"),
            "{problems}"
        );
    }
    // What no setting reaches costs nothing, however it multiplies.
    let doubling: serde_json::Map<String, Value> = (0..60)
        .map(|level| {
            let next = json!({"$ref": format!("#/$defs/d{}", (level + 1) % 60)});
            (format!("d{level}"), json!({"anyOf": [next, next]}))
        })
        .collect();
    let unreached = json!({"properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": doubling});
    for odd in [json!(true), unreached] {
        assert!(check("p", &odd, &settings, &|path: &Path| path.to_string()).is_ok());
    }
}
