use serde_json::{Value, json};

use super::*;
use crate::source::SourceKind;

fn parsed(text: &str) -> Result<Vec<Assignment>, Problems> {
    parse(&Source::new(SourceKind::Argument, "--set", text), false)
}

fn values(text: &str) -> Value {
    parsed(text)
        .unwrap()
        .iter()
        .map(|one| json!([one.path.to_string(), one.value.to_json()]))
        .collect()
}

#[test]
fn reads_what_helm_reads() {
    for (text, meant) in [
        ("a=b", json!([["a", "b"]])),
        ("a.b-c_d=1", json!([["a.b-c_d", 1]])),
        (
            "a=True,b=FALSE,c=t",
            json!([["a", true], ["b", false], ["c", "t"]]),
        ),
        (
            "a=true,b=false,c=null",
            json!([["a", true], ["b", false], ["c", null]]),
        ),
        ("a=,b=1", json!([["a", ""], ["b", 1]])),
        ("a=b=c", json!([["a", "b=c"]])),
        ("a=b\\,c=d", json!([["a", "b,c=d"]])),
        ("a\\.b.c=d", json!([["a\\.b.c", "d"]])),
        ("a\\=b=c", json!([["a\\=b", "c"]])),
        ("a[0]=x,a[1].b=y", json!([["a[0]", "x"], ["a[1].b", "y"]])),
        ("a[0][1]=x", json!([["a[0][1]", "x"]])),
        ("a={x,1,true}", json!([["a", ["x", 1, true]]])),
        ("a={},b={x}", json!([["a", []], ["b", ["x"]]])),
        ("a={x,}", json!([["a", ["x", ""]]])),
        ("a={x\\,y,z}", json!([["a", ["x,y", "z"]]])),
        (
            "a=007,b=0,c=-1,d=1.4,e=-0.5",
            json!([["a", "007"], ["b", 0], ["c", -1], ["d", 1.4], ["e", -0.5]]),
        ),
        (
            "a=1e3,b=0x10,c=1.,d=.5,e=inf",
            json!([
                ["a", "1e3"],
                ["b", "0x10"],
                ["c", "1."],
                ["d", ".5"],
                ["e", "inf"]
            ]),
        ),
        (
            "a=99999999999999999999",
            json!([["a", "99999999999999999999"]]),
        ),
        ("a=\\true,b=\\{x}", json!([["a", "true"], ["b", "{x}"]])),
        ("a=x{y,b=1", json!([["a", "x{y"], ["b", 1]])),
        // As istioctl reads it.
        (
            "a=10.0.0.0/8,10.1.0.0/16",
            json!([["a", "10.0.0.0/8,10.1.0.0/16"]]),
        ),
        ("é=ü", json!([["é", "ü"]])),
    ] {
        assert_eq!(values(text), meant, "{text}");
    }
}

#[test]
fn points_at_what_is_wrong() {
    for (text, column, message) in [
        ("", 1, "is empty"),
        ("a", 1, "`a` has no value"),
        ("a=1,,b=2", 5, "nothing stands before or behind a comma"),
        ("a=1,", 5, "nothing stands before or behind a comma"),
        ("=1", 1, "a key is missing here"),
        ("a..b=1", 3, "a key is missing here"),
        (".a=1", 1, "a key is missing here"),
        ("a.=1", 3, "a key is missing here"),
        ("a.[0]=1", 3, "a key is missing here"),
        ("a[=1", 2, "`[` is not closed"),
        ("a[x]=1", 2, "`x` is no entry of a list"),
        ("a[-1]=1", 2, "`-1` is no entry of a list"),
        ("a[99999]=1", 2, "`99999` is no entry of a list"),
        ("a[name:x].b=1", 2, "`name:x` is no entry of a list"),
        ("a[0]b=1", 5, "a dot is missing here"),
        ("a =1", 1, "`a ` is no key"),
        ("a={x", 3, "`{` is not closed"),
        ("a={x}y", 6, "something stands behind the list's `}`"),
        ("a=1,a=2", 5, "is set twice in one --set"),
    ] {
        let problem = parsed(text).unwrap_err().0.remove(0);
        let place = problem.origin.unwrap();
        assert_eq!(
            (place.column(), problem.message.as_str()),
            (column, message),
            "{text}"
        );
    }
}

#[test]
fn changes_a_tree() {
    let file = Source::new(SourceKind::File, "f.yaml", "");
    let below = json!({"a": {"b": 1}, "l": [1, {"x": 1}], "n": 5});
    for (set, result) in [
        (
            "a.b=2",
            Ok(json!({"a": {"b": 2}, "l": [1, {"x": 1}], "n": 5})),
        ),
        (
            "a.c.d=2",
            Ok(json!({"a": {"b": 1, "c": {"d": 2}}, "l": [1, {"x": 1}], "n": 5})),
        ),
        ("a=null,n=null", Ok(json!({"l": [1, {"x": 1}]}))),
        (
            "l[0]=7,l[1].x=8,l[2]=9",
            Ok(json!({"a": {"b": 1}, "l": [7, {"x": 8}, 9], "n": 5})),
        ),
        (
            "l[0]=null",
            Ok(json!({"a": {"b": 1}, "l": [{"x": 1}], "n": 5})),
        ),
        ("l={x}", Ok(json!({"a": {"b": 1}, "l": ["x"], "n": 5}))),
        (
            "m[0].a=1,m[0].b=2",
            Ok(json!({"a": {"b": 1}, "l": [1, {"x": 1}], "n": 5, "m": [{"a": 1, "b": 2}]})),
        ),
        (
            "o.p[0].q=1",
            Ok(json!({"a": {"b": 1}, "l": [1, {"x": 1}], "n": 5, "o": {"p": [{"q": 1}]}})),
        ),
        (
            "m[0][0]=1",
            Ok(json!({"a": {"b": 1}, "l": [1, {"x": 1}], "n": 5, "m": [[1]]})),
        ),
        (
            "n.x=1",
            Err("`n` is a number (f.yaml:1:1), so there is no `x` in it"),
        ),
        (
            "l.x=1",
            Err("`l` is a list (f.yaml:1:1), so there is no `x` in it"),
        ),
        (
            "a[0]=1",
            Err("`a` is a map (f.yaml:1:1), so there is no [0] in it"),
        ),
        ("l[3]=1", Err("`l` has 2 entries, so there is no [3]")),
        ("q[1]=1", Err("`q` has 0 entries, so there is no [1]")),
        ("q.r[1]=1", Err("`q.r` has 0 entries, so there is no [1]")),
        (
            "a=1",
            Err("is a map (f.yaml:1:1) and cannot become one value"),
        ),
        (
            "p=1,p.q=2",
            Err("`p` is a number (--set p=1,p.q=2), so there is no `q` in it"),
        ),
        ("p={x},p\\=1", Ok(json!(null))),
    ] {
        let mut tree = Setting::from_json(&Origin::whole(&file), &below);
        let Ok(assignments) = parsed(set) else {
            continue;
        };
        let outcome = assignments
            .iter()
            .try_for_each(|assignment| assign(&mut tree, assignment));
        match result {
            Ok(result) => {
                outcome.unwrap();
                assert_eq!(tree.to_json(), result, "{set}");
            }
            Err(message) => assert_eq!(outcome.unwrap_err().message, message, "{set}"),
        }
    }
}
