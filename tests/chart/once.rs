//! Random values and the time come from what the host hands over, and from nothing else.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use meshhost_core::card::Request;
use serde_json::{Value, json};

use crate::ours;
use crate::pieces::{self, TIME};

fn rendered(request: &Request) -> (Value, bool) {
    let contribution = pieces::contribute(request).unwrap();
    let object = serde_json::from_str(&contribution.objects[0]).unwrap();
    (object, contribution.used_once)
}

#[test]
fn the_same_seed_gives_the_same_secrets_and_another_gives_others() {
    let mut request = pieces::request(&ours::named("random"), json!({}));
    let (first, used) = rendered(&request);
    assert!(used);
    assert_eq!(first, rendered(&request).0);
    // A byte of the key stream of ChaCha20 with a key of zeros, as D. J. Bernstein's and RFC 7539's test vectors have it.
    request.once.seed[31] = 1;
    let (other, _) = rendered(&request);
    let (first, other) = (&first["stringData"], &other["stringData"]);
    for (name, value) in first.as_object().unwrap() {
        assert_ne!(value, &other[name], "{name}");
    }
}

#[test]
fn the_generator_is_chacha20() {
    let stream = "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7\
                  da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586\
                  9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed";
    let request = pieces::of(
        vec![
            one("Chart.yaml", "apiVersion: v2\nname: a\nversion: 0.1.0\n"),
            one(
                "templates/it.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: {{ randBytes 96 | quote }}}\n",
            ),
        ],
        json!({}),
    );
    let (object, _) = rendered(&request);
    let bytes = BASE64_STANDARD
        .decode(object["data"]["a"].as_str().unwrap())
        .unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, stream);
}

fn one(path: &str, text: &str) -> meshhost_core::card::GrantedFile {
    meshhost_core::card::GrantedFile {
        wish: "chart".to_owned(),
        path: path.to_owned(),
        content: text.as_bytes().to_vec(),
    }
}

#[test]
fn certificates_begin_at_the_time_that_was_handed_over() {
    let (object, _) = rendered(&pieces::request(&ours::named("random"), json!({})));
    let pem = object["stringData"]["ca"].as_str().unwrap();
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = BASE64_STANDARD.decode(lines).unwrap();
    // UTCTime of X.509.
    assert!(der.windows(13).any(|window| window == b"240301120000Z"));
}

#[test]
fn the_clock_tells_the_time_that_was_handed_over() {
    let (object, used) = rendered(&pieces::request(&ours::named("clock"), json!({})));
    assert!(used);
    assert_eq!(object["data"]["now"], TIME.to_string());
    assert_eq!(object["data"]["date"], "2024-03-01 12:00");
}

#[test]
fn what_is_not_used_is_not_said_to_be() {
    for name in ["plain", "functions"] {
        let contribution =
            pieces::contribute(&pieces::request(&ours::named(name), json!({}))).unwrap();
        assert!(!contribution.used_once, "{name}");
    }
}
