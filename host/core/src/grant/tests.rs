use serde_json::{Value, json};

use super::*;
use crate::bundle::tests::{card, facts};
use crate::card::{Amendments, Contribution};
use crate::needs::needs;

fn grant(emits: &[&str], abilities: &[&str]) -> Grant {
    Grant {
        emits: emits
            .iter()
            .map(|name| Selector::kind("", "ConfigMap").named(*name))
            .collect(),
        amends: Vec::new(),
        abilities: abilities.iter().map(|text| text.parse().unwrap()).collect(),
    }
}

#[test]
fn what_is_wanted_beyond_a_grant() {
    for (granted, wanted, lacks) in [
        (
            grant(&[], &[]),
            grant(&["a"], &["privileged"]),
            grant(&["a"], &["privileged"]),
        ),
        (
            grant(&["a*"], &["host-path:*"]),
            grant(&["a", "ab*"], &["host-path:/"]),
            grant(&[], &[]),
        ),
        (
            grant(&["a"], &["host-pid"]),
            grant(&["a", "b"], &["host-ipc"]),
            grant(&["b"], &["host-ipc"]),
        ),
        (
            grant(&["a"], &["host-pid"]),
            grant(&[], &[]),
            grant(&[], &[]),
        ),
    ] {
        assert_eq!(granted.lacks(&wanted), lacks);
        assert_eq!(lacks.is_empty(), granted.lacks(&wanted).is_empty());
    }
}

fn bundle() -> (Bundle, Vec<Need>) {
    let mut cards = [
        card("own", vec![Selector::default()], vec![Selector::default()]),
        card("other", vec![Selector::default()], Vec::new()),
    ];
    cards[0].version = "2.0.0".into();
    let contribution = |objects: &[Value]| Contribution {
        objects: objects.iter().map(ToString::to_string).collect(),
        ..Contribution::default()
    };
    let config = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "ns"}});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "ns"}, "spec": {"hostPID": true, "containers": []}});
    let contributions = vec![
        (&cards[0], contribution(&[config("a"), pod])),
        (&cards[1], contribution(&[config("b")])),
    ];
    let mut bundle = Bundle::combine(contributions, &facts()).unwrap();
    let needs = needs(
        bundle.objects.iter().map(|c| &c.object),
        &Default::default(),
    );
    let amendments = Amendments {
        changes: vec![(0, json!({"data": {"x": "1", "y": "2"}}).to_string())],
        diagnostics: Vec::new(),
    };
    bundle.amend(&cards[0], &amendments).unwrap();
    (bundle, needs)
}

#[test]
fn what_is_outside_names_piece_object_and_field() {
    let (bundle, needs) = bundle();
    let said = |bounds: Bounds<'_>| -> Vec<String> {
        let outside = bounds.outside("own", &bundle, &needs);
        outside.iter().map(ToString::to_string).collect()
    };
    assert_eq!(said(Bounds::default()), [""; 0]);
    let all = Grant {
        emits: vec![Selector::default()],
        amends: vec![Selector::default()],
        abilities: vec!["host-pid".parse().unwrap()],
    };
    assert_eq!(said(all.bounds()), [""; 0]);
    assert_eq!(
        said(grant(&["a"], &[]).bounds()),
        [
            "piece own: ConfigMap ns/b: /data/x, /data/y: is not among what it may amend",
            "piece own: Pod ns/p is not among what it may emit",
            "piece own: Pod ns/p: spec.hostPID: would see and signal all processes of the node, and the ability `host-pid` is not granted",
        ]
    );
}

#[test]
fn what_a_piece_wants_is_its_card_and_what_its_objects_need() {
    let (_, mut needs) = bundle();
    needs.extend(needs.clone());
    let card = card(
        "own",
        vec![Selector::kind("", "Pod")],
        vec![Selector::kind("", "ConfigMap")],
    );
    let wanted = Grant::wanted(&card, &needs);
    assert_eq!(wanted.emits, card.emits);
    assert_eq!(wanted.amends, card.amends);
    assert_eq!(wanted.abilities, ["host-pid".parse().unwrap()]);
}
