use serde_json::json;

use super::{check, object, server};
use crate::served::raise_one;

const OLD: &str = "apiextensions.k8s.io/v1beta1";
const NEW: &str = "apiextensions.k8s.io/v1";
const KIND: &str = "CustomResourceDefinition";
const KEEP: &str = "x-kubernetes-preserve-unknown-fields";

#[test]
fn what_was_said_for_all_versions_is_said_in_each() {
    let columns = json!([{"name": "Host", "type": "string", "jsonPath": ".spec.host"}]);
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {
        "spec": {"type": "object", KEEP: true}}, KEEP: true}});
    check(
        KIND,
        OLD,
        NEW,
        json!({"spec": {
            "group": "example.com",
            "version": "v1",
            "scope": "Namespaced",
            "validation": {"openAPIV3Schema": {"properties": {"spec": {"type": "object"}}}},
            "subresources": {"status": {}},
            "additionalPrinterColumns": [{"name": "Host", "type": "string", "JSONPath": ".spec.host"}],
            "versions": [{"name": "v1", "served": true, "storage": true}, {"name": "v2", "served": false, "storage": false}],
        }}),
        json!({"spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "versions": [
                {"name": "v1", "served": true, "storage": true, "schema": schema, "subresources": {"status": {}}, "additionalPrinterColumns": columns},
                {"name": "v2", "served": false, "storage": false, "schema": schema, "subresources": {"status": {}}, "additionalPrinterColumns": columns},
            ],
        }}),
    );
}

#[test]
fn a_definition_without_schema_takes_anything() {
    check(
        KIND,
        OLD,
        NEW,
        json!({"spec": {"group": "example.com", "version": "v1"}}),
        json!({"spec": {"group": "example.com", "versions": [
            {"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", KEEP: true}}}]}}),
    );
}

#[test]
fn what_a_version_says_itself_stays() {
    check(
        KIND,
        OLD,
        NEW,
        json!({"spec": {"preserveUnknownFields": false, "versions": [
            {"name": "v1", "schema": {"openAPIV3Schema": {"type": "object"}}, "subresources": {},
             "additionalPrinterColumns": [{"name": "A", "JSONPath": ".a"}]},
            {"name": "v2", "schema": {"openAPIV3Schema": {"type": "object", "properties": {"a": {"type": "string"}}}}},
        ]}}),
        json!({"spec": {"versions": [
            {"name": "v1", "schema": {"openAPIV3Schema": {"type": "object"}}, "subresources": {},
             "additionalPrinterColumns": [{"name": "A", "jsonPath": ".a"}]},
            {"name": "v2", "schema": {"openAPIV3Schema": {"type": "object", "properties": {"a": {"type": "string"}}}}},
        ]}}),
    );
}

#[test]
fn conversion_by_webhook_moves_together() {
    let client = json!({"service": {"namespace": "n", "name": "s"}});
    for (before, after) in [
        (json!({"strategy": "None"}), json!({"strategy": "None"})),
        (
            json!({"strategy": "Webhook", "webhookClientConfig": client}),
            json!({"strategy": "Webhook", "webhook": {"clientConfig": client, "conversionReviewVersions": ["v1beta1"]}}),
        ),
        (
            json!({"strategy": "Webhook", "webhookClientConfig": client, "conversionReviewVersions": ["v1", "v1beta1"]}),
            json!({"strategy": "Webhook", "webhook": {"clientConfig": client, "conversionReviewVersions": ["v1", "v1beta1"]}}),
        ),
    ] {
        check(
            KIND,
            OLD,
            NEW,
            json!({"spec": {"versions": [], "conversion": before}}),
            json!({"spec": {"versions": [], "conversion": after}}),
        );
    }
}

#[test]
fn groups_of_kubernetes_itself_need_a_word_on_approval() {
    let facts = server(37, &[(NEW, KIND)]);
    for (group, said) in [
        ("x-k8s.io", None),
        (
            "snapshot.storage.k8s.io",
            Some("unapproved, written before approval was asked for"),
        ),
        (
            "k8s.io",
            Some("unapproved, written before approval was asked for"),
        ),
        (
            "a.kubernetes.io",
            Some("unapproved, written before approval was asked for"),
        ),
        ("config.istio.io", None),
    ] {
        let raised =
            raise_one(object(OLD, KIND, json!({"spec": {"group": group}})), &facts).unwrap();
        assert_eq!(
            raised["metadata"]["annotations"]["api-approved.kubernetes.io"].as_str(),
            said,
            "{group}"
        );
    }
    let mut approved = object(OLD, KIND, json!({"spec": {"group": "a.k8s.io"}}));
    approved["metadata"]["annotations"] = json!({"api-approved.kubernetes.io": "https://x"});
    let raised = raise_one(approved, &facts).unwrap();
    assert_eq!(
        raised["metadata"]["annotations"]["api-approved.kubernetes.io"],
        "https://x"
    );
}
