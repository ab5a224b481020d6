use serde_json::json;

use super::*;
use crate::source::{Source, SourceKind};

fn setting(value: &Value) -> Setting {
    let source = Source::new(SourceKind::File, "f", "");
    Setting::from_json(&Origin::whole(&source), value)
}

#[test]
fn merges_as_rfc_7386_says() {
    for (below, over, merged) in [
        (json!({"a": 1}), json!({"a": 2}), json!({"a": 2})),
        (json!({"a": 1}), json!({"b": 2}), json!({"a": 1, "b": 2})),
        (json!({"a": 1, "b": 2}), json!({"a": null}), json!({"b": 2})),
        (json!({"a": [1, 2]}), json!({"a": [3]}), json!({"a": [3]})),
        (
            json!({"a": [1]}),
            json!({"a": {"b": 1}}),
            json!({"a": {"b": 1}}),
        ),
        (json!({"a": {"b": 1}}), json!({"a": 1}), json!({"a": 1})),
        (
            json!({"a": {"b": 1, "c": 2}}),
            json!({"a": {"b": null, "d": {"e": null, "f": 1}}}),
            json!({"a": {"c": 2, "d": {"f": 1}}}),
        ),
        (
            json!({}),
            json!({"a": {"b": {"c": null}}}),
            json!({"a": {"b": {}}}),
        ),
        (json!({"a": 1}), json!({}), json!({"a": 1})),
    ] {
        let mut tree = setting(&below);
        tree.lay_over(setting(&over));
        assert_eq!(tree.to_json(), merged, "{below} under {over}");
    }
}

#[test]
fn stacked_layers_act_like_one_after_the_other() {
    let base = json!({"a": 1, "b": {"c": 1, "d": 2}, "e": [1]});
    for (first, second, replaced) in [
        (json!({"a": null}), json!({"b": {"c": null}}), false),
        (json!({"b": {"d": 3}}), json!({"b": null}), false),
        (json!({"a": {"x": null}}), json!({"a": {"y": 1}}), false),
        (json!({"b": null}), json!({"b": {"d": 3}}), true),
        (json!({"b": 5}), json!({"b": {"d": 3}}), true),
    ] {
        let mut one_by_one = setting(&base);
        one_by_one.lay_over(setting(&first));
        one_by_one.lay_over(setting(&second));
        let mut stacked = setting(&first);
        let mut at_once = setting(&base);
        match stacked.stack(setting(&second)) {
            Ok(()) => at_once.lay_over(stacked),
            Err(second) => {
                assert!(replaced, "{first} {second:?}");
                at_once.lay_over(stacked);
                at_once.lay_over(*second);
            }
        }
        assert_eq!(at_once.to_json(), one_by_one.to_json(), "{first} {second}");
    }
}

#[test]
fn finds_places() {
    let source = Source::new(SourceKind::File, "f", "a: {b: 1}");
    let key = |start| Origin::new(&source, start, start + 1);
    let mut tree = setting(&json!({"a": {"b": 1}}));
    let a = tree.map_mut().unwrap().get_mut("a").unwrap();
    a.key = key(0);
    a.setting.map_mut().unwrap().get_mut("b").unwrap().key = key(4);
    assert_eq!(tree.place(&Path::of("a.b")).column(), 5);
    assert_eq!(tree.place(&Path::of("a.none.deeper")).column(), 1);
    assert_eq!(tree.at_keys("a.b").unwrap().to_json(), json!(1));
}
