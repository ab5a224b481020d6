use serde_json::json;

use super::*;
use crate::path::Path;
use crate::source::SourceKind;

fn source(text: &str) -> Arc<Source> {
    Source::new(SourceKind::File, "f.yaml", text)
}

#[test]
fn reads_what_kubectl_reads() {
    for (text, documents) in [
        ("", json!([])),
        ("# nothing\n---\n---\n# still\n", json!([])),
        ("a: 1\n---\nb: 2\n", json!([{"a": 1}, {"b": 2}])),
        (
            "a: 0755\nb: yes\nc: 1.5\nd: '1'\ne:\nf: ~\n",
            json!([{"a": 493, "b": true, "c": 1.5, "d": "1", "e": null, "f": null}]),
        ),
        ("80: x\ntrue: z\n", json!([{"80": "x", "true": "z"}])),
        (
            "a: &x {b: 1}\nc: {<<: *x, d: 2}\n",
            json!([{"a": {"b": 1}, "c": {"d": 2, "b": 1}}]),
        ),
        ("\u{feff}a: 1\r\nb: é\r\n", json!([{"a": 1, "b": "é"}])),
    ] {
        let read = Value::Array(read_values(&source(text)).unwrap());
        assert_eq!(read, documents, "{text:?}");
    }
}

#[test]
fn knows_where_things_stand() {
    let text = "a: 1\nb:\n  é: [x, {c: 'y'}]\n";
    let document = read(&source(text)).unwrap().remove(0);
    for (path, place, value) in [
        ("a", "f.yaml:1:1", "1"),
        ("b.é", "f.yaml:3:3", "["),
        ("b.é[1].c", "f.yaml:3:11", "'y'"),
    ] {
        let path = Path::lenient(path);
        assert_eq!(document.place(&path).to_string(), place);
        assert_eq!(document.at(&path).unwrap().origin.text(), value);
    }
}

#[test]
fn writes_what_every_reader_reads_back() {
    let nasty = [
        "",
        "yes",
        "on",
        "1_000",
        "0o7",
        "08",
        "1e3",
        "null",
        "~",
        "- a",
        "a: b",
        "#x",
        "x #y",
        "'",
        "\"",
        "\\",
        "@a",
        "`a`",
        " a ",
        "a\nb",
        "a\n",
        "\n",
        "\t",
        "\u{0}",
        "\u{7f}",
        "\u{85}",
        "\u{feff}",
        "😀",
        "!t",
        "&a",
        "*a",
        "%a",
        "|",
        ">",
        "---",
        "...",
        "2001-01-01",
        "12:30",
        "0x10",
        ".inf",
        "NaN",
        "=",
        "<<",
        "[a",
        "{a",
        "a]",
        "? a",
        "trailing  \nspace",
    ];
    let value = json!({"list": &nasty[..], "map": nasty.iter().map(|key| ((*key).to_owned(), json!(1))).collect::<serde_json::Map<_, _>>(),
        "number": [0, -1, 1.5, 1e300, u64::MAX], "empty": [{}, []], "null": null});
    let text = to_yaml(&value);
    assert_eq!(read_values(&source(&text)).unwrap(), [value], "{text}");
}
