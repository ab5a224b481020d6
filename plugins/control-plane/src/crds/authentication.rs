//! `authentication.istio.io/v1alpha1`: who may be who.

use meshhost_piece::Value;

use super::definition::{Definition, Labels};
use super::schema::{count, flag, labels, list, object, one_of, text, texts, word};

fn authentication(kind: &'static str, plural: &'static str) -> Definition {
    Definition::new("authentication.istio.io", "v1alpha1", kind, plural)
        .category("authentication-istio-io")
        .labels(Labels::new("istio-citadel").chart())
        .schema(policy())
}

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        authentication("MeshPolicy", "meshpolicies")
            .cluster_scoped()
            .list_kind(),
        authentication("Policy", "policies"),
    ]
}

fn policy() -> Value {
    object! {
        originIsOptional: flag(),
        origins: list(object! { jwt: jwt() }),
        peerIsOptional: flag(),
        peers: list(one_of(object! {
            jwt: jwt(),
            mtls: object! {
                allowTls: flag(),
                mode: word(&["STRICT", "PERMISSIVE"]),
            },
        }, &["mtls", "jwt"])),
        principalBinding: word(&["USE_PEER", "USE_ORIGIN"]),
        targets: list(object! {
            labels: labels(),
            name: text(),
            ports: list(one_of(object! {
                name: text(),
                number: count(),
            }, &["number", "name"])),
        }),
    }
}

/// Several fields have two spellings, as JSON of protocol buffers does.
fn jwt() -> Value {
    let rules = || {
        list(object! {
            excludedPaths: paths(),
            excluded_paths: paths(),
            includedPaths: paths(),
            included_paths: paths(),
        })
    };
    object! {
        audiences: texts(),
        issuer: text(),
        jwks: text(),
        jwksUri: text(),
        jwks_uri: text(),
        jwtHeaders: texts(),
        jwtParams: texts(),
        jwt_headers: texts(),
        triggerRules: rules(),
        trigger_rules: rules(),
    }
}

fn paths() -> Value {
    let kinds = object! {
        exact: text(),
        prefix: text(),
        regex: text(),
        suffix: text(),
    };
    list(one_of(kinds, &["exact", "prefix", "suffix", "regex"]))
}
