//! Who sees and changes the requests of others (admissionregistration.k8s.io). Owns telling a selector that narrows from
//! one that only lets somebody opt out.

use serde_json::Value;

use super::{At, entries, named, texts};
use crate::ability::Power;
use crate::object::Object;
use crate::path::Path;

pub(super) fn look(object: &Object, at: &mut At<'_, '_>) {
    let kind = object.id().kind.as_str();
    let powers = if kind.starts_with("Mutating") {
        (Power::MutateAll, Power::MutateSelected)
    } else {
        (Power::ReviewAll, Power::ReviewSelected)
    };
    if kind.ends_with("AdmissionPolicy") {
        let path = Path::of("spec.matchConstraints");
        let constraints = object
            .pointer("/spec/matchConstraints")
            .unwrap_or(&Value::Null);
        seen(constraints, "resourceRules", powers, &path, at);
        return;
    }
    for (number, webhook) in entries(object.pointer("/webhooks")) {
        let path = Path::of("webhooks").index(number);
        seen(webhook, "rules", powers, &path, at);
    }
}

fn seen(
    hook: &Value,
    rules: &str,
    (all, selected): (Power, Power),
    path: &Path,
    at: &mut At<'_, '_>,
) {
    let narrow = ["namespaceSelector", "objectSelector"]
        .iter()
        .any(|selector| hook.get(selector).is_some_and(narrows));
    let power = if narrow { selected } else { all };
    for (number, rule) in entries(hook.get(rules)) {
        for resource in texts(rule.get("resources")) {
            // `*/*` and `*` are all resources with and without what is below them.
            let resource = match resource {
                "*" | "*/*" => "*".to_owned(),
                resource => named(resource),
            };
            at.need(power, resource, &path.key(rules).index(number));
        }
    }
}

/// Whether only what has a label is chosen. `NotIn` and `DoesNotExist` choose everything but what opts out.
fn narrows(selector: &Value) -> bool {
    let labels = selector.get("matchLabels").and_then(Value::as_object);
    labels.is_some_and(|labels| !labels.is_empty())
        || entries(selector.get("matchExpressions")).any(|(_, expression)| {
            matches!(
                expression.get("operator").and_then(Value::as_str),
                Some("In" | "Exists")
            )
        })
}
