//! Webhook configurations `admissionregistration.k8s.io/v1beta1` to `v1`, which has other defaults and wants said what
//! v1beta1 left open.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fields::{default, items};
use crate::Problem;

/// Writes v1beta1's defaults out where v1's differ.
///
/// A webhook that says nothing of side effects is taken to have none (v1 wants one or the other said): a piece whose
/// webhook changes something elsewhere must say `NoneOnDryRun` itself.
pub(super) fn to_v1(object: &mut Value) -> Result<(), Problem> {
    let Some(configuration) = object.as_object_mut() else {
        return Ok(());
    };
    let mut names = BTreeSet::new();
    for webhook in items(configuration, "webhooks") {
        let name = webhook
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        match webhook.get("sideEffects").and_then(Value::as_str) {
            Some("Some") => {
                return Err(Problem::new(
                    "",
                    format!("webhook {name} says `sideEffects: Some`, which v1 does not accept"),
                )
                .hint("let the webhook honour dry runs and say `NoneOnDryRun`"));
            }
            Some("Unknown") => {
                webhook.insert("sideEffects".to_owned(), "None".into());
            }
            _ => default(webhook, "sideEffects", "None"),
        }
        default(webhook, "admissionReviewVersions", json!(["v1beta1"]));
        default(webhook, "failurePolicy", "Ignore");
        default(webhook, "matchPolicy", "Exact");
        default(webhook, "timeoutSeconds", 30);
        if !names.insert(name.clone()) {
            return Err(Problem::new(
                "",
                format!("two webhooks are named {name}, which v1 does not accept"),
            )
            .hint("give each webhook its own name"));
        }
    }
    Ok(())
}
