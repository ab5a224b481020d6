//! Charts that mean harm: each ends with a clear error, within the limits, and the host goes on.

use meshhost_core::card::{GrantedFile, Request};
use meshhost_runtime::{CallFailure, Piece};
use serde_json::{Value, json};

use crate::archive::{self, Entry, file, packed};
use crate::pieces::{self, CHART, of};

const CHART_YAML: &[u8] = b"apiVersion: v2\nname: hostile\nversion: 0.1.0\n";

/// A folder with one template.
fn template(text: &str) -> Request {
    folder(&[("templates/it.yaml", text)])
}

fn folder(files: &[(&str, &str)]) -> Request {
    let granted = |path: &str, content: &[u8]| GrantedFile {
        wish: "chart".to_owned(),
        path: path.to_owned(),
        content: content.to_vec(),
    };
    let mut all = vec![granted("Chart.yaml", CHART_YAML)];
    all.extend(
        files
            .iter()
            .map(|(path, text)| granted(path, text.as_bytes())),
    );
    of(all, json!({}))
}

fn archived(entries: &[Entry<'_>]) -> Request {
    of(vec![packed(entries, None)], json!({}))
}

fn limited(name: &str, value: &str) -> Piece {
    let mut piece = CHART.clone();
    piece.set_limits(|limits| limits.set(name, value).unwrap());
    piece
}

fn said(piece: &Piece, request: &Request) -> String {
    let error = piece.contribute(request).expect_err("is refused");
    assert!(!matches!(error.failure, CallFailure::Host(_)), "{error}");
    error.to_string()
}

/// A ConfigMap with one value.
fn with_value(value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  a: {value}\n")
}

#[test]
fn templates_that_never_end() {
    // Helm's own bounds.
    for (text, why) in [
        (
            r#"{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}"#,
            "nested reference name",
        ),
        (
            r#"{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}"#,
            "exceeded maximum template depth",
        ),
    ] {
        let said = said(&CHART, &template(text));
        assert!(said.contains(why), "{text}: {said}");
    }
    // The host's: of time or of memory, by how fast the machine is.
    let quick = limited("time", "2s");
    for text in [
        "{{ range 1000000000000 }}{{ end }}",
        "{{ range $i := untilStep 0 1000000000000 1 }}{{ end }}",
        r#"{{ $t := "{{ tpl .t . }}" }}{{ tpl $t (dict "t" $t "Template" .Template) }}"#,
        r#"{{ regexReplaceAll "(a|a)*b" (repeat 100000 "a") "" }}{{ range 1000000000000 }}{{ end }}"#,
    ] {
        let said = said(&quick, &template(text));
        assert!(said.contains("raise the limit"), "{text}: {said}");
    }
}

#[test]
fn templates_that_want_too_much() {
    for (text, why) in [
        (
            r#"{{ $a := "aaaaaaaa" }}{{ range until 64 }}{{ $a = printf "%s%s" $a $a }}{{ end }}"#,
            "more than 256MiB of memory",
        ),
        (
            "{{ repeat 10000000 \"# 100 MB\\n\" }}",
            "more than 256MiB of memory",
        ),
        (r#"{{ repeat -1 "a" }}"#, "negative Repeat count"),
        (r#"{{ until 1000000000 }}"#, "more than 256MiB of memory"),
        (r#"{{ randInt 5 5 }}"#, "invalid argument to Intn"),
        (r#"{{ index (list) 1000000000 }}"#, "out of range"),
    ] {
        let said = said(&CHART, &template(text));
        assert!(said.contains(why), "{text}: {said}");
    }
    let large = template(&with_value(
        r#"{{ repeat 5000 (repeat 1024 "a") | quote }}"#,
    ));
    let said = said(&limited("output", "4MiB"), &large);
    assert!(said.contains("answered with more than 4MiB"), "{said}");
}

#[test]
fn yaml_that_grows() {
    let laughs = (1..10).fold("a0: &a0 [x]\n".to_owned(), |text, level| {
        let below = format!("*a{},", level - 1).repeat(10);
        format!("{text}a{level}: &a{level} [{below}]\n")
    });
    let deep = format!("a: {}{}", "[".repeat(200_000), "]".repeat(200_000));
    for text in [&laughs, &deep] {
        let values = folder(&[("values.yaml", text), ("templates/it.yaml", "")]);
        assert!(said(&CHART, &values).contains("cannot load values.yaml"));
        assert!(said(&CHART, &template(text)).contains("YAML parse error"));
    }
}

#[test]
fn what_is_outside_of_the_chart() {
    let reads = template(&with_value(
        r#"{{ printf "%s%s%s%d%s" (.Files.Get "../../../../etc/passwd") (.Files.Get "/etc/passwd")
            (.Files.Get "/proc/self/environ") (len (.Files.Glob "../**")) (getHostByName "localhost") | quote }}"#,
    ));
    let contribution = pieces::contribute(&reads).unwrap();
    let object: Value = serde_json::from_str(&contribution.objects[0]).unwrap();
    assert_eq!(object["data"]["a"], "0");
    for function in ["env", "expandenv"] {
        let text = format!("{{{{ {function} \"HOME\" }}}}");
        assert!(said(&CHART, &template(&text)).contains("not defined"));
    }
    // Nothing is fetched, and no file is read.
    for reference in ["file:///etc/passwd", "http://127.0.0.1:1/schema.json"] {
        let schema = json!({"$ref": reference}).to_string();
        let said = said(&CHART, &folder(&[("values.schema.json", &schema)]));
        assert!(
            said.contains("values don't meet the specifications"),
            "{said}"
        );
    }
}

#[test]
fn archives_that_reach_out() {
    let chart = || file("hostile/Chart.yaml", CHART_YAML);
    for (path, why) in [
        (
            "hostile/../../etc/passwd",
            "illegally references parent directory",
        ),
        ("hostile//etc/passwd", "illegally contains absolute paths"),
        ("hostile/C:/windows", "illegally named files"),
        ("hostile", "outside the base directory"),
        ("Chart.yaml", "outside the base directory"),
    ] {
        let said = said(&CHART, &archived(&[chart(), file(path, b"x")]));
        assert!(said.contains(why), "{path}: {said}");
    }
    // A link is a file without content.
    let link = Entry {
        path: "hostile/templates/it.yaml",
        kind: b'2',
        leads_to: "/etc/passwd",
        content: b"",
    };
    let contribution = pieces::contribute(&archived(&[chart(), link])).unwrap();
    assert!(contribution.objects.is_empty());
}

#[test]
fn archives_that_blow_up() {
    let zeros = vec![0; 4 << 20];
    let many: Vec<Entry<'_>> = (0..30).map(|_| file("hostile/zeros", &zeros)).collect();
    let larger = "larger than the maximum size 104857600";
    assert!(said(&CHART, &archived(&many)).contains(larger));
    let claims = packed(&[file("hostile/Chart.yaml", CHART_YAML)], Some(8 << 30));
    assert!(said(&CHART, &of(vec![claims], json!({}))).contains(larger));
    // A chart in a chart in a chart …
    let mut inner = packed(&[file("hostile/Chart.yaml", CHART_YAML)], None);
    for _ in 0..50 {
        let content = inner.content;
        inner = packed(
            &[
                file("hostile/Chart.yaml", CHART_YAML),
                file("hostile/charts/a.tgz", &content),
            ],
            None,
        );
    }
    assert!(pieces::contribute(&of(vec![inner], json!({}))).is_ok());
}

#[test]
fn what_is_no_chart() {
    let mut good = archive::packed(&[file("hostile/Chart.yaml", CHART_YAML)], None);
    let whole = good.content.clone();
    // The last bytes are a checksum, which Helm's loader does not get to.
    for length in [0, 1, 9, 10, 20, whole.len() / 2] {
        good.content = whole[..length].to_vec();
        said(&CHART, &of(vec![good.clone()], json!({})));
    }
    good.content = b"apiVersion: v1\n".to_vec();
    for (path, why) in [
        ("chart.yaml", "seems to be a YAML file"),
        ("chart.tgz", "does not appear to be a gzipped archive"),
    ] {
        good.path = path.to_owned();
        assert!(said(&CHART, &of(vec![good.clone()], json!({}))).contains(why));
    }
    assert!(said(&CHART, &of(Vec::new(), json!({}))).contains("no chart was granted"));
}
